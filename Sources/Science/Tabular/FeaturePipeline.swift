package import WorkerContract

/// What turns feature values into a model's numbers; fitted once on the training rows, saved with the model, and used
/// unchanged in evaluation and serving.
///
/// A numeric feature becomes one number, NaN where missing. A categorical feature becomes one number per learned category
/// (sorted), 1 for the value's own and 0 else, and, where the feature is nullable, one more that is 1 for a missing
/// value; an unseen category is all zeros, and so is a missing value of a feature that may not be missing.
package struct FeaturePipeline: Sendable {
  /// The schema it was fitted for, with `categories` filled in.
  package let schema: FeatureSchema
  /// Name of each encoded number: `age`, `workclass=Private`, `workclass is missing`.
  package let encodedNames: [String]
  package let slots: [Slot]
  private let featureIndex: LevelIndex
  /// Names with letters beyond ASCII, which may come in another Unicode form; compared as `String` compares them.
  private let wideNames: [String: Int]
  private let levels: [ValueIndex]
  private let missing: [MissingTexts]

  /// Where a feature's numbers are.
  package enum Slot: Sendable, Equatable {
    case numeric(offset: Int)
    /// `levels` numbers from `offset` on; then the one of missing values, where there is one.
    case categorical(offset: Int, levels: Int, missing: Int?)

    package var offset: Int {
      switch self {
      case .numeric(let offset), .categorical(let offset, _, _): offset
      }
    }
  }

  package enum FittingError: Error, Equatable, Sendable, CustomStringConvertible {
    case columnMissing(String)
    case wrongType(String)
    case noFeatures
    case duplicateFeature(String)

    package var description: String {
      switch self {
      case .duplicateFeature(let name): "spec.schema.features names '\(name)' twice: take one of them out"
      case .columnMissing(let name): "the feature pipeline needs column \(name), which the table does not have"
      case .wrongType(let name): "column \(name) of the table has another type than spec.schema says"
      case .noFeatures: "spec.schema.features names no feature: add at least one"
      }
    }
  }

  /// Learns the categories that the schema leaves open: those that occur in `table`, sorted.
  package init(fitting table: Table, schema: FeatureSchema) throws(FittingError) {
    guard !schema.features.isEmpty else { throw .noFeatures }
    var names: Set<String> = []
    for feature in schema.features where !names.insert(feature.name).inserted {
      throw .duplicateFeature(feature.name)
    }
    var learned = schema
    for (position, feature) in schema.features.enumerated() {
      switch (feature.type, table[feature.name]) {
      case (_, nil): throw .columnMissing(feature.name)
      case (.numeric, .numeric): break
      case (.categorical, .categorical(let codes, let levels)):
        guard feature.categories.isEmpty else { break }
        var occurs = [Bool](repeating: false, count: levels.count)
        for code in codes where code >= 0 { occurs[Int(code)] = true }
        learned.features[position].categories = levels.indices.filter { occurs[$0] }.map { levels[$0] }.sorted()
      default: throw .wrongType(feature.name)
      }
    }
    self.init(learned: learned)
  }

  /// From a schema whose categories are complete; of a category that is listed twice the first counts.
  package init(learned: FeatureSchema) {
    var schema = learned
    for position in schema.features.indices {
      schema.features[position].categories = LevelIndex(schema.features[position].categories).levels
    }
    var names: [String] = []
    var slots: [Slot] = []
    for feature in schema.features {
      let offset = names.count
      switch feature.type {
      case .numeric:
        names.append(feature.name)
        slots.append(.numeric(offset: offset))
      case .categorical:
        names += feature.categories.map { "\(feature.name)=\($0)" }
        let missing = feature.nullable ? names.count : nil
        if feature.nullable { names.append("\(feature.name) is missing") }
        slots.append(.categorical(offset: offset, levels: feature.categories.count, missing: missing))
      }
    }
    self.schema = schema
    self.encodedNames = names
    self.slots = slots
    self.featureIndex = LevelIndex(schema.features.map(\.name))
    self.wideNames = Dictionary(
      schema.features.enumerated().filter { !$1.name.utf8.allSatisfy { $0 < 0x80 } }.map { ($1.name, $0) },
      uniquingKeysWith: { first, _ in first })
    self.levels = schema.features.map { ValueIndex($0.categories) }
    self.missing = schema.features.map { MissingTexts(learned.missing, besides: $0.categories) }
  }

  /// Numbers per row.
  package var width: Int { encodedNames.count }

  /// The position of the feature of this name, or -1. Allocates nothing.
  package func feature(named name: UnsafeBufferPointer<UInt8>) -> Int {
    let code = Int(featureIndex.code(of: name))
    guard code < 0, !wideNames.isEmpty else { return code }
    return wideNames[String(decoding: name, as: UTF8.self)] ?? -1
  }

  package func feature(named name: String) -> Int {
    var name = name
    return name.withUTF8 { feature(named: $0) }
  }

  /// The category of this text: `.missing` where it means no value, `.unseen` where training did not have it. Allocates
  /// nothing where the text is written as in training.
  package func category(_ text: UnsafeBufferPointer<UInt8>, ofFeature feature: Int) -> FeatureValue {
    let code = levels[feature].code(of: text)
    if code >= 0 { return .category(code) }
    return missing[feature].contains(text) ? .missing : .unseen
  }

  package func category(_ text: String, ofFeature feature: Int) -> FeatureValue {
    var text = text
    return text.withUTF8 { category($0, ofFeature: feature) }
  }

  /// Whether the text means no value of the feature.
  package func isMissing(_ text: UnsafeBufferPointer<UInt8>, ofFeature feature: Int) -> Bool {
    missing[feature].contains(text)
  }

  /// Whether some numbers mean no value of the feature.
  package func hasMissingNumbers(ofFeature feature: Int) -> Bool { missing[feature].hasNumbers }

  package func isMissing(_ number: Double, ofFeature feature: Int) -> Bool { missing[feature].contains(number) }

  /// Where each encoded number comes from: the feature's position, by encoded position.
  package var sources: [Int] {
    var sources: [Int] = []
    for (feature, slot) in slots.enumerated() {
      switch slot {
      case .numeric: sources.append(feature)
      case .categorical(_, let levels, let missing):
        sources += Array(repeating: feature, count: levels + (missing == nil ? 0 : 1))
      }
    }
    return sources
  }
}

extension FeaturePipeline: Equatable {
  package static func == (left: Self, right: Self) -> Bool { left.schema == right.schema }
}

/// Only the learned schema is written: everything else follows from it.
extension FeaturePipeline: Codable {
  private enum Key: String, CodingKey {
    case format, schema
  }

  private static let format = "apus.dev/pipeline/v1"

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let format = try container.decode(String.self, forKey: .format)
    guard format == Self.format else {
      throw DecodingError.dataCorruptedError(
        forKey: .format, in: container, debugDescription: "pipeline format '\(format)' is not \(Self.format)")
    }
    let schema = try container.decode(FeatureSchema.self, forKey: .schema)
    if let problem = schema.pipelineProblem {
      throw DecodingError.dataCorruptedError(forKey: .schema, in: container, debugDescription: problem)
    }
    self.init(learned: schema)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encode(Self.format, forKey: .format)
    try container.encode(schema, forKey: .schema)
  }
}
