import KubernetesModel
import Schema
import Synchronization

/// Writes values by a schema: every field now and then, nearly always as the schema allows.
struct SchemaGrammar {
  var draw: Draw

  private static let plausible = [
    "income", "age", "v1", "v2", "5m", "6h", "30d", "0s", "0 2 * * 0", "*/5 * * * *", "UTC", "Europe/Zurich", "10Gi",
    "500m",
    "2", "http://prometheus.monitoring:9090", "https://hooks.example.org/x", "file:///data/adult.csv",
    "s3://bucket/a.csv",
    "SELECT * FROM rows", "sha256:" + String(repeating: "0a", count: 32), "2026-11-25T12:00:00Z",
    "2026-11-25T12:00:00.000001Z", ">50K", "accuracy", "a@example.org", "example.org:587", "smtp://example.org:587",
    "0.5",
    "TrainingFailed", "income-train-1", "50%", "token", "A_B",
  ]
  private static let fitting = Mutex<[String: [String]]>([:])

  mutating func value(_ schema: Schema, depth: Int = 0) -> JSONValue {
    if draw.once(in: 150) { return OddValue.any(&draw) }
    switch schema.kind {
    case .object(let properties):
      var members: [String: JSONValue] = [:]
      for property in properties where property.isRequired || draw.once(in: depth < 2 ? 3 : 4) {
        members[property.name] = value(property.schema, depth: depth + 1)
      }
      return .object(members)
    case .anyObject: return draw.once(in: 3) ? ["spec": ["a": OddValue.any(&draw)]] : [:]
    case .boolean: return .bool(draw.once(in: 2))
    case .integerOrString: return draw.once(in: 2) ? OddValue.number(&draw) : .string(text(schema))
    case .string(let bounds):
      if !bounds.values.isEmpty { return .string(draw.pick(bounds.values)) }
      return .string(text(schema))
    case .integer(let minimum, let maximum):
      let bounds = [minimum, maximum].compactMap(\.self)
      let number = bounds.isEmpty || draw.once(in: 2) ? draw.pick([1, 2, 3, 10]) : draw.pick(bounds)
      return .integer(Int64(min(max(number, minimum ?? number), maximum ?? number)))
    case .number(let bounds):
      let number = draw.pick([bounds.minimum, bounds.maximum, 0.5, 0.9, 0.01].compactMap(\.self))
      return .number(number)
    case .list(let bounds, let element):
      let count = max(bounds.minimum, min(bounds.maximum, draw.once(in: 40) ? 200 : draw.below(4)))
      return .array((0..<count).map { _ in value(element, depth: depth + 1) })
    case .map(let maximum, let element):
      let names = (0..<min(maximum, draw.below(3))).map { _ in draw.pick(Self.plausible) }
      return .object(Dictionary(names.map { ($0, value(element, depth: depth + 1)) }, uniquingKeysWith: { $1 }))
    }
  }

  private mutating func text(_ schema: Schema) -> String {
    guard case .string(let bounds) = schema.kind else { return draw.pick(Self.plausible) }
    // What the schema allows and nobody expects.
    if bounds.pattern == nil, bounds.format == nil, draw.once(in: 12) {
      return String(OddValue.text(&draw).unicodeScalars.prefix(max(bounds.maximum, 1)).map(Character.init))
    }
    let key = "\(bounds.pattern ?? "") \(bounds.format ?? "") \(bounds.maximum) \(bounds.minimum)"
    let known = Self.fitting.withLock { $0[key] }
    let fitting = known ?? Self.plausible.filter { schema.problems(in: .string($0)).isEmpty }
    if known == nil { Self.fitting.withLock { $0[key] = fitting } }
    return fitting.isEmpty ? draw.pick(Self.plausible) : draw.pick(fitting)
  }
}
