import KubernetesModel

extension ClusterState {
  /// Applies a patch of any kind. The flag tells that server-side apply made the object.
  mutating func patch(
    _ request: ReceivedRequest, _ target: Target, _ options: inout WriteOptions, _ circumstances: Circumstances
  ) throws(StatusError) -> (object: JSONValue, isNew: Bool) {
    guard let patch = request.body else { throw .badRequest("a patch needs a body") }
    let type = String(request.contentType.prefix { $0 != ";" })
    if type == "application/apply-patch+yaml" || type == "application/apply-patch+json" {
      return try apply(patch, request, target, &options, circumstances)
    }
    let resource = target.resource
    guard let live = object(target.id) else { throw .notFound(resource.definition.groupResource, target.name ?? "") }
    let shown = Conversion.fromStorage(live, to: resource)
    let patched: JSONValue
    switch type {
    case "application/json-patch+json": patched = try JSONPatch.apply(patch, to: shown)
    case "application/merge-patch+json": patched = MergePatch.apply(patch, to: shown)
    case "application/strategic-merge-patch+json" where !resource.definition.isCustom:
      patched = try StrategicMergePatch.apply(patch, to: shown, schema: resource.version.schema)
      try checkConversion(of: patched, patch, resource, options)
    default:
      throw .unsupportedMediaType(
        resource.definition.isCustom
          ? "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml"
          : "application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml"
      )
    }
    let object = try decoded(patched, resource, &options)
    return (
      try replace(live, with: object, target.id, resource, options, circumstances, isApply: false), false
    )
  }

  /// The real one turns the merged members into its Go type here, so what does not fit is the patch's fault.
  private func checkConversion(
    of merged: JSONValue, _ patch: JSONValue, _ resource: ServedResource, _ options: WriteOptions
  ) throws(StatusError) {
    let schema = resource.version.schema
    let unknown = options.validation == .strict ? schema.pruned(merged.withoutNulls).unknown : []
    let complaint =
      TypeMisfit.first(in: merged, schema)?.conversionText
      ?? (unknown.isEmpty
        ? nil : "strict decoding error: " + unknown.map { "unknown field \"\($0)\"" }.joined(separator: ", "))
    guard let complaint else { return }
    throw .invalid(
      GroupVersionKind(group: "", version: "", kind: ""), "",
      [.invalid("patch", .string(patch.goText), complaint)])
  }

  private mutating func apply(
    _ patch: JSONValue, _ request: ReceivedRequest, _ target: Target, _ options: inout WriteOptions,
    _ circumstances: Circumstances
  ) throws(StatusError) -> (object: JSONValue, isNew: Bool) {
    let resource = target.resource
    guard request.query["fieldManager"] != nil else {
      throw StatusError(
        code: 422, reason: "Invalid",
        message: "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch")
    }
    guard patch["kind"]?.string != nil, patch["apiVersion"]?.string != nil else {
      throw .badRequest("invalid object type: /, Kind=: an applied object needs apiVersion and kind")
    }
    if let managed = patch[path: "metadata", "managedFields"], managed != .null, managed != [] {
      throw .badRequest("metadata.managedFields must be nil")
    }
    let intent = try decoded(patch, resource, &options)
    let schema = resource.version.schema
    guard let live = object(target.id) else {
      return (try create(applied: intent, target, options, circumstances), true)
    }
    let shown = Conversion.fromStorage(live, to: resource)
    if let version = intent[path: "metadata", "resourceVersion"]?.string, !version.isEmpty,
      version != shown[path: "metadata", "resourceVersion"]?.string
    {
      throw .stale(resource.definition.groupResource, target.name ?? "")
    }
    let result = try ServerSideApply.apply(
      intent, to: shown, by: options.author, force: options.force, schema: schema,
      hasStatus: resource.version.hasStatus, at: circumstances.now)
    return (
      try replace(live, with: result, target.id, resource, options, circumstances, isApply: true), false
    )
  }

  private mutating func create(
    applied intent: JSONValue, _ target: Target, _ options: WriteOptions, _ circumstances: Circumstances
  ) throws(StatusError) -> JSONValue {
    let resource = target.resource
    guard target.subresource == nil else { throw .notFound(resource.definition.groupResource, target.name ?? "") }
    if let uid = intent[path: "metadata", "uid"]?.string, !uid.isEmpty {
      throw .conflict(
        resource.definition.groupResource, target.name ?? "",
        "uid mismatch: the provided object specified uid \(uid), and no existing object was found")
    }
    var intent = intent
    intent.set(nil, at: ["metadata", "resourceVersion"])
    let name = intent[path: "metadata", "name"]?.string ?? target.name ?? ""
    guard name == target.name else {
      throw .badRequest("the name of the object (\(name)) does not match the name on the URL (\(target.name ?? ""))")
    }
    intent.set(.string(name), at: ["metadata", "name"])
    var creating = options
    // The owner of every field is the applier, not an updater.
    let object = try ServerSideApply.apply(
      intent, to: [:], by: options.author, force: true, schema: resource.version.schema,
      hasStatus: resource.version.hasStatus, at: circumstances.now)
    creating.author.manager = ""
    return try create(resource, namespace: target.namespace, object, &creating, circumstances)
  }
}
