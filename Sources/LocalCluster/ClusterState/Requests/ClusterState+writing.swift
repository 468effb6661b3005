import KubernetesModel

extension ClusterState {
  /// Stores a new object. Its final form is returned as stored.
  mutating func create(
    _ resource: ServedResource, namespace: String, _ body: JSONValue, _ options: inout WriteOptions,
    _ circumstances: Circumstances
  ) throws(StatusError) -> JSONValue {
    var circumstances = circumstances
    let definition = resource.definition
    var object = try decoded(body, resource, &options)
    if let version = object[path: "metadata", "resourceVersion"]?.string, !version.isEmpty {
      throw .badRequest("resourceVersion should not be set on objects to be created")
    }
    try place(&object, resource, namespace)
    let id = try name(&object, definition, &circumstances)
    try admit(id, namespace: id.place.namespace)
    if object[path: "metadata", "managedFields"] != nil, options.author.manager.isEmpty == false {
      object.set(nil, at: ["metadata", "managedFields"])
    }
    guard self.object(id) == nil else { throw .alreadyExists(definition.groupResource, id.place.name) }
    object.set(.string(circumstances.uid()), at: ["metadata", "uid"])
    object.set(.string(circumstances.now.text), at: ["metadata", "creationTimestamp"])
    for key in ["deletionTimestamp", "deletionGracePeriodSeconds", "selfLink", "generation"] {
      object.set(nil, at: ["metadata", key])
    }
    if definition.hasGeneration { object.set(1, at: ["metadata", "generation"]) }
    if resource.version.hasStatus { object["status"] = nil }
    object = BuiltInDefaults.created(resource.version.schema.defaulted(object), resource, circumstances.now)
    try validate(object, old: nil, resource)
    object = Conversion.toStorage(object, from: resource)
    if object[path: "metadata", "managedFields"] == nil {
      var managed = ManagedFields(of: [:])
      managed.recordUpdate(
        by: options.author, from: [:], to: object, schema: resource.version.schema,
        hasStatus: resource.version.hasStatus, at: circumstances.now)
      object = managed.written(to: object)
    }
    return stored(id, object, &circumstances)
  }

  /// Stores what follows from creating some kinds, too.
  mutating func stored(_ id: ObjectID, _ object: JSONValue, _ circumstances: inout Circumstances) -> JSONValue {
    let object =
      id.resource == Self.customDefinitions ? CustomResource.established(object, at: circumstances.now) : object
    let stored = put(id, object)
    if id.resource == Self.namespaces { addServiceAccount(in: id.place.name, &circumstances) }
    return stored
  }

  /// Replaces an object, or the part of it that the subresource is.
  mutating func update(
    _ resource: ServedResource, id: ObjectID, _ body: JSONValue, _ options: inout WriteOptions,
    _ circumstances: Circumstances
  ) throws(StatusError) -> JSONValue {
    guard let live = object(id) else { throw .notFound(resource.definition.groupResource, id.place.name) }
    let object = try decoded(body, resource, &options)
    return try replace(live, with: object, id, resource, options, circumstances, isApply: false)
  }

  /// The common end of updates and patches: `object` is the wanted form in the request's version, `live` the stored one.
  mutating func replace(
    _ live: JSONValue, with wanted: JSONValue, _ id: ObjectID, _ resource: ServedResource, _ options: WriteOptions,
    _ circumstances: Circumstances, isApply: Bool
  ) throws(StatusError) -> JSONValue {
    let definition = resource.definition
    let shown = Conversion.fromStorage(live, to: resource)
    try checkIdentity(wanted, shown, id, definition)
    var object = merged(wanted, onto: shown, resource, options.author.subresource)
    // What is stored may be from before its definition's schema changed.
    if definition.isCustom { object = resource.version.schema.pruned(object).value }
    object = resource.version.schema.defaulted(object)
    object = BuiltInDefaults.updated(object, from: shown, resource)
    bumpGeneration(&object, from: shown, definition)
    try validate(object, old: shown, resource)
    if !isApply {
      // A client that sends managed fields edits them; one that sends none leaves them alone.
      let given = wanted[path: "metadata", "managedFields"]?.array
      let base = given == nil ? shown : object
      var managed = ManagedFields(of: given == [[:]] ? [:] : base)
      managed.recordUpdate(
        by: options.author, from: shown, to: object, schema: resource.version.schema,
        hasStatus: resource.version.hasStatus, at: circumstances.now)
      object = managed.written(to: object)
    }
    let stored = Conversion.toStorage(object, from: resource)
    guard stored != live else { return live }
    return finishUpdate(id, stored)
  }

