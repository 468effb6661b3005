package import KubernetesModel

/// The shape of a value: a structural schema as CustomResourceDefinitions have it. Built-in types use the same form, so
/// that validation, defaults, pruning, merging, field ownership and OpenAPI each exist once.
package struct SchemaFacts: Sendable {
  package enum Basic: String, Sendable { case object, array, string, integer, number, boolean }

  /// How a list's elements are told apart (`x-kubernetes-list-type`).
  package enum ListType: Sendable, Equatable {
    case atomic
    case set
    case map(keys: [String])
  }

  /// What strategic merge does with a list (`x-kubernetes-patch-strategy`, `-merge-key`).
  package enum ListMerge: Sendable, Equatable {
    case replace
    case byValue
    case by(key: String)
  }

  /// nil: any type.
  package var basic: Basic?
  package var description = ""
  package var properties: [String: Schema] = [:]
  /// The shape of values under keys that `properties` does not name.
  package var additional: Schema?
  package var items: Schema?
  package var required: [String] = []
  /// Unknown keys are kept (`x-kubernetes-preserve-unknown-fields`).
  package var preservesUnknown = false
  package var isIntOrString = false
  package var isNullable = false
  package var isEmbeddedResource = false
  package var defaultValue: JSONValue?
  package var enumeration: [JSONValue] = []
  package var format: String?
  package var pattern: String?
  package var minimum: Double?
  package var maximum: Double?
  package var exclusiveMinimum = false
  package var exclusiveMaximum = false
  package var multipleOf: Double?
  package var minimumLength: Int?
  package var maximumLength: Int?
  package var minimumItems: Int?
  package var maximumItems: Int?
  package var uniqueItems = false
  package var minimumProperties: Int?
  package var maximumProperties: Int?
  package var allOf: [Schema] = []
  package var anyOf: [Schema] = []
  package var oneOf: [Schema] = []
  package var not: Schema?
  package var listType = ListType.atomic
  package var isAtomicMap = false
  package var listMerge = ListMerge.replace
  /// The OpenAPI definition this is, for built-in types: `io.k8s.api.core.v1.Container`.
  package var definition: String?
  /// The member's place in protobuf messages: its number, or the numbers down to it; empty: it has none.
  package var protobufNumber: [Int] = []
  /// The text it came from, with what is stored but not interpreted (CEL rules); nil for built-in types.
  package var source: JSONValue?

  package init(_ basic: Basic? = nil) { self.basic = basic }
}

/// An immutable, shareable schema node.
@dynamicMemberLookup
package final class Schema: Sendable {
  package let facts: SchemaFacts

  package init(_ facts: SchemaFacts) { self.facts = facts }

  package subscript<Value>(dynamicMember path: any KeyPath<SchemaFacts, Value> & Sendable) -> Value {
    facts[keyPath: path]
  }

  /// Accepts everything, keeps everything.
  package static let anything: Schema = {
    var facts = SchemaFacts()
    facts.preservesUnknown = true
    return Schema(facts)
  }()

  /// The shape of a member; nil: unknown key.
  func child(_ key: String) -> Schema? {
    facts.properties[key] ?? facts.additional ?? (facts.preservesUnknown ? .anything : nil)
  }

  /// A copy with changes.
  func with(_ change: (inout SchemaFacts) -> Void) -> Schema {
    var copy = facts
    change(&copy)
    return Schema(copy)
  }
}
