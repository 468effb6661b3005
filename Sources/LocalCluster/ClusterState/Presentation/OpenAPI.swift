import KubernetesModel

extension ClusterState {
  /// `/openapi/v2`, the index `/openapi/v3` and a document for each group version below it.
  func openAPI(_ request: ReceivedRequest) -> APIResponse? {
    switch request.path.dropFirst().first {
    case "v2" where request.path.count == 2:
      // The protobuf form is not offered; clients that can read nothing else go on without it.
      guard request.accept.isEmpty || request.accept.contains("json") || request.accept.contains("*/*") else {
        return APIResponse(
          code: 406,
          .json(
            StatusError(
              code: 406, reason: "NotAcceptable",
              message: "only the following media types are accepted: application/json"
            ).object))
      }
      return APIResponse(.json(ServedOpenAPI.version2(catalog)))
    case "v3" where request.path.count == 2:
      var paths: [String: JSONValue] = [:]
      for group in catalog.groups {
        for version in group.versions {
          let path = group.name.isEmpty ? "api/\(version)" : "apis/\(group.name)/\(version)"
          paths[path] = ["serverRelativeURL": .string("/openapi/v3/\(path)")]
        }
      }
      return APIResponse(.json(["paths": .object(paths)]))
    case "v3":
      let path = Array(request.path.dropFirst(2))
      let group: String
      let version: String
      switch (path.first, path.count) {
      case ("api", 2): (group, version) = ("", path[1])
      case ("apis", 3): (group, version) = (path[1], path[2])
      default: return nil
      }
      let resources = catalog.resources(group: group, version: version)
      return resources.isEmpty ? nil : APIResponse(.json(ServedOpenAPI.version3(resources)))
    default: return nil
    }
  }
}

/// The published description of resources: what kubectl explains, validates and merges by.
struct ServedOpenAPI {
  private let prefix: String
  private var definitions: [String: JSONValue] = [:]

  static func version3(_ resources: [ServedResource]) -> JSONValue {
    var document = ServedOpenAPI(prefix: "#/components/schemas/")
    let paths = document.paths(resources)
    return [
      "openapi": "3.0.0", "info": ["title": "Kubernetes", "version": .string(ClusterState.kubernetesVersion)],
      "paths": .object(paths), "components": ["schemas": .object(document.definitions)],
    ]
  }

  static func version2(_ catalog: Catalog) -> JSONValue {
    var document = ServedOpenAPI(prefix: "#/definitions/")
    var paths: [String: JSONValue] = [:]
    for group in catalog.groups {
      for version in group.versions {
        let resources = catalog.resources(group: group.name, version: version)
        paths.merge(document.paths(resources), uniquingKeysWith: { first, _ in first })
      }
    }
    return [
      "swagger": "2.0", "info": ["title": "Kubernetes", "version": .string(ClusterState.kubernetesVersion)],
      "paths": .object(paths), "definitions": .object(document.definitions),
    ]
  }

  private init(prefix: String) { self.prefix = prefix }

  private mutating func paths(_ resources: [ServedResource]) -> [String: JSONValue] {
    var paths: [String: JSONValue] = [:]
    for resource in resources {
      let definition = resource.definition
      let name = define(resource)
      let root = definition.group.isEmpty ? "/api/v1" : "/apis/\(definition.group)/\(resource.version.name)"
      let place = definition.isNamespaced ? "/namespaces/{namespace}" : ""
      let collection = "\(root)\(place)/\(definition.resource)"
      paths[collection] = operations(["get": "list", "post": "post", "delete": "deletecollection"], resource, name)
      paths["\(collection)/{name}"] = operations(
        ["get": "get", "put": "put", "patch": "patch", "delete": "delete"], resource, name)
      if definition.isNamespaced {
        paths["\(root)/\(definition.resource)"] = operations(["get": "list"], resource, name)
      }
    }
    return paths
  }

  private func operations(_ methods: [String: String], _ resource: ServedResource, _ name: String) -> JSONValue {
    let kind: JSONValue = [
      "group": .string(resource.definition.group), "version": .string(resource.version.name),
      "kind": .string(resource.definition.kind),
    ]
    func parameter(_ name: String, _ description: String) -> JSONValue {
      let base: JSONValue = ["name": .string(name), "in": "query", "description": .string(description)]
      var parameter = base
      if prefix.contains("components") {
        parameter["schema"] = ["type": "string", "uniqueItems": true]
      } else {
        parameter["type"] = "string"
        parameter["uniqueItems"] = true
      }
      return parameter
    }
    let writing: JSONValue = .array([
      parameter("dryRun", "All: process every stage, store nothing."),
      parameter("fieldManager", "The name of the actor that makes these changes."),
      parameter("fieldValidation", "What to do about unknown or duplicate fields: Ignore, Warn or Strict."),
    ])
    return .object(
      methods.reduce(into: [:]) { operations, method in
        var operation: JSONValue = [
          "x-kubernetes-action": .string(method.value), "x-kubernetes-group-version-kind": kind,
          "responses": ["200": ["description": "OK"]],
        ]
        if method.key != "get" { operation["parameters"] = writing }
        if prefix.contains("components") {
          operation["responses"] = [
            "200": [
              "description": "OK",
              "content": ["application/json": ["schema": ["$ref": .string(prefix + name)]]],
            ]
          ]
        }
        operations[method.key] = operation
      })
  }

