public import KubernetesClient
public import KubernetesModel

extension KubernetesAPI {
  /// Writes the whole status, where it says something else than the live one; nulls and empty members count as absent. The
  /// write holds only for the resource version that `live` has: a conflict means that somebody has written in between, and
  /// is a reason to look again.
  ///
  /// Returns nil where there was nothing to write.
  public func writeStatus<Object: KubernetesObject>(_ status: JSONValue, of live: Object) async throws(KubernetesError)
    -> JSONValue?
  {
    let target = APITarget(live, subresource: "status")
    let before: JSONValue
    do {
      before = try live.manifest["status"] ?? .object([:])
    } catch {
      throw .unreadable(verb: .patch, target: target, reason: "\(error)")
    }
    guard let changes = status.withoutEmptyMembers.mergePatch(from: before.withoutEmptyMembers) else { return nil }
    var patch: JSONValue = ["status": changes]
    if let version = live.metadata.resourceVersion {
      patch.set(.string(version), at: ["metadata", "resourceVersion"])
    }
    return try await self.patch(target, .merge, patch)
  }
}

extension KubernetesAPI {
  /// Adds a finalizer, unless it is there or the object is being deleted. Returns the written object, nil where nothing
  /// was to be done. Errors: `isConflict` where somebody has written in between.
  public func addFinalizer<Object: KubernetesObject>(_ finalizer: String, to object: Object)
    async throws(KubernetesError) -> Object?
  {
    guard !object.metadata.isBeingDeleted, !object.metadata.finalizers.contains(finalizer) else { return nil }
    var metadata: JSONValue = [
      "finalizers": .array((object.metadata.finalizers + [finalizer]).map(JSONValue.string))
    ]
    metadata["resourceVersion"] = object.metadata.resourceVersion.map(JSONValue.string)
    return try await patch(
      Object.self, namespace: object.metadata.namespace, name: object.metadata.name ?? "", .merge,
      ["metadata": metadata])
  }

  /// Takes a finalizer off by JSON patch, `test` before `remove`, so that no other one can be hit. An object that is gone, or
  /// whose namespace is going away with it, counts as done.
  public func removeFinalizer<Object: KubernetesObject>(_ finalizer: String, from object: Object)
    async throws(KubernetesError)
  {
    try await removeFinalizer(finalizer, APITarget(object), object.metadata.finalizers)
  }

  /// The same for an object without a Swift type, or of whatever form.
  public func removeFinalizer(
    _ finalizer: String, from object: JSONValue, _ resource: GroupVersionResource
  ) async throws(KubernetesError) {
    let target = APITarget(
      resource, namespace: object[path: "metadata", "namespace"]?.string,
      name: object[path: "metadata", "name"]?.string)
    try await removeFinalizer(
      finalizer, target, (object[path: "metadata", "finalizers"]?.array ?? []).map { $0.string ?? "" })
  }

  private func removeFinalizer(
    _ finalizer: String, _ target: APITarget, _ finalizers: [String]
  ) async throws(KubernetesError) {
    guard let index = finalizers.firstIndex(of: finalizer) else { return }
    let path = JSONValue.string("/metadata/finalizers/\(index)")
    let patch: JSONValue = [
      ["op": "test", "path": path, "value": .string(finalizer)], ["op": "remove", "path": path],
    ]
    do {
      _ = try await self.patch(target, .json, patch)
    } catch {
      guard !error.isNotFound, !error.isNamespaceTerminating else { return }
      throw error
    }
  }
}
