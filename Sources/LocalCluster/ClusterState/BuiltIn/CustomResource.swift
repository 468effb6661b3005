import KubernetesModel

/// What a CustomResourceDefinition says, and what is wrong with it.
enum CustomResource {
  /// The served resource; nil when no version is served.
  static func definition(of object: JSONValue) -> ServedDefinition? {
    guard let spec = object["spec"], let group = spec["group"]?.string,
      let names = spec["names"], let resource = names["plural"]?.string, let kind = names["kind"]?.string
    else { return nil }
    let declared = spec["versions"]?.array ?? []
    let versions = declared.filter { $0["served"]?.bool == true }.map(version)
      .sorted { VersionPriority.isHigher($0.name, $1.name) }
    guard !versions.isEmpty else { return nil }
    let storage = declared.first { $0["storage"]?.bool == true }?["name"]?.string ?? versions[0].name
    return ServedDefinition(
      group: group, resource: resource, singular: names["singular"]?.string ?? kind.lowercased(), kind: kind,
      listKind: names["listKind"]?.string ?? kind + "List",
      shortNames: (names["shortNames"]?.array ?? []).compactMap(\.string),
      categories: (names["categories"]?.array ?? []).compactMap(\.string),
      isNamespaced: spec["scope"]?.string != "Cluster", isCustom: true, hasGeneration: true, versions: versions,
      storageVersion: storage, storage: GroupResource(group: group, resource: resource))
  }

  private static func version(_ json: JSONValue) -> ServedDefinition.Version {
    let schema = ObjectSchema.parse(json[path: "schema", "openAPIV3Schema"] ?? ["type": "object"])
    let scale = json[path: "subresources", "scale"].map { scale in
      ScalePaths(
        spec: path(scale["specReplicasPath"]?.string ?? ""), status: path(scale["statusReplicasPath"]?.string ?? ""),
        selector: scale["labelSelectorPath"]?.string.map(path))
    }
    let columns = (json["additionalPrinterColumns"]?.array ?? []).map { column in
      PrinterColumn(
        name: column["name"]?.string ?? "", type: column["type"]?.string ?? "string",
        format: column["format"]?.string ?? "", description: column["description"]?.string ?? "",
        priority: column["priority"]?.integer ?? 0, path: column["jsonPath"]?.string ?? "")
    }
    let age = PrinterColumn(
      name: "Age", type: "date",
      description: "CreationTimestamp is a timestamp representing the server time when this object was created.",
      path: ".metadata.creationTimestamp")
    return ServedDefinition.Version(
      name: json["name"]?.string ?? "", schema: rooted(schema), hasStatus: json[path: "subresources", "status"] != nil,
      scale: scale, columns: columns.isEmpty ? [age] : columns)
  }

  /// With the members every object has.
  private static func rooted(_ schema: ObjectSchema) -> ObjectSchema {
    schema.with { facts in
      if facts.basic == nil { facts.basic = .object }
      facts.properties["apiVersion"] = SchemaTable.schema("core.v1.ConfigMap").properties["apiVersion"]
      facts.properties["kind"] = SchemaTable.schema("core.v1.ConfigMap").properties["kind"]
      facts.properties["metadata"] = SchemaTable.schema("meta.v1.ObjectMeta").with {
        $0.description = "Standard object's metadata."
      }
    }
  }

  private static func path(_ text: String) -> [String] { text.split(separator: ".").map(String.init) }

  static func faults(of object: JSONValue) -> [FieldFault] {
    let spec = object["spec"] ?? [:]
    var found: [FieldFault] = []
    let plural = spec[path: "names", "plural"]?.string ?? ""
    let group = spec["group"]?.string ?? ""
    let name = object[path: "metadata", "name"]?.string ?? ""
    if name != "\(plural).\(group)" {
      found.append(.invalid("metadata.name", .string(name), "must be spec.names.plural+\".\"+spec.group"))
    }
    let versions = spec["versions"]?.array ?? []
    if versions.isEmpty { found.append(.required("spec.versions")) }
    if versions.filter({ $0["storage"]?.bool == true }).count != 1 {
      found.append(
        .invalid(
          "spec.versions", .array(versions.map { $0["name"] ?? .null }),
          "must have exactly one version marked as storage version"))
    }
    for (index, version) in versions.enumerated() {
      let place = "spec.versions[\(index)].schema.openAPIV3Schema"
      guard let schema = version[path: "schema", "openAPIV3Schema"] else {
        found.append(.required(place, "schemas are required"))
        continue
      }
      if schema["type"]?.string != "object" {
        found.append(.invalid("\(place).type", schema["type"] ?? "", "must be object at the root"))
      }
      structureFaults(schema, place, isRoot: true, &found)
    }
    return found
  }

