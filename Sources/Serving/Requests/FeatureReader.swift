import Tabular
import WorkerContract

/// Reads the features of a request by one version's schema, in place: names and categories are looked up by their bytes.
struct FeatureReader: Sendable {
  let pipeline: FeaturePipeline
  /// Positions of the features that may not be missing.
  private let required: [Int]

  init(pipeline: FeaturePipeline) {
    self.pipeline = pipeline
    required = pipeline.schema.features.indices.filter { !pipeline.schema.features[$0].nullable }
  }

  var count: Int { pipeline.schema.features.count }

  /// What was noticed about a feature's value that does not make the request wrong; counted in the metrics.
  struct Oddity: Equatable {
    let feature: Int
    let kind: Kind

    enum Kind: Equatable {
      case missing, unseenCategory, outOfRange
    }
  }

  /// What is found besides the values.
  struct Findings {
    var problems: [FieldProblem] = []
    var oddities: [Oddity] = []
    /// Whether any name or text has escapes: the bytes then need rewriting before they are stored.
    var hasEscapes = false
  }

  /// Reads the object in `range`.
  /// - Parameters:
  ///   - values: One place per feature, in the schema's order; all are written.
  ///   - given: As many places, for the reader's own use.
  func read(
    _ bytes: UnsafeBufferPointer<UInt8>, range: Range<Int>, into values: UnsafeMutableBufferPointer<FeatureValue>,
    given: UnsafeMutableBufferPointer<Bool>
  ) throws(JSONProblem) -> Findings {
    values.update(repeating: .missing)
    given.update(repeating: false)
    var findings = Findings()
    var scanner = JSONScanner(bytes, range: range)
    var more = try scanner.open(UInt8(ascii: "{"))
    while more {
      let name = try scanner.name()
      let position = feature(name, in: scanner)
      if name.hasEscapes { findings.hasEscapes = true }
      if position < 0 {
        let name = scanner.string(name)
        findings.problems.append(FieldProblem(name, .unknown, "The model has no feature '\(name)'."))
        try scanner.skip(depth: 2)
      } else if given[position] {
        let name = pipeline.schema.features[position].name
        findings.problems.append(FieldProblem(name, .repeated, "'\(name)' is given more than once."))
        try scanner.skip(depth: 2)
      } else {
        given[position] = true
        values[position] = try value(of: position, &scanner, &findings)
      }
      more = try scanner.next(in: UInt8(ascii: "{"))
    }
    noteAbsent(given: given, &findings)
    return findings
  }

  private func feature(_ name: JSONScanner.Text, in scanner: JSONScanner) -> Int {
    if name.hasEscapes { return pipeline.feature(named: scanner.string(name)) }
    return pipeline.feature(named: UnsafeBufferPointer(rebasing: scanner.bytes[name.range]))
  }

  private func noteAbsent(given: UnsafeMutableBufferPointer<Bool>, _ findings: inout Findings) {
    for position in required where !given[position] {
      let name = pipeline.schema.features[position].name
      findings.problems.append(FieldProblem(name, .missing, "'\(name)' must be given."))
    }
    for position in 0..<count where !given[position] && pipeline.schema.features[position].nullable {
      findings.oddities.append(Oddity(feature: position, kind: .missing))
    }
  }

  private func value(
    of position: Int, _ scanner: inout JSONScanner, _ findings: inout Findings
  ) throws(JSONProblem) -> FeatureValue {
    let kind = try scanner.kind()
    let feature = pipeline.schema.features[position]
    if kind == .null {
      try scanner.null()
      return noteNull(position, feature, &findings)
    }
    switch feature.type {
    case .numeric: return try number(kind, position, feature, &scanner, &findings)
    case .categorical: return try category(kind, position, feature, &scanner, &findings)
    }
  }

