import KubernetesModel

/// A member of a built-in object whose JSON is not of its type. The API server meets these before it validates: when it
/// decodes a body (`encoding/json`), and when it turns a merged patch into an object (`runtime.FromUnstructured`).
struct TypeMisfit {
  /// Without the places in lists, as Go names a field.
  var path: String
  var value: JSONValue
  var schema: ObjectSchema
  /// The type whose member it is: `Container`.
  var owner: String

  /// The first one, members in the order of their names.
  static func first(in object: JSONValue, _ schema: ObjectSchema) -> TypeMisfit? {
    find(object, schema, "", "")
  }

  private static func find(_ value: JSONValue, _ schema: ObjectSchema, _ path: String, _ owner: String) -> TypeMisfit? {
    let misfit = TypeMisfit(path: path, value: value, schema: schema, owner: owner)
    // These read their JSON themselves.
    let readsItself =
      schema.isIntOrString || schema.definition?.hasSuffix(".Quantity") == true || schema.format == "date-time"
    if value.isNull || readsItself { return nil }
    switch (schema.basic, value) {
    case (.object, .object(let members)):
      let name = schema.definition?.split(separator: ".").last.map(String.init) ?? owner
      for (key, member) in members.sorted(by: { $0.key < $1.key }) {
        guard let shape = schema.child(key) else { continue }
        let isField = schema.properties[key] != nil
        let place = isField ? (path.isEmpty ? key : "\(path).\(key)") : path
        if let found = find(member, shape, place, name) { return found }
      }
      return nil
    case (.array, .array(let elements)):
      guard let items = schema.items else { return nil }
      for element in elements {
        if let found = find(element, items, path, owner) { return found }
      }
      return nil
    case (.string, .string), (.boolean, .bool), (.integer, .integer), (.number, .integer), (.number, .number),
      (nil, _):
      return nil
    case (.integer, .number(let number)) where number == number.rounded(): return nil
    default: return misfit
    }
  }

  /// As `FromUnstructured` says it.
  var conversionText: String {
    switch schema.basic {
    case .object where schema.properties.isEmpty: "cannot restore map from \(value.goKind)"
    case .object: "cannot restore struct from: \(value.goKind)"
    case .array: "cannot restore slice from \(value.goKind)"
    default: "cannot convert \(value.goType) to \(schema.goType(of: path))"
    }
  }

  /// As the decoder of request bodies says it.
  func decodingText(of kind: GroupVersionKind) -> String {
    let found =
      switch value {
      case .integer, .number: "number"
      case .bool: "bool"
      default: value.typeName
      }
    return "\(kind.kind) in version \"\(kind.version)\" cannot be handled as a \(kind.kind): "
      + "json: cannot unmarshal \(found) into Go struct field \(owner).\(path) of type \(schema.goType(of: path))"
  }
}

extension ObjectSchema {
  /// Integers of built-in kinds are 32 bits wide, but for these.
  private static let wide: Set<String> = [
    "activeDeadlineSeconds", "deletionGracePeriodSeconds", "expirationSeconds", "fsGroup", "generation",
    "observedGeneration", "runAsGroup", "runAsUser", "supplementalGroups", "terminationGracePeriodSeconds",
    "tolerationSeconds",
  ]

  /// The Go type that holds the values of a field.
  fileprivate func goType(of path: String) -> String {
    switch facts.basic {
    case .string: "string"
    case .boolean: "bool"
    case .integer: Self.wide.contains(path.split(separator: ".").last.map(String.init) ?? "") ? "int64" : "int32"
    case .number: "float64"
    case .array: "[]" + (facts.items?.goType(of: path) ?? "interface {}")
    case .object where facts.definition != nil:
      (facts.definition ?? "").split(separator: ".").suffix(2).joined(separator: ".")
    case .object: "map[string]" + (facts.additional?.goType(of: path) ?? "interface {}")
    case nil: "interface {}"
    }
  }
}

extension JSONValue {
  /// Go's `%v` of decoded JSON.
  var goText: String {
    switch self {
    case .null: "<nil>"
    case .string(let text): text
    case .array(let elements): "[" + elements.map(\.goText).joined(separator: " ") + "]"
    case .object(let members):
      "map[" + members.sorted { $0.key < $1.key }.map { "\($0.key):\($0.value.goText)" }.joined(separator: " ") + "]"
    default: text
    }
  }

  fileprivate var goKind: String {
    switch self {
    case .object: "map"
    case .array: "slice"
    default: goType
    }
  }

  fileprivate var goType: String {
    switch self {
    case .null: "<nil>"
    case .bool: "bool"
    case .integer: "int64"
    case .number: "float64"
    case .string: "string"
    case .array: "[]interface {}"
    case .object: "map[string]interface {}"
    }
  }
}
