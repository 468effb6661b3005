import Engine
import Tabular
import WorkerContract

/// What a request's features may be, as the OpenAPI document says it: by the rules of `FeatureReader`.
enum FeatureDescription {
  static func object(of version: LoadedVersion) -> JSONDocument {
    let schema = version.pipeline.schema
    let missing = schema.missing ?? ValueReading.missing
    return [
      "type": "object",
      "properties": .object(schema.features.map { .init(name: $0.name, value: document(of: $0, missing)) }),
      "required": .list(schema.features.filter { !$0.nullable }.map { .string($0.name) }),
      "additionalProperties": false,
    ]
  }

  /// Bounds and categories are a rule only where others are refused; else they are described.
  private static func document(of feature: FeatureSchema.Feature, _ missing: [String]) -> JSONDocument {
    feature.type == .numeric ? number(feature, missing) : category(feature, missing)
  }

  /// What JSON can say for a level: its text, and a number or truth value where the text is one.
  static func spellings(of level: String) -> [JSONDocument] {
    if let flag = Bool(level) { return [.string(level), .bool(flag)] }
    if let number = Int(level), String(number) == level { return [.string(level), .integer(number)] }
    return [.string(level)]
  }

  /// What stands for a missing value, besides leaving the feature out.
  private static func missingValues(_ missing: [String]) -> [JSONDocument] {
    [.null, ""] + missing.map(JSONDocument.string)
  }

  private static func others(_ feature: FeatureSchema.Feature) -> String {
    feature.onUnknown == .impute ? "others count as missing" : "others are predicted and counted"
  }

  private static func number(_ feature: FeatureSchema.Feature, _ missing: [String]) -> JSONDocument {
    // The model computes in single precision.
    let largest = Double(Float.greatestFiniteMagnitude)
    let isRule = feature.onUnknown == .reject
    var number: JSONDocument = [
      "type": "number", "minimum": .number(isRule ? feature.minimum ?? -largest : -largest),
      "maximum": .number(isRule ? feature.maximum ?? largest : largest),
    ]
    let words = missing.compactMap { Double($0) }.filter(\.isFinite)
    if !feature.nullable, !words.isEmpty {
      number = number.with("not", ["enum": .list(words.map(JSONDocument.number))])
    }
    let document: JSONDocument =
      feature.nullable ? ["anyOf": [number, ["enum": .list(missingValues(missing))]]] : number
    guard !isRule else { return document }
    let bounds = [feature.minimum.map { "from \($0)" }, feature.maximum.map { "to \($0)" }].compactMap { $0 }
    return document.with(
      "description", bounds.isEmpty ? nil : "Expected \(bounds.joined(separator: " ")); \(others(feature)).")
  }

  private static func category(_ feature: FeatureSchema.Feature, _ missing: [String]) -> JSONDocument {
    let missing = missing.filter { !feature.categories.contains($0) }
    let known = feature.categories.flatMap(spellings)
    guard feature.onUnknown != .reject else {
      return ["enum": .list(known + (feature.nullable ? missingValues(missing) : []))]
    }
    // Blank texts, too, mean a missing value.
    let text: JSONDocument =
      feature.nullable
      ? ["type": ["string", "null"]]
      : ["type": "string", "pattern": #"[^ \t]"#, "not": ["enum": .list(missing.map(JSONDocument.string))]]
    let scalars = known.filter { if case .string = $0 { false } else { true } }
    let document: JSONDocument = scalars.isEmpty ? text : ["anyOf": [text, ["enum": .list(scalars)]]]
    return document.with("examples", .list(feature.categories.map(JSONDocument.string)))
      .with("description", .string("The known categories; \(others(feature))."))
  }
}