  /// An empty text means null too, as an empty cell does in training.
  private func noteNull(
    _ position: Int, _ feature: FeatureSchema.Feature, _ findings: inout Findings
  ) -> FeatureValue {
    if feature.nullable {
      findings.oddities.append(Oddity(feature: position, kind: .missing))
    } else {
      findings.problems.append(FieldProblem(feature.name, .null, "'\(feature.name)' may not be null or empty."))
    }
    return .missing
  }

  private func number(
    _ kind: JSONScanner.Kind, _ position: Int, _ feature: FeatureSchema.Feature, _ scanner: inout JSONScanner,
    _ findings: inout Findings
  ) throws(JSONProblem) -> FeatureValue {
    guard kind == .number else {
      try scanner.skip(depth: 2)
      findings.problems.append(FieldProblem(feature.name, .wrongType, "'\(feature.name)' is a number."))
      return .missing
    }
    let token = try scanner.number()
    // A double beyond single precision would reach the model as an infinity.
    guard !token.isWord, let value = Tabular.number(in: UnsafeBufferPointer(rebasing: scanner.bytes[token.range])),
      Float(value).isFinite
    else {
      findings.problems.append(FieldProblem(feature.name, .notFinite, "'\(feature.name)' is not a finite number."))
      return .missing
    }
    if value >= feature.minimum ?? -.infinity, value <= feature.maximum ?? .infinity { return .number(value) }
    switch feature.onUnknown {
    case .reject:
      let limits = "\(feature.minimum.map(Self.readable) ?? "-∞") … \(feature.maximum.map(Self.readable) ?? "∞")"
      findings.problems.append(
        FieldProblem(feature.name, .outOfRange, "'\(feature.name)' is \(Self.readable(value)), outside of \(limits)."))
      return .missing
    case .impute:
      findings.oddities.append(Oddity(feature: position, kind: .outOfRange))
      return .missing
    case .warn:
      findings.oddities.append(Oddity(feature: position, kind: .outOfRange))
      return .number(value)
    }
  }

  private static func readable(_ value: Double) -> String { Int(exactly: value).map(String.init) ?? value.description }

  private static func isDecimal(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    bytes.last.map { (0x30...0x39).contains($0) } ?? false
  }

  /// A string; or a number or boolean whose text is one of the categories, as clients write `1` for the category "1".
  private func category(
    _ kind: JSONScanner.Kind, _ position: Int, _ feature: FeatureSchema.Feature, _ scanner: inout JSONScanner,
    _ findings: inout Findings
  ) throws(JSONProblem) -> FeatureValue {
    guard kind == .string else {
      let range = try scanner.skip(depth: 2)
      // A list, or a word that is no JSON, would make the stored features unreadable for checks.
      let isStorable = kind == .bool || kind == .number && Self.isDecimal(scanner.bytes[range])
      let value = pipeline.category(UnsafeBufferPointer(rebasing: scanner.bytes[range]), ofFeature: position)
      if isStorable, case .category = value { return value }
      findings.problems.append(FieldProblem(feature.name, .wrongType, "'\(feature.name)' is a string."))
      return .missing
    }
    let text = try scanner.text()
    if text.hasEscapes { findings.hasEscapes = true }
    if text.range.isEmpty { return noteNull(position, feature, &findings) }
    let value =
      text.hasEscapes
      ? pipeline.category(scanner.string(text), ofFeature: position)
      : pipeline.category(UnsafeBufferPointer(rebasing: scanner.bytes[text.range]), ofFeature: position)
    guard value == .unseen else { return value }
    switch feature.onUnknown {
    case .reject:
      let shown = scanner.string(text).prefix(64)
      findings.problems.append(
        FieldProblem(
          feature.name, .unseenCategory, "'\(feature.name)' has the value '\(shown)', which training did not see."))
      return .missing
    case .impute:
      findings.oddities.append(Oddity(feature: position, kind: .unseenCategory))
      return .missing
    case .warn:
      findings.oddities.append(Oddity(feature: position, kind: .unseenCategory))
      return .unseen
    }
  }
}
