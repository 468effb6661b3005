import KubernetesModel

/// The shapes of the built-in types, from compact tables. Notation, one type or field a line:
///
///     # core.v1.Container [atomic] | description
///     name[#number][!] TYPE [attribute …] | description
///
/// `#number` the field's number in protobuf messages (`#2.1`: inside the nested message 2), `!` required. TYPE: `string`, `string/FORMAT`, `integer`, `number`, `boolean`, `quantity`, `int-or-string`, `any`
/// (kept as it is), `[T]` a list, `{T}` a map, or a type's name. Attributes: `map=a,b` and `set` (list types), `atomic`,
/// `merge=key`, `mergeset`, `retain` (strategic merge), `enum=a,b`, `port` (1 to 65535), `default=JSON`.
enum SchemaTable {
  static let schemas: [String: ObjectSchema] = {
    var resolution = Resolution(lines: definitionLines)
    for name in definitionLines.keys { _ = resolution.schema(named: name) }
    return resolution.resolved
  }()

  /// The shape of a built-in type; anything goes where the tables lack it.
  static func schema(_ name: String) -> ObjectSchema { schemas[name] ?? .anything }

  /// By the name of the published document.
  static let definitions = Dictionary(
    schemas.values.compactMap { schema in schema.definition.map { ($0, schema) } },
    uniquingKeysWith: { first, _ in first })

  private static let definitionLines: [String: [Substring]] = {
    var definitions: [String: [Substring]] = [:]
    var current = ""
    for table in [core, pods, workloads, policy] {
      for line in table.split(separator: "\n") {
        if line.hasPrefix("# ") {
          let header = line.dropFirst(2)
          current = String(header.prefix { $0 != " " })
          definitions[current] = [header]
        } else {
          definitions[current]?.append(line)
        }
      }
    }
    return definitions
  }()

  /// `core.v1.Container` as the published documents name it.
  static func definitionName(_ name: String) -> String {
    if name.hasPrefix("meta.v1.") { return "io.k8s.apimachinery.pkg.apis." + name }
    if name.hasPrefix("apiextensions.") { return "io.k8s.apiextensions-apiserver.pkg.apis." + name }
    return "io.k8s.api." + name
  }
}

/// Turns the lines into schemas; the tables have no type that contains itself.
private struct Resolution {
  let lines: [String: [Substring]]
  var resolved: [String: ObjectSchema] = [:]

  mutating func schema(named name: String) -> ObjectSchema {
    if let known = resolved[name] { return known }
    guard let definition = lines[name], let header = definition.first else { return .anything }
    var facts = SchemaFacts(.object)
    let (head, description) = Self.halves(header)
    facts.description = description
    facts.isAtomicMap = head.split(separator: " ").contains("atomic")
    facts.definition = SchemaTable.definitionName(name)
    for line in definition.dropFirst() {
      let (head, description) = Self.halves(line)
      let words = head.split(separator: " ")
      guard words.count >= 2 else { continue }
      let isRequired = words[0].hasSuffix("!")
      let parts = (isRequired ? words[0].dropLast() : words[0]).split(separator: "#")
      let field = String(parts[0])
      if isRequired { facts.required.append(field) }
      let number = parts.count > 1 ? parts[1].split(separator: ".").compactMap { Int($0) } : []
      facts.properties[field] = self.field(type: words[1], attributes: words.dropFirst(2), description)
        .with { $0.protobufNumber = number }
    }
    let schema = ObjectSchema(facts)
    resolved[name] = schema
    return schema
  }

  private static func halves(_ line: Substring) -> (Substring, String) {
    guard let bar = line.firstIndex(of: "|") else { return (line, "") }
    return (line[..<bar], String(line[line.index(after: bar)...].drop { $0 == " " }))
  }

  private mutating func field(type: Substring, attributes: ArraySlice<Substring>, _ description: String) -> ObjectSchema
  {
    let base = self.type(type)
    return base.with { facts in
      if !description.isEmpty { facts.description = description }
      for attribute in attributes { Self.add(attribute, to: &facts) }
    }
  }

  private static func add(_ attribute: Substring, to facts: inout SchemaFacts) {
    let parts = attribute.split(separator: "=", maxSplits: 1)
    let value = parts.count == 2 ? String(parts[1]) : ""
    switch parts[0] {
    case "map": facts.listType = .map(keys: value.split(separator: ",").map(String.init))
    case "set": facts.listType = .set
    case "atomic": facts.isAtomicMap = true
    case "merge":
      facts.listMerge = .by(key: value)
      if facts.listType == .atomic { facts.listType = .map(keys: [value]) }
    case "mergeset":
      facts.listMerge = .byValue
      facts.listType = .set
    case "enum": facts.enumeration = value.split(separator: ",").map { .string(String($0)) }
    case "port":
      facts.minimum = 1
      facts.maximum = 65_535
    case "default": facts.defaultValue = try? JSONValue(parsing: value)
    default: break
    }
  }

  private mutating func type(_ name: Substring) -> ObjectSchema {
    if name.hasPrefix("["), name.hasSuffix("]") {
      var facts = SchemaFacts(.array)
      facts.items = type(name.dropFirst().dropLast())
      return ObjectSchema(facts)
    }
    if name.hasPrefix("{"), name.hasSuffix("}") {
      var facts = SchemaFacts(.object)
      facts.additional = type(name.dropFirst().dropLast())
      return ObjectSchema(facts)
    }
    if name.hasPrefix("string/") {
      var facts = SchemaFacts(.string)
      facts.format = String(name.dropFirst("string/".count))
      return ObjectSchema(facts)
    }
    switch name {
    case "any": return .anything
    case "int-or-string":
      var facts = SchemaFacts()
      facts.isIntOrString = true
      return ObjectSchema(facts)
    case "quantity":
      var facts = SchemaFacts()
      facts.definition = "io.k8s.apimachinery.pkg.api.resource.Quantity"
      facts.preservesUnknown = true
      return ObjectSchema(facts)
    default:
      if let basic = SchemaFacts.Basic(rawValue: String(name)) { return ObjectSchema(SchemaFacts(basic)) }
      return schema(named: String(name))
    }
  }
}
