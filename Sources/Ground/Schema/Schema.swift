package import JSON

/// A structural schema, in the sense of Kubernetes' CustomResourceDefinitions. It stands next to the type it describes and is
/// the one source of what is published, of the defaults, of structural validation and of the reference documentation.
package struct Schema: Sendable, Equatable {
  package var kind: Kind
  package var description: String
  /// Published in the CRD: the API server fills it in.
  package var defaultValue: JSONValue?
  /// Not published, filled in when an object is decoded: for unions, where a stored default would collide with the
  /// member that a later apply sets, and for status, which only the operator writes.
  package var impliedValue: JSONValue?
  /// Whether null is a value that people write for "none"; it is then stored. No rule may look at such a field: what CEL
  /// makes of a null differs between versions.
  package var isNullable = false
  package var rules: [Rule] = []

  package indirect enum Kind: Sendable, Equatable {
    case string(StringBounds)
    case integer(minimum: Int?, maximum: Int?)
    case number(NumberBounds)
    case boolean
    /// A whole number or a text; decoded as text.
    case integerOrString
    case list(ListBounds, of: Schema)
    case map(maximum: Int, of: Schema)
    case object([Property])
    /// Any object; nothing in it is pruned or checked.
    case anyObject
  }

  package struct StringBounds: Sendable, Equatable {
    package var minimum = 0
    package var maximum: Int
    package var pattern: String?
    /// What the pattern means, for people.
    package var form: String?
    package var format: String?
    package var values: [String] = []
  }

  package struct NumberBounds: Sendable, Equatable {
    package var minimum: Double?
    package var maximum: Double?
    package var excludesMinimum = false
    package var excludesMaximum = false
  }

  package struct ListBounds: Sendable, Equatable {
    package var minimum = 0
    package var maximum: Int
    package var type = ListType.atomic
  }

  /// How server-side apply merges a list.
  package enum ListType: Sendable, Equatable {
    case atomic
    case set
    case map(keys: [String])
  }

  package struct Property: Sendable, Equatable {
    package let name: String
    package let schema: Schema
    package let isRequired: Bool
    /// Other keys that people may write for it; an optional property without a published default.
    package let aliases: [String]
    /// What decoding takes where it is absent, made once: most documents state little of what may be said.
    let whereAbsent: JSONValue?

    init(name: String, schema: Schema, isRequired: Bool, aliases: [String] = []) {
      self.name = name
      self.schema = schema
      self.isRequired = isRequired
      self.aliases = aliases
      whereAbsent = (schema.defaultValue ?? schema.impliedValue).map { schema.filled($0) }
    }
  }

  /// A rule in the Common Expression Language (`x-kubernetes-validations`).
  package struct Rule: Sendable, Equatable {
    package var expression: String
    package var message: String
    /// The field to blame, relative to the schema that has the rule: `.minimum`.
    package var fieldPath: String?

    package init(_ expression: String, _ message: String, fieldPath: String? = nil) {
      self.expression = expression
      self.message = message
      self.fieldPath = fieldPath
    }

    /// Exactly one of the fields is there.
    package static func exactlyOne(of fields: [String], _ message: String) -> Rule {
      let present = fields.map { "has(self.\($0))" }.joined(separator: ", ")
      return Rule("[\(present)].filter(x, x).size() == 1", message)
    }
  }

  package init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// The properties of an object, empty for other kinds.
  package var properties: [Property] {
    guard case .object(let properties) = kind else { return [] }
    return properties
  }

  package subscript(property name: String) -> Schema? {
    properties.first { $0.name == name }?.schema
  }
}

/// A type that says what its JSON looks like.
package protocol SchemaDescribed {
  static var schema: Schema { get }
}