  /// The resource's own definition; returns its name.
  private mutating func define(_ resource: ServedResource) -> String {
    let definition = resource.definition
    let name: String
    if let known = resource.version.schema.definition {
      name = known
      add(resource.version.schema)
    } else {
      let group = definition.group.split(separator: ".").reversed().joined(separator: ".")
      name = "\(group).\(resource.version.name).\(definition.kind)"
      definitions[name] = custom(resource.version.schema)
    }
    definitions[name]?["x-kubernetes-group-version-kind"] = [
      [
        "group": .string(definition.group), "version": .string(resource.version.name), "kind": .string(definition.kind),
      ]
    ]
    return name
  }

  /// What each kind says of its first three members (apimachinery's TypeMeta and ObjectMeta).
  private static let membersOfAll: [String: JSONValue] = [
    "apiVersion":
      "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources",
    "kind":
      "Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds",
    "metadata":
      "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
  ]

  /// A custom resource's text is published as it is, with the members every object has.
  private mutating func custom(_ schema: ObjectSchema) -> JSONValue {
    var json = schema.source ?? ["type": "object"]
    for key in ["apiVersion", "kind", "metadata"] {
      let type: JSONValue = ["type": key == "metadata" ? "object" : "string"]
      json.set(schema.properties[key].map { reference($0) } ?? type, at: ["properties", key])
      // The API server's own words replace the definition's.
      json.set(Self.membersOfAll[key], at: ["properties", key, "description"])
    }
    return json
  }

  private mutating func add(_ schema: ObjectSchema) {
    guard let name = schema.definition, definitions[name] == nil else { return }
    definitions[name] = [:]
    // A member's schema has the member's description; the definition has its own.
    definitions[name] = body(SchemaTable.definitions[name] ?? schema)
  }

  /// As a member: a reference where it has a name, its body where not.
  private mutating func reference(_ schema: ObjectSchema) -> JSONValue {
    guard let name = schema.definition else { return body(schema) }
    add(schema)
    let link: JSONValue = ["$ref": .string(prefix + name)]
    var member: JSONValue = link
    if prefix.contains("components") {
      member = ["allOf": [link]]
      if let standard = schema.defaultValue { member["default"] = standard }
    }
    if !schema.description.isEmpty { member["description"] = .string(schema.description) }
    return member
  }

  private mutating func body(_ schema: ObjectSchema) -> JSONValue {
    if schema.definition?.hasSuffix(".Quantity") == true {
      return ["type": "string", "description": "A fixed-point number with a unit, such as 500m or 2Gi."]
    }
    var json: JSONValue = [:]
    if !schema.description.isEmpty { json["description"] = .string(schema.description) }
    if schema.isIntOrString {
      json["x-kubernetes-int-or-string"] = true
      if prefix.contains("components") {
        json["format"] = "int-or-string"
        json["oneOf"] = [["type": "integer"], ["type": "string"]]
      } else {
        json["type"] = "string"
      }
      return json
    }
    json["type"] = .string(schema.basic?.rawValue ?? "object")
    if schema.preservesUnknown { json["x-kubernetes-preserve-unknown-fields"] = true }
    if let format = schema.format { json["format"] = .string(format) }
    if let standard = schema.defaultValue { json["default"] = standard }
    if !schema.enumeration.isEmpty { json["enum"] = .array(schema.enumeration) }
    if !schema.required.isEmpty { json["required"] = .array(schema.required.map(JSONValue.string)) }
    if !schema.properties.isEmpty {
      var members: [String: JSONValue] = [:]
      for (key, member) in schema.properties { members[key] = reference(member) }
      json["properties"] = .object(members)
    }
    if let additional = schema.additional { json["additionalProperties"] = reference(additional) }
    if let items = schema.items { json["items"] = reference(items) }
    addListExtensions(schema, to: &json)
    return json
  }

  private func addListExtensions(_ schema: ObjectSchema, to json: inout JSONValue) {
    guard schema.basic == .array else {
      if schema.isAtomicMap { json["x-kubernetes-map-type"] = "atomic" }
      return
    }
    switch schema.listType {
    case .atomic: json["x-kubernetes-list-type"] = "atomic"
    case .set: json["x-kubernetes-list-type"] = "set"
    case .map(let keys):
      json["x-kubernetes-list-type"] = "map"
      json["x-kubernetes-list-map-keys"] = .array(keys.map(JSONValue.string))
    }
    switch schema.listMerge {
    case .replace: break
    case .byValue: json["x-kubernetes-patch-strategy"] = "merge"
    case .by(let key):
      json["x-kubernetes-patch-strategy"] = "merge"
      json["x-kubernetes-patch-merge-key"] = .string(key)
    }
  }
}
