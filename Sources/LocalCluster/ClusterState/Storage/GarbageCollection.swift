import KubernetesModel

extension ClusterState {
  /// True when `collectGarbage` has something to look at.
  package var needsCollection: Bool { !unsettled.isEmpty || !goneOwners.isEmpty }

  /// Does what the garbage collector and the namespace controller do: removes dependents of owners that are gone, finishes
  /// foreground and orphaning deletions, empties namespaces that terminate. Runs until nothing is left to do.
  package mutating func collectGarbage(_ circumstances: Circumstances) {
    var circumstances = circumstances
    while needsCollection {
      while let uid = goneOwners.popFirst() {
        for dependent in dependents[uid] ?? [] { unsettled.insert(dependent) }
      }
      guard let id = unsettled.popFirst() else { continue }
      settle(id, &circumstances)
    }
  }

  private mutating func settle(_ id: ObjectID, _ circumstances: inout Circumstances) {
    guard let object = object(id) else { return }
    if object[path: "metadata", "deletionTimestamp"] != nil {
      if id.resource == Self.namespaces { empty(namespace: id, &circumstances) }
      if id.resource == Self.customDefinitions { removeInstances(id, object, &circumstances) }
      finishForeground(id, object, &circumstances)
      finishOrphaning(id, object)
    } else {
      leaveGoneOwners(id, object, &circumstances)
    }
  }

  /// Owners that do not exist are dropped from the references; without any owner left the object goes too.
  private mutating func leaveGoneOwners(_ id: ObjectID, _ object: JSONValue, _ circumstances: inout Circumstances) {
    let owners = object[path: "metadata", "ownerReferences"]?.array ?? []
    guard !owners.isEmpty else { return }
    let living = owners.filter { exists($0, for: id) }
    guard living.count < owners.count else { return }
    if living.isEmpty {
      discard(id, propagation: "Background", &circumstances)
    } else {
      var kept = object
      kept.set(.array(living), at: ["metadata", "ownerReferences"])
      put(id, kept)
    }
  }

  /// An owner is a living object of that kind and UID, in the same namespace or cluster-wide.
  private func exists(_ reference: JSONValue, for dependent: ObjectID) -> Bool {
    guard let owner = reference["uid"]?.string.flatMap({ living[$0] }),
      owner.place.namespace.isEmpty || owner.place.namespace == dependent.place.namespace,
      owner.place.name == reference["name"]?.string
    else { return false }
    return true
  }

  private mutating func finishForeground(_ id: ObjectID, _ object: JSONValue, _ circumstances: inout Circumstances) {
    guard object.finalizers.contains(Finalizer.foreground),
      let uid = object[path: "metadata", "uid"]?.string
    else { return }
    for dependent in dependents[uid] ?? [] {
      guard let child = self.object(dependent), child[path: "metadata", "deletionTimestamp"] == nil else { continue }
      let others = (child[path: "metadata", "ownerReferences"]?.array ?? []).filter {
        $0["uid"]?.string != uid && exists($0, for: dependent)
      }
      if others.isEmpty {
        let hasDependents = child[path: "metadata", "uid"]?.string.map { dependents[$0] != nil } ?? false
        discard(dependent, propagation: hasDependents ? "Foreground" : "Background", &circumstances)
      } else {
        var kept = child
        kept.set(.array(others), at: ["metadata", "ownerReferences"])
        put(dependent, kept)
      }
    }
    let isBlocked = (dependents[uid] ?? []).contains { dependent in
      (self.object(dependent)?[path: "metadata", "ownerReferences"]?.array ?? []).contains {
        $0["uid"]?.string == uid && $0["blockOwnerDeletion"]?.bool == true
      }
    }
    if !isBlocked { removeFinalizer(Finalizer.foreground, id) }
  }

  private mutating func finishOrphaning(_ id: ObjectID, _ object: JSONValue) {
    guard object.finalizers.contains(Finalizer.orphan),
      let uid = object[path: "metadata", "uid"]?.string
    else { return }
    for dependent in dependents[uid] ?? [] {
      guard var child = self.object(dependent) else { continue }
      let others = (child[path: "metadata", "ownerReferences"]?.array ?? []).filter { $0["uid"]?.string != uid }
      child.set(others.isEmpty ? JSONValue?.none : .array(others), at: ["metadata", "ownerReferences"])
      put(dependent, child)
    }
    removeFinalizer(Finalizer.orphan, id)
  }

  private mutating func removeFinalizer(_ finalizer: String, _ id: ObjectID) {
    guard var object = object(id) else { return }
    let rest = object.finalizers.filter { $0 != finalizer }
    object.set(rest.isEmpty ? JSONValue?.none : .array(rest.map(JSONValue.string)), at: ["metadata", "finalizers"])
    finishUpdate(id, object)
  }

  private mutating func empty(namespace id: ObjectID, _ circumstances: inout Circumstances) {
    let namespace = id.place.name
    let contents = objects.flatMap { resource, members in
      members.keys.filter { $0.namespace == namespace }.map { ObjectID(resource: resource, place: $0) }
    }
    for content in contents where object(content)?[path: "metadata", "deletionTimestamp"] == nil {
      discard(content, propagation: "Background", &circumstances)
    }
    let isEmpty = !objects.values.contains { members in members.keys.contains { $0.namespace == namespace } }
    if isEmpty, var object = object(id) {
      object.set(nil, at: ["spec", "finalizers"])
      finishUpdate(id, object)
    }
  }

  private mutating func removeInstances(_ id: ObjectID, _ object: JSONValue, _ circumstances: inout Circumstances) {
    guard object.finalizers.contains(Finalizer.cleanup),
      let definition = CustomResource.definition(of: object)
    else { return }
    for name in (objects[definition.storage] ?? [:]).keys {
      let instance = ObjectID(resource: definition.storage, place: name)
      guard self.object(instance)?[path: "metadata", "deletionTimestamp"] == nil else { continue }
      discard(instance, propagation: "Background", &circumstances)
    }
    if objects[definition.storage]?.isEmpty ?? true { removeFinalizer(Finalizer.cleanup, id) }
  }

  /// A deletion by the cluster itself; one that is refused is not its concern.
  private mutating func discard(_ id: ObjectID, propagation: String, _ circumstances: inout Circumstances) {
    var options = DeleteOptions()
    options.propagation = propagation
    _ = try? delete(id, options, &circumstances)
  }
}
