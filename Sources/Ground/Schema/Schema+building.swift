package import JSON

/// The words in which types describe themselves. Texts, lists and maps always have an upper bound: without one the API
/// server estimates the cost of rules as unbounded and refuses them.
extension Schema {
  package static func string(
    _ description: String, minimum: Int = 0, maximum: Int = 253, pattern: String? = nil, form: String? = nil,
    default value: String? = nil
  ) -> Schema {
    let bounds = StringBounds(minimum: minimum, maximum: maximum, pattern: pattern, form: form)
    return Schema(.string(bounds), description).with(default: value.map(JSONValue.string))
  }

  package static func integer(
    _ description: String, minimum: Int? = nil, maximum: Int? = nil, default value: Int? = nil
  ) -> Schema {
    Schema(.integer(minimum: minimum, maximum: maximum), description)
      .with(default: value.map { .integer(Int64($0)) })
  }

  package static func number(
    _ description: String, minimum: Double? = nil, maximum: Double? = nil, above: Double? = nil, below: Double? = nil,
    default value: Double? = nil
  ) -> Schema {
    let bounds = NumberBounds(
      minimum: above ?? minimum, maximum: below ?? maximum, excludesMinimum: above != nil, excludesMaximum: below != nil
    )
    return Schema(.number(bounds), description).with(default: value.map(JSONValue.shortest))
  }

  /// A number in 0…1.
  package static func share(_ description: String, default value: Double? = nil) -> Schema {
    number(description, minimum: 0, maximum: 1, default: value)
  }

  package static func boolean(_ description: String, default value: Bool? = nil) -> Schema {
    Schema(.boolean, description).with(default: value.map(JSONValue.bool))
  }

  package static func enumeration<Value: CaseIterable & RawRepresentable<String>>(
    _ type: Value.Type, _ description: String, default value: Value? = nil
  ) -> Schema {
    choice(of: type.allCases.map(\.rawValue), description, default: value?.rawValue)
  }

  /// One of some texts.
  package static func choice(of values: [String], _ description: String, default value: String? = nil) -> Schema {
    Schema(.string(StringBounds(maximum: 0, values: values)), description)
      .with(default: value.map(JSONValue.string))
  }

  /// A length of time such as `90d`.
  package static func timeSpan(_ description: String, default value: String? = nil) -> Schema {
    string(
      description, minimum: 2, maximum: 32, pattern: "^([0-9]+(\\.[0-9]+)?(ms|s|m|h|d|w))+$",
      form: "a length of time such as 200ms, 30s, 10m, 6h or 90d", default: value)
  }

  package static func timestamp(_ description: String) -> Schema {
    Schema(.string(StringBounds(maximum: 0, format: "date-time")), description)
  }

  /// The name of an object (RFC 1123 subdomain).
  package static func objectName(_ description: String, maximum: Int = 253) -> Schema {
    string(
      description, minimum: 1, maximum: maximum, pattern: "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
      form: "a name of lower-case letters, digits, '-' and '.'")
  }

  /// A value of a label or category: people may leave out the quotes of a whole number.
  package static func integerOrString(_ description: String) -> Schema {
    Schema(.integerOrString, description)
  }

  package static func list(
    _ description: String, of element: Schema, minimum: Int = 0, maximum: Int, type: ListType = .atomic
  ) -> Schema {
    Schema(.list(ListBounds(minimum: minimum, maximum: maximum, type: type), of: element), description)
  }

  package static func map(_ description: String, of value: Schema, maximum: Int) -> Schema {
    Schema(.map(maximum: maximum, of: value), description)
  }

  package static func object(_ description: String, _ properties: [Property], rules: [Rule] = []) -> Schema {
    var schema = Schema(.object(properties), description)
    schema.rules = rules
    return schema
  }

  package static func anyObject(_ description: String) -> Schema {
    Schema(.anyObject, description)
  }

  package func with(default value: JSONValue?) -> Schema {
    var copy = self
    copy.defaultValue = value
    return copy
  }

  /// A default that is filled in on decoding only.
  package func implying(_ value: JSONValue) -> Schema {
    var copy = self
    copy.impliedValue = value
    return copy
  }

  /// Without defaults of its own, for a place where an absent object means "none".
  package var nullable: Schema {
    var copy = self
    copy.isNullable = true
    return copy
  }

  package func described(_ description: String) -> Schema {
    var copy = self
    copy.description = description
    return copy
  }

  package func with(rules: [Rule]) -> Schema {
    var copy = self
    copy.rules += rules
    return copy
  }
}

extension Schema.Property {
  package static func required(_ name: String, _ schema: Schema) -> Self {
    Self(name: name, schema: schema, isRequired: true)
  }

  package static func optional(_ name: String, aliases: [String] = [], _ schema: Schema) -> Self {
    Self(name: name, schema: schema, isRequired: false, aliases: aliases)
  }
}
