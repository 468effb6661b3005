package import KubernetesModel

extension ObjectSchema {
  /// Reads a schema as CustomResourceDefinitions write it. What is not known is kept in `source` and otherwise ignored.
  package static func parse(_ json: JSONValue) -> ObjectSchema {
    var facts = SchemaFacts(json["type"]?.string.flatMap(SchemaFacts.Basic.init(rawValue:)))
    facts.source = json
    facts.description = json["description"]?.string ?? ""
    facts.properties = (json["properties"]?.object ?? [:]).mapValues(parse)
    if let additional = json["additionalProperties"] {
      if additional.object != nil { facts.additional = parse(additional) }
      if additional.bool == true { facts.additional = .anything }
    }
    facts.items = json["items"].map(parse)
    facts.required = (json["required"]?.array ?? []).compactMap(\.string)
    facts.preservesUnknown = json["x-kubernetes-preserve-unknown-fields"]?.bool ?? false
    facts.isIntOrString = json["x-kubernetes-int-or-string"]?.bool ?? false
    facts.isNullable = json["nullable"]?.bool ?? false
    facts.isEmbeddedResource = json["x-kubernetes-embedded-resource"]?.bool ?? false
    facts.defaultValue = json["default"]
    facts.enumeration = json["enum"]?.array ?? []
    readBounds(json, into: &facts)
    facts.allOf = (json["allOf"]?.array ?? []).map(parse)
    facts.anyOf = (json["anyOf"]?.array ?? []).map(parse)
    facts.oneOf = (json["oneOf"]?.array ?? []).map(parse)
    facts.not = json["not"].map(parse)
    switch json["x-kubernetes-list-type"]?.string {
    case "set": facts.listType = .set
    case "map":
      facts.listType = .map(keys: (json["x-kubernetes-list-map-keys"]?.array ?? []).compactMap(\.string))
    default: facts.listType = .atomic
    }
    facts.isAtomicMap = json["x-kubernetes-map-type"]?.string == "atomic"
    return ObjectSchema(facts)
  }

  private static func readBounds(_ json: JSONValue, into facts: inout SchemaFacts) {
    facts.format = json["format"]?.string
    facts.pattern = json["pattern"]?.string
    facts.minimum = json["minimum"]?.double
    facts.maximum = json["maximum"]?.double
    facts.exclusiveMinimum = json["exclusiveMinimum"]?.bool ?? false
    facts.exclusiveMaximum = json["exclusiveMaximum"]?.bool ?? false
    facts.multipleOf = json["multipleOf"]?.double
    facts.minimumLength = json["minLength"]?.integer
    facts.maximumLength = json["maxLength"]?.integer
    facts.minimumItems = json["minItems"]?.integer
    facts.maximumItems = json["maxItems"]?.integer
    facts.uniqueItems = json["uniqueItems"]?.bool ?? false
    facts.minimumProperties = json["minProperties"]?.integer
    facts.maximumProperties = json["maxProperties"]?.integer
  }
}