  /// Stores an update, or removes the object when it was only waiting for its last finalizer.
  @discardableResult
  mutating func finishUpdate(_ id: ObjectID, _ object: JSONValue) -> JSONValue {
    let isDeleting = object[path: "metadata", "deletionTimestamp"] != nil
    let waits =
      !object.finalizers.isEmpty
      || (id.resource == Self.pods && (object[path: "metadata", "deletionGracePeriodSeconds"]?.integer ?? 0) > 0)
      || (id.resource == Self.namespaces && object[path: "spec", "finalizers"] != nil)
    if isDeleting, !waits {
      var last = object
      last.set(self.object(id)?[path: "metadata", "resourceVersion"], at: ["metadata", "resourceVersion"])
      return remove(id) ?? last
    }
    if id.resource == Self.customDefinitions {
      return put(id, CustomResource.established(object, at: ClusterTime(seconds: 0)))
    }
    return put(id, object)
  }

  /// The object as the request's version understands it: right kind, nulls out, unknown fields judged and pruned.
  func decoded(
    _ body: JSONValue, _ resource: ServedResource, _ options: inout WriteOptions
  ) throws(StatusError) -> JSONValue {
    var object = body
    if let kind = body["kind"]?.string, kind != resource.definition.kind {
      throw .badRequest(
        "\(body["apiVersion"]?.string ?? ""), Kind=\(kind) is not the kind of this path: \(resource.definition.kind) is expected"
      )
    }
    if let apiVersion = body["apiVersion"]?.string, apiVersion != resource.apiVersion {
      throw .badRequest(
        "the API version in the data (\(apiVersion)) does not match the expected API version (\(resource.apiVersion))")
    }
    object["apiVersion"] = .string(resource.apiVersion)
    object["kind"] = .string(resource.definition.kind)
    // Go reads a null of a built-in type as its zero value.
    if resource.definition.isCustom {
      object["metadata"] = object["metadata"]?.withoutNulls ?? [:]
    } else {
      object = object.withoutNulls
    }
    let (pruned, unknown) = resource.version.schema.pruned(object)
    try options.judge(unknown: unknown, kind: resource.kind)
    return pruned
  }

  private func place(_ object: inout JSONValue, _ resource: ServedResource, _ namespace: String) throws(StatusError) {
    let given = object[path: "metadata", "namespace"]?.string ?? ""
    guard resource.definition.isNamespaced else {
      object.set(nil, at: ["metadata", "namespace"])
      return
    }
    if !given.isEmpty, !namespace.isEmpty, given != namespace {
      throw .badRequest(
        "the namespace of the provided object does not match the namespace sent on the request")
    }
    guard !namespace.isEmpty || !given.isEmpty else {
      throw .badRequest("an empty namespace may not be set during creation")
    }
    object.set(.string(namespace.isEmpty ? given : namespace), at: ["metadata", "namespace"])
  }

  private func name(
    _ object: inout JSONValue, _ definition: ServedDefinition, _ circumstances: inout Circumstances
  ) throws(StatusError) -> ObjectID {
    if object[path: "metadata", "name"]?.string ?? "" == "",
      let base = object[path: "metadata", "generateName"]?.string, !base.isEmpty
    {
      object.set(.string(base.prefix(58) + circumstances.suffix()), at: ["metadata", "name"])
    }
    return ObjectID(
      resource: definition.storage,
      place: ObjectPlace(
        namespace: object[path: "metadata", "namespace"]?.string ?? "",
        name: object[path: "metadata", "name"]?.string ?? ""))
  }

  /// Nothing is created in a namespace that is missing or terminating.
  private func admit(_ id: ObjectID, namespace: String) throws(StatusError) {
    guard !namespace.isEmpty else { return }
    let place = ObjectID(resource: Self.namespaces, place: ObjectPlace(namespace: "", name: namespace))
    guard let object = object(place) else { throw .notFound(Self.namespaces, namespace) }
    if object[path: "metadata", "deletionTimestamp"] != nil {
      throw .terminating(id.resource, id.place.name, namespace: namespace)
    }
  }

