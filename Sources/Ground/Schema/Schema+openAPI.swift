package import JSON

extension Schema {
  /// The schema as `openAPIV3Schema` of a CustomResourceDefinition.
  package var openAPI: JSONValue {
    var node: JSONValue = .object(["description": .string(description)])
    switch kind {
    case .string(let bounds): bounds.write(to: &node)
    case .integer(let minimum, let maximum):
      node["type"] = "integer"
      // Without a format clients may not assume more than 32 bits.
      node["format"] = "int64"
      node["minimum"] = minimum.map { .integer(Int64($0)) }
      node["maximum"] = maximum.map { .integer(Int64($0)) }
    case .number(let bounds): bounds.write(to: &node)
    case .boolean: node["type"] = "boolean"
    case .integerOrString: node["x-kubernetes-int-or-string"] = true
    case .list(let bounds, let element):
      node["type"] = "array"
      node["items"] = element.withoutDefaults.openAPI
      node["maxItems"] = .integer(Int64(bounds.maximum))
      if bounds.minimum > 0 { node["minItems"] = .integer(Int64(bounds.minimum)) }
      bounds.type.write(to: &node)
    case .map(let maximum, let value):
      node["type"] = "object"
      node["additionalProperties"] = value.openAPI
      node["maxProperties"] = .integer(Int64(maximum))
    case .object(let properties): Self.write(properties, to: &node)
    case .anyObject:
      node["type"] = "object"
      node["x-kubernetes-preserve-unknown-fields"] = true
    }
    node["default"] = spelledOutDefault
    if isNullable { node["nullable"] = true }
    if !rules.isEmpty { node["x-kubernetes-validations"] = .array(rules.map(\.openAPI)) }
    return node
  }

  /// The default with all nested defaults filled in. The API server checks a default against the rules of its schema before
  /// it fills in nested ones, so that a default of `{}` fails any rule that looks at a field.
  private var spelledOutDefault: JSONValue? { defaultValue.map { filled($0, .published) } }

  private static func write(_ properties: [Property], to node: inout JSONValue) {
    node["type"] = "object"
    var members: [String: JSONValue] = [:]
    for property in properties {
      members[property.name] = property.schema.openAPI
      let same = property.schema.described("Another name of \(property.name).").openAPI
      for alias in property.aliases { members[alias] = same }
    }
    if !members.isEmpty { node["properties"] = .object(members) }
    let required = properties.filter(\.isRequired).map { JSONValue.string($0.name) }
    if !required.isEmpty { node["required"] = .array(required) }
  }
}

extension Schema.StringBounds {
  fileprivate func write(to node: inout JSONValue) {
    node["type"] = "string"
    node["format"] = format.map(JSONValue.string)
    node["pattern"] = pattern.map(JSONValue.string)
    if !values.isEmpty { node["enum"] = .array(values.map(JSONValue.string)) }
    if minimum > 0 { node["minLength"] = .integer(Int64(minimum)) }
    if maximum > 0 { node["maxLength"] = .integer(Int64(maximum)) }
  }
}

extension Schema.NumberBounds {
  fileprivate func write(to node: inout JSONValue) {
    node["type"] = "number"
    node["format"] = "double"
    node["minimum"] = minimum.map(JSONValue.shortest)
    node["maximum"] = maximum.map(JSONValue.shortest)
    if excludesMinimum { node["exclusiveMinimum"] = true }
    if excludesMaximum { node["exclusiveMaximum"] = true }
  }
}

extension Schema.ListType {
  fileprivate func write(to node: inout JSONValue) {
    switch self {
    case .atomic: node["x-kubernetes-list-type"] = "atomic"
    case .set: node["x-kubernetes-list-type"] = "set"
    case .map(let keys):
      node["x-kubernetes-list-type"] = "map"
      node["x-kubernetes-list-map-keys"] = .array(keys.map(JSONValue.string))
    }
  }
}

extension Schema.Rule {
  fileprivate var openAPI: JSONValue {
    var node: JSONValue = .object(["rule": .string(expression), "message": .string(message)])
    node["fieldPath"] = fieldPath.map(JSONValue.string)
    return node
  }
}

extension JSONValue {
  /// A whole number is written as one: `0`, not `0.0`.
  static func shortest(_ value: Double) -> JSONValue {
    Int64(exactly: value).map(JSONValue.integer) ?? .number(value)
  }
}