  /// The rules of structural schemas that mistakes break most often.
  private static func structureFaults(_ schema: JSONValue, _ path: String, isRoot: Bool, _ found: inout [FieldFault]) {
    let isOpen =
      schema["x-kubernetes-preserve-unknown-fields"]?.bool == true
      || schema["x-kubernetes-int-or-string"]?.bool == true
    if schema["type"]?.string == nil, !isOpen {
      found.append(.required("\(path).type", "must not be empty for specified object fields"))
    }
    if schema["type"]?.string == "array", schema["items"] == nil {
      found.append(.required("\(path).items", "must be specified"))
    }
    if schema["properties"] != nil, schema["additionalProperties"] != nil {
      found.append(
        .forbidden("\(path).additionalProperties", "additionalProperties and properties are mutual exclusive"))
    }
    if let pattern = schema["pattern"]?.string, (try? Regex(pattern)) == nil {
      found.append(.invalid("\(path).pattern", .string(pattern), "must be a valid regular expression"))
    }
    if schema["x-kubernetes-list-type"]?.string == "map" {
      let keys = (schema["x-kubernetes-list-map-keys"]?.array ?? []).compactMap(\.string)
      if keys.isEmpty { found.append(.required("\(path).x-kubernetes-list-map-keys")) }
      for key in keys {
        let isRequired = schema[path: "items", "required"]?.array?.contains(.string(key)) ?? false
        let hasDefault = schema[path: "items", "properties", key]?["default"] != nil
        if !isRequired && !hasDefault {
          found.append(
            .required(
              "\(path).items.properties[\(key)].default",
              "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"))
        }
      }
    }
    if let standard = schema["default"], !isRoot {
      found += ObjectSchema.parse(schema).faults(of: standard, at: "\(path).default")
    }
    for (key, child) in schema["properties"]?.object ?? [:] {
      if isRoot, ["metadata", "apiVersion", "kind"].contains(key) { continue }
      structureFaults(child, "\(path).properties[\(key)]", isRoot: false, &found)
    }
    if let items = schema["items"] { structureFaults(items, "\(path).items", isRoot: false, &found) }
    if let additional = schema["additionalProperties"], additional.object != nil {
      structureFaults(additional, "\(path).additionalProperties", isRoot: false, &found)
    }
  }

  /// With the names that are derived from others.
  static func named(_ object: JSONValue) -> JSONValue {
    var result = object
    var names = object[path: "spec", "names"] ?? [:]
    if names["singular"] == nil { names["singular"] = .string(names["kind"]?.string?.lowercased() ?? "") }
    if names["listKind"] == nil { names["listKind"] = .string((names["kind"]?.string ?? "") + "List") }
    result.set(names, at: ["spec", "names"])
    return result
  }

  /// The status once its names are accepted, which here is at once.
  static func established(_ object: JSONValue, at now: ClusterTime) -> JSONValue {
    func condition(_ type: String, _ reason: String, _ message: String) -> JSONValue {
      [
        "type": .string(type), "status": "True", "reason": .string(reason), "message": .string(message),
        "lastTransitionTime": .string(now.text),
      ]
    }
    var result = object
    let names = object[path: "spec", "names"] ?? [:]
    let storage = object[path: "spec", "versions"]?.array?.first { $0["storage"]?.bool == true }?["name"]
    var stored = object[path: "status", "storedVersions"]?.array ?? []
    if let storage, !stored.contains(storage) { stored.append(storage) }
    let conditions =
      object[path: "status", "conditions"] ?? [
        condition("NamesAccepted", "NoConflicts", "no conflicts found"),
        condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
      ]
    result["status"] = ["acceptedNames": names, "conditions": conditions, "storedVersions": .array(stored)]
    return result
  }
}