  private func checkIdentity(
    _ wanted: JSONValue, _ live: JSONValue, _ id: ObjectID, _ definition: ServedDefinition
  ) throws(StatusError) {
    let name = wanted[path: "metadata", "name"]?.string ?? id.place.name
    guard name == id.place.name else {
      throw .badRequest("the name of the object (\(name)) does not match the name on the URL (\(id.place.name))")
    }
    if let namespace = wanted[path: "metadata", "namespace"]?.string, namespace != id.place.namespace {
      throw .badRequest(
        "the namespace of the object (\(namespace)) does not match the namespace on the request (\(id.place.namespace))"
      )
    }
    if let uid = wanted[path: "metadata", "uid"]?.string, uid != live[path: "metadata", "uid"]?.string {
      throw .conflict(
        definition.groupResource, id.place.name,
        "Precondition failed: UID in precondition: \(uid), UID in object meta: \(live[path: "metadata", "uid"]?.string ?? "")"
      )
    }
    if let version = wanted[path: "metadata", "resourceVersion"]?.string, !version.isEmpty,
      version != live[path: "metadata", "resourceVersion"]?.string
    {
      throw .stale(definition.groupResource, id.place.name)
    }
  }

  /// What of `wanted` this endpoint may change, on what is there; the server's own metadata stays.
  private func merged(
    _ wanted: JSONValue, onto live: JSONValue, _ resource: ServedResource, _ subresource: String
  ) -> JSONValue {
    if subresource == "status" {
      var object = live
      object["status"] = wanted["status"]
      object.set(
        wanted[path: "metadata", "managedFields"] ?? live[path: "metadata", "managedFields"],
        at: ["metadata", "managedFields"])
      if !resource.definition.isCustom {
        for key in ["labels", "annotations"] where wanted[path: "metadata", key] != nil {
          object.set(wanted[path: "metadata", key], at: ["metadata", key])
        }
      }
      return object
    }
    var object = wanted
    if resource.version.hasStatus, subresource.isEmpty { object["status"] = live["status"] }
    for key in [
      "name", "namespace", "uid", "creationTimestamp", "resourceVersion", "generation", "deletionTimestamp",
      "deletionGracePeriodSeconds", "generateName",
    ] { object.set(live[path: "metadata", key], at: ["metadata", key]) }
    if object[path: "metadata", "managedFields"] == nil {
      object.set(live[path: "metadata", "managedFields"], at: ["metadata", "managedFields"])
    }
    return object
  }

  private func bumpGeneration(_ object: inout JSONValue, from live: JSONValue, _ definition: ServedDefinition) {
    guard definition.hasGeneration else { return }
    func counted(_ object: JSONValue) -> JSONValue {
      var body = object
      for key in ["metadata", "status", "apiVersion", "kind"] { body[key] = nil }
      return body
    }
    if counted(object) != counted(live) {
      object.set(
        .integer(Int64((live[path: "metadata", "generation"]?.integer ?? 0) + 1)), at: ["metadata", "generation"])
    }
  }

  func validate(_ object: JSONValue, old: JSONValue?, _ resource: ServedResource) throws(StatusError) {
    // What is no JSON of its Go type does not even get to validation.
    if !resource.definition.isCustom, let misfit = TypeMisfit.first(in: object, resource.version.schema) {
      throw .badRequest(misfit.decodingText(of: resource.kind))
    }
    var faults = MetadataRules.faults(of: object, old: old, resource.definition)
    // In a built-in status a missing number is Go's zero, not a mistake.
    faults += resource.version.schema.faults(of: object).filter { fault in
      resource.definition.isCustom || fault.reason != "FieldValueRequired" || !fault.path.hasPrefix("status.")
    }
    if faults.isEmpty { faults += BuiltInRules.faults(of: object, old: old, resource.definition) }
    guard faults.isEmpty else {
      throw .invalid(resource.kind, object[path: "metadata", "name"]?.string ?? "", faults)
    }
  }
}

extension JSONValue {
  /// Without null members, at every depth.
  var withoutNulls: JSONValue {
    switch self {
    case .object(let members): .object(members.filter { !$0.value.isNull }.mapValues(\.withoutNulls))
    case .array(let elements): .array(elements.map(\.withoutNulls))
    default: self
    }
  }
}
