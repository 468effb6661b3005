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
  package var properties: [String: ObjectSchema] = [:]
  /// The shape of values under keys that `properties` does not name.
  package var additional: ObjectSchema?
  package var items: ObjectSchema?
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
  package var allOf: [ObjectSchema] = []
  package var anyOf: [ObjectSchema] = []
  package var oneOf: [ObjectSchema] = []
  package var not: ObjectSchema?
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
package final class ObjectSchema: Sendable {
  package let facts: SchemaFacts

  package init(_ facts: SchemaFacts) { self.facts = facts }

  package subscript<Value>(dynamicMember path: any KeyPath<SchemaFacts, Value> & Sendable) -> Value {
    facts[keyPath: path]
  }

  /// Accepts everything, keeps everything.
  package static let anything: ObjectSchema = {
    var facts = SchemaFacts()
    facts.preservesUnknown = true
    return ObjectSchema(facts)
  }()

  /// The shape of a member; nil: unknown key.
  func child(_ key: String) -> ObjectSchema? {
    facts.properties[key] ?? facts.additional ?? (facts.preservesUnknown ? .anything : nil)
  }

  /// A copy with changes.
  func with(_ change: (inout SchemaFacts) -> Void) -> ObjectSchema {
    var copy = facts
    change(&copy)
    return ObjectSchema(copy)
  }
}
