package import JSONScanning
package import Tabular
import WorkerContract

/// Reads the features of a request by one version's schema, in place: names and categories are looked up by their bytes.
package struct FeatureReader: Sendable {
  package let pipeline: FeaturePipeline
  /// One for each feature.
  private let rules: [Rule]
  /// Numbers of an encoded row.
  let width: Int
  /// The features' names, one behind the other.
  private let names: [UInt8]

  /// What a value is held against, by itself: the schema's own features hold names and lists, which would be counted as
  /// used and unused for each value.
  private struct Rule {
    let isNumeric: Bool
    let isNullable: Bool
    let minimum: Double
    let maximum: Double
    let onUnknown: FeatureSchema.UnknownPolicy
    /// Whether some numbers mean a missing value.
    let hasMissingNumbers: Bool
    /// Where its name is among all.
    let name: Range<Int>
    /// Bytes that a value's text may have.
    let mostBytes: Int
  }

  /// Bytes that a category's text and a number may have. A known category may be longer.
  package static let (mostCategory, mostNumber) = (4096, 1024)
  /// Bytes that the features of a row may have.
  package let mostRow: Int

  package init(pipeline: FeaturePipeline) {
    self.pipeline = pipeline
    width = pipeline.width
    mostRow = 256 << 10 + 256 * pipeline.schema.features.count
    var names: [UInt8] = []
    rules = pipeline.schema.features.enumerated().map { position, feature in
      let start = names.count
      names += feature.name.utf8
      return Rule(
        isNumeric: feature.type == .numeric, isNullable: feature.nullable, minimum: feature.minimum ?? -.infinity,
        maximum: feature.maximum ?? .infinity, onUnknown: feature.onUnknown,
        hasMissingNumbers: pipeline.hasMissingNumbers(ofFeature: position),
        name: start..<names.count, mostBytes: Self.mostBytes(feature))
    }
    self.names = names
  }

  /// An escape takes six bytes for one.
  private static func mostBytes(_ feature: FeatureSchema.Feature) -> Int {
    feature.type == .numeric
      ? mostNumber : max(mostCategory, feature.categories.reduce(0) { max($0, $1.utf8.count * 6) })
  }

  package var count: Int { rules.count }

  private func name(_ position: Int) -> String { pipeline.schema.features[position].name }

  /// From values to an encoded row of `width` numbers.
  func encode(_ values: UnsafeBufferPointer<FeatureValue>, into output: UnsafeMutableBufferPointer<Float>) {
    pipeline.encode(values, into: output)
  }

  /// Something about a feature's value that does not make the request wrong; counted in the metrics.
  package struct InputWarning: Sendable, Equatable {
    package let feature: Int
    package let kind: Kind

    package enum Kind: Int, Sendable, CaseIterable {
      case missing, unseenCategory, outOfRange
    }
  }

  /// What is found besides the values.
  package struct Findings {
    package internal(set) var problems = FieldProblems()
    /// Whether any name or text has escapes: the bytes then need rewriting before they are stored.
    package internal(set) var hasEscapes = false
    private let room: UnsafeMutableBufferPointer<InputWarning>
    private var count = 0

    fileprivate init(room: UnsafeMutableBufferPointer<InputWarning>) { self.room = room }

    /// No more than one for each feature. Valid as long as the memory that the reader was given for them.
    package var warnings: UnsafeBufferPointer<InputWarning> { .init(rebasing: room[..<count]) }

    fileprivate mutating func warn(_ warning: InputWarning) {
      room[count] = warning
      count += 1
    }
  }

  /// Reads the object in `range`.
  /// - Parameters:
  ///   - values: One place per feature, in the schema's order; all are written.
  ///   - given: As many places, for the reader's own use.
  ///   - warnings: As many places, for the findings.
  package func read(
    _ bytes: UnsafeBufferPointer<UInt8>, range: Range<Int>, into values: UnsafeMutableBufferPointer<FeatureValue>,
    given: UnsafeMutableBufferPointer<Bool>, warnings: UnsafeMutableBufferPointer<InputWarning>
  ) throws(JSONProblem) -> Findings {
    values.update(repeating: .missing)
    given.update(repeating: false)
    var findings = Findings(room: warnings)
    var scanner = JSONScanner(bytes, range: range)
    var more = try scanner.open(UInt8(ascii: "{"))
    // Most clients name the features in the schema's order.
    var expected = 0
    while more {
      let name = try scanner.name()
      let position = isFeature(expected, name, in: scanner) ? expected : feature(name, in: scanner)
      expected = position + 1
      if name.hasEscapes { findings.hasEscapes = true }
      if position < 0 {
        findings.problems.append(Self.unknown(scanner.string(name)))
        try scanner.skip(depth: 2)
      } else if given[position] {
        let name = self.name(position)
        findings.problems.append(FieldProblem(name, .repeated, "'\(name.shown)' is given more than once."))
        try scanner.skip(depth: 2)
      } else {
        given[position] = true
        values[position] = try value(of: position, &scanner, &findings)
      }
      more = try scanner.next(in: UInt8(ascii: "{"))
    }
    recordAbsent(given: given, &findings)
    // After its values: where one of them is too long, that is what to say.
    if range.count > mostRow, findings.problems.isEmpty {
      findings.problems.append(
        FieldProblem(
          "features", .tooLong, "The features have \(range.count) bytes; a row of this model has at most \(mostRow)."))
    }
    return findings
  }

  private static func unknown(_ name: String) -> FieldProblem {
    FieldProblem(name, .unknown, "The model has no feature '\(name.shown)'.")
  }

  private func tooLong(_ position: Int, _ count: Int) -> FieldProblem {
    let name = self.name(position)
    let (what, kind) = rules[position].isNumeric ? ("number", "number") : ("text", "category")
    return FieldProblem(
      name, .tooLong,
      "'\(name.shown)' has a \(what) of \(count) bytes; a \(kind) has at most \(rules[position].mostBytes).")
  }

  private func isFeature(_ position: Int, _ name: JSONScanner.Text, in scanner: JSONScanner) -> Bool {
    guard position < rules.count, !name.hasEscapes else { return false }
    let expected = rules[position].name
    guard expected.count == name.range.count else { return false }
    for offset in 0..<expected.count
    where names[expected.lowerBound + offset] != scanner.bytes[name.range.lowerBound + offset] { return false }
    return true
  }

  private func feature(_ name: JSONScanner.Text, in scanner: JSONScanner) -> Int {
    if name.hasEscapes { return pipeline.feature(named: scanner.string(name)) }
    return pipeline.feature(named: UnsafeBufferPointer(rebasing: scanner.bytes[name.range]))
  }

  private func recordAbsent(given: UnsafeMutableBufferPointer<Bool>, _ findings: inout Findings) {
    for position in 0..<count where !given[position] {
      if rules[position].isNullable {
        findings.warn(InputWarning(feature: position, kind: .missing))
      } else {
        let name = self.name(position)
        findings.problems.append(FieldProblem(name, .missing, "'\(name.shown)' must be given."))
      }
    }
  }

  private func value(
    of position: Int, _ scanner: inout JSONScanner, _ findings: inout Findings
  ) throws(JSONProblem) -> FeatureValue {
    let kind = try scanner.kind()
    if kind == .null {
      try scanner.null()
      return missingValue(position, &findings)
    }
    if rules[position].isNumeric { return try number(kind, position, &scanner, &findings) }
    return try category(kind, position, &scanner, &findings)
  }

  /// An empty text and the words for a missing value mean null too, as they do in training.
  private func missingValue(_ position: Int, _ findings: inout Findings) -> FeatureValue {
    if rules[position].isNullable {
      findings.warn(InputWarning(feature: position, kind: .missing))
    } else {
      let name = self.name(position)
      findings.problems.append(FieldProblem(name, .null, "'\(name.shown)' may not be null or empty."))
    }
    return .missing
  }

  private func number(
    _ kind: JSONScanner.Kind, _ position: Int, _ scanner: inout JSONScanner, _ findings: inout Findings
  ) throws(JSONProblem) -> FeatureValue {
    guard kind == .number else {
      if kind == .string {
        let text = try scanner.text()
        if text.hasEscapes { findings.hasEscapes = true }
        if pipeline.isMissing(UnsafeBufferPointer(rebasing: scanner.bytes[text.range]), ofFeature: position) {
          return missingValue(position, &findings)
        }
      } else {
        try scanner.skip(depth: 2)
      }
      let name = self.name(position)
      findings.problems.append(FieldProblem(name, .wrongType, "'\(name.shown)' must be a number, without quotes."))
      return .missing
    }
    let token = try scanner.number()
    guard token.range.count <= rules[position].mostBytes else {
      findings.problems.append(tooLong(position, token.range.count))
      return .missing
    }
    // A double beyond single precision would reach the model as an infinity.
    guard !token.isWord, let value = Tabular.number(in: UnsafeBufferPointer(rebasing: scanner.bytes[token.range])),
      abs(value) <= Double(Float.greatestFiniteMagnitude)
    else {
      let name = self.name(position)
      findings.problems.append(FieldProblem(name, .notFinite, "'\(name.shown)' is not a finite number."))
      return .missing
    }
    if rules[position].hasMissingNumbers, pipeline.isMissing(value, ofFeature: position) {
      return missingValue(position, &findings)
    }
    return check(value, position, &findings)
  }

  /// A finite number, or what stands for it, by the feature's bounds.
  func check(_ value: Double, _ position: Int, _ findings: inout Findings) -> FeatureValue {
    let rule = rules[position]
    if value >= rule.minimum, value <= rule.maximum { return .number(value) }
    switch rule.onUnknown {
    case .reject:
      let name = self.name(position)
      let limits = "\(Self.readable(rule.minimum)) … \(Self.readable(rule.maximum))"
      findings.problems.append(
        FieldProblem(name, .outOfRange, "'\(name.shown)' is \(Self.readable(value)), outside of \(limits)."))
      return .missing
    case .impute:
      findings.warn(InputWarning(feature: position, kind: .outOfRange))
      return .missing
    case .warn:
      findings.warn(InputWarning(feature: position, kind: .outOfRange))
      return .number(value)
    }
  }

  private static func readable(_ value: Double) -> String {
    guard value.isFinite else { return value < 0 ? "-∞" : "∞" }
    return Int(exactly: value).map(String.init) ?? value.description
  }

  private static func isDecimal(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
    bytes.last.map { (0x30...0x39).contains($0) } ?? false
  }

  /// A string; or a number or boolean whose text is one of the categories, as clients write `1` for the category "1".
  private func category(
    _ kind: JSONScanner.Kind, _ position: Int, _ scanner: inout JSONScanner, _ findings: inout Findings
  ) throws(JSONProblem) -> FeatureValue {
    guard kind == .string else {
      let range = try scanner.skip(depth: 2)
      // A list, or a word that is no JSON, would make the stored features unreadable for checks.
      let isStorable = kind == .bool || kind == .number && Self.isDecimal(scanner.bytes[range])
      let value = pipeline.category(UnsafeBufferPointer(rebasing: scanner.bytes[range]), ofFeature: position)
      if isStorable, case .category = value { return value }
      if isStorable, value == .missing { return missingValue(position, &findings) }
      let name = self.name(position)
      findings.problems.append(FieldProblem(name, .wrongType, "'\(name.shown)' must be a string."))
      return .missing
    }
    let text = try scanner.text()
    if text.hasEscapes { findings.hasEscapes = true }
    if text.range.isEmpty { return missingValue(position, &findings) }
    guard text.range.count <= rules[position].mostBytes else {
      findings.problems.append(tooLong(position, text.range.count))
      return .missing
    }
    let value =
      text.hasEscapes
      ? pipeline.category(scanner.string(text), ofFeature: position)
      : pipeline.category(UnsafeBufferPointer(rebasing: scanner.bytes[text.range]), ofFeature: position)
    if value == .missing { return missingValue(position, &findings) }
    guard value == .unseen else { return value }
    switch rules[position].onUnknown {
    case .reject:
      let name = self.name(position)
      let shown = scanner.string(text).shown
      findings.problems.append(
        FieldProblem(name, .unseenCategory, "'\(name.shown)' has the value '\(shown)', which training did not see."))
      return .missing
    case .impute:
      findings.warn(InputWarning(feature: position, kind: .unseenCategory))
      return .missing
    case .warn:
      findings.warn(InputWarning(feature: position, kind: .unseenCategory))
      return .unseen
    }
  }
}
