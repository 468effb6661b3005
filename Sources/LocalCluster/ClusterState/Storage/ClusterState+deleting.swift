import KubernetesModel

/// The body and query of a DELETE.
package struct DeleteOptions: Sendable, Equatable {
  package var propagation: String?
  package var gracePeriod: Int?
  package var uid: String?
  package var resourceVersion: String?

  package init() {}
}

extension ClusterState {
  /// What became of a deletion.
  enum Deletion {
    /// The object's last form.
    case removed(JSONValue)
    /// It has a deletion timestamp now and waits for finalizers or its processes.
    case pending(JSONValue)
  }

  /// Errors: 404, 409 where a precondition fails.
  mutating func delete(
    _ id: ObjectID, _ options: DeleteOptions, _ circumstances: inout Circumstances
  ) throws(StatusError) -> Deletion {
    guard var object = object(id) else { throw .notFound(id.resource, id.place.name) }
    try check(options, id, object)
    if id.resource == Self.namespaces, ["default", "kube-system", "kube-public"].contains(id.place.name) {
      throw .forbidden(id.resource, id.place.name, "this namespace may not be deleted")
    }
    var finalizers = object.finalizers
    let propagation = options.propagation ?? (id.resource == Self.jobs ? "Orphan" : "Background")
    finalizers.removeAll { $0 == Finalizer.foreground || $0 == Finalizer.orphan }
    let uid = object[path: "metadata", "uid"]?.string ?? ""
    switch propagation {
    case "Foreground": finalizers.append(Finalizer.foreground)
    case "Orphan" where dependents[uid] != nil: finalizers.append(Finalizer.orphan)
    default: break
    }
    let grace = id.resource == Self.pods ? Self.grace(of: object, asked: options.gracePeriod) : 0
    let isNamespace = id.resource == Self.namespaces
    if hasInstances(id, object), !finalizers.contains(Finalizer.cleanup) {
      finalizers.append(Finalizer.cleanup)
    }
    if finalizers.isEmpty, grace == 0, !isNamespace {
      return .removed(remove(id) ?? object)
    }
    let wasPending = object[path: "metadata", "deletionTimestamp"] != nil
    let earlierGrace = object[path: "metadata", "deletionGracePeriodSeconds"]?.integer
    let before = object
    object.set(
      finalizers.isEmpty ? JSONValue?.none : .array(finalizers.map(JSONValue.string)), at: ["metadata", "finalizers"])
    if !wasPending || grace < earlierGrace ?? 0 {
      let end = ClusterTime(microseconds: circumstances.now.microseconds + Int64(grace) * 1_000_000)
      object.set(.string(end.text), at: ["metadata", "deletionTimestamp"])
      object.set(.integer(Int64(grace)), at: ["metadata", "deletionGracePeriodSeconds"])
      if !wasPending, let generation = object[path: "metadata", "generation"]?.integer {
        object.set(.integer(Int64(generation + 1)), at: ["metadata", "generation"])
      }
    }
    if isNamespace { object.set("Terminating", at: ["status", "phase"]) }
    unsettled.insert(id)
    return .pending(object == before ? object : put(id, object))
  }

  static let jobs = GroupResource(group: "batch", resource: "jobs")

  private func check(_ options: DeleteOptions, _ id: ObjectID, _ object: JSONValue) throws(StatusError) {
    func mismatch(_ what: String, _ wanted: String, _ found: String) -> StatusError {
      .conflict(
        id.resource, id.place.name,
        "the \(what) in the precondition (\(wanted)) does not match the \(what) in record (\(found)). The object might have been deleted and then recreated"
      )
    }
    let uid = object[path: "metadata", "uid"]?.string ?? ""
    if let wanted = options.uid, wanted != uid { throw mismatch("UID", wanted, uid) }
    let version = object[path: "metadata", "resourceVersion"]?.string ?? ""
    if let wanted = options.resourceVersion, wanted != version { throw mismatch("ResourceVersion", wanted, version) }
  }

  /// Seconds a pod gets; 0 where nothing of it runs.
  private static func grace(of pod: JSONValue, asked: Int?) -> Int {
    let phase = pod[path: "status", "phase"]?.string ?? "Pending"
    if phase == "Succeeded" || phase == "Failed" { return 0 }
    if pod[path: "spec", "nodeName"] == nil, phase == "Pending" { return 0 }
    let wanted = asked ?? pod[path: "spec", "terminationGracePeriodSeconds"]?.integer ?? 30
    return min(max(0, wanted), 31_536_000)
  }

  private func hasInstances(_ id: ObjectID, _ definition: JSONValue) -> Bool {
    guard id.resource == Self.customDefinitions, let served = CustomResource.definition(of: definition) else {
      return false
    }
    return objects[served.storage]?.isEmpty == false
  }
}
