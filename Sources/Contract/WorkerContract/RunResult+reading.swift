import Values
import JSON

extension RunResult {
  /// What a result has to agree with.
  package struct Expectation: Sendable, Equatable {
    /// Id of the run that was started; nil: not known.
    package var run: String?
    /// The version that a training was to make; nil: not known, or no training.
    package var version: String?

    package init(run: String? = nil, version: String? = nil) {
      self.run = run
      self.version = version
    }
  }

  /// Reads what a run has written, and believes none of it: whoever makes a trainer's image decides what stands there.
  ///
  /// Guarantees of a result that is returned: exactly one of its kinds; run and version are those expected; digests and versions are
  /// of their form; measures lie in their ranges, counts are not negative, intervals are in order; lists are bounded; every text
  /// is bounded and `plain`. Members that are not known are ignored, as a newer worker may write them.
  package init(reading text: String, _ expected: Expectation = .init()) throws(ResultProblem) {
    let size = text.utf8.count
    guard size <= RunResult.maximumBytes else {
      throw ResultProblem(.unreadable, "", "has \(size) bytes, and at most \(RunResult.maximumBytes) are kept")
    }
    let document: JSONValue
    do throws(JSONSyntaxError) {
      document = try JSONValue(parsing: text)
    } catch {
      throw ResultProblem(.unreadable, "", "is not JSON: \(error)")
    }
    do throws(JSONMismatch) {
      self = try document.decode(as: RunResult.self)
    } catch {
      throw ResultProblem(.unreadable, error.path, error.reason)
    }
    try check(expected)
  }

  private mutating func check(_ expected: Expectation) throws(ResultProblem) {
    guard contract == RunSpecification.currentContract else {
      throw ResultProblem(
        .invalid, "contract", "is '\(contract.plain(characters: 64))', and must be \(RunSpecification.currentContract)")
    }
    // A run that could not read its specification does not know its id.
    if let id = expected.run, run != id, failed == nil || !run.isEmpty {
      throw ResultProblem(.invalid, "run", "is '\(run.plain(characters: 128))', and this run is '\(id)'")
    }
    run = run.plain(characters: 512)
    let kinds = [trained != nil, unchanged != nil, checked != nil, removed != nil, loaded != nil, failed != nil]
      .count { $0 }
    guard kinds == 1 else {
      throw ResultProblem(
        .invalid, "",
        kinds == 0
          ? "has none of trained, unchanged, checked, removed, loaded and failed"
          : "has more than one of trained, unchanged, checked, removed, loaded and failed")
    }
    try failed?.check("failed")
    try trained?.check("trained", expected)
    try unchanged?.check("unchanged")
    try checked?.check("checked")
    try removed?.check("removed")
    try loaded?.check("loaded")
  }
}

/// Rules that several parts of a result share. Each throws what is wrong, with the place.
enum ResultRules {
  /// Larger whole numbers are not held exactly by all readers of JSON.
  private static let largest = 1 << 53
  /// Digits that arithmetic may lose at the end of a range.
  private static let slack = 1e-9

  static func problem(_ path: String, _ what: String) -> ResultProblem { ResultProblem(.invalid, path, what) }

  static func count(_ value: Int, _ path: String) throws(ResultProblem) {
    guard (0...largest).contains(value) else { throw problem(path, "is \(value), and is a count") }
  }

  static func share(_ value: inout Double, _ path: String) throws(ResultProblem) {
    guard value >= -slack, value <= 1 + slack else { throw problem(path, "is \(value), and lies in 0 to 1") }
    value = min(max(value, 0), 1)
  }

  static func share(_ value: inout Double?, _ path: String) throws(ResultProblem) {
    guard var known = value else { return }
    try share(&known, path)
    value = known
  }

  static func finite(_ value: Double, _ path: String, in range: ClosedRange<Double>) throws(ResultProblem) {
    guard value.isFinite, range.contains(value) else {
      throw problem(path, "is \(value), and lies in \(range.lowerBound) to \(range.upperBound)")
    }
  }

  /// How far two samples are from each other: not negative, but for digits lost.
  static func distance(_ value: Double, _ path: String) throws(ResultProblem) {
    guard value.isFinite, value >= -slack else { throw problem(path, "is \(value), and is never negative") }
  }

  /// Not negative.
  static func size(_ value: Double, _ path: String) throws(ResultProblem) {
    guard value.isFinite, value >= 0 else { throw problem(path, "is \(value), and is never negative") }
  }

  /// `v7`
  static func version(_ text: String, _ path: String) throws(ResultProblem) {
    let digits = text.utf8.dropFirst()
    guard text.utf8.first == UInt8(ascii: "v"), (1...11).contains(digits.count), digits.first != UInt8(ascii: "0"),
      digits.allSatisfy({ (0x30...0x39).contains($0) })
    else { throw problem(path, "is '\(text.plain(characters: 64))', and is a version such as v7") }
  }

  /// The form of a digest, which is the address of files: nothing else may get to a path.
  static func digest(_ text: String, _ path: String) throws(ResultProblem) {
    let prefix = "sha256:"
    let digits = text.utf8.dropFirst(prefix.utf8.count)
    guard text.hasPrefix(prefix), digits.count == 64,
      digits.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else {
      throw problem(path, "is '\(text.plain(characters: 80))', and is sha256: and 64 lower-case hexadecimal digits")
    }
  }

  static func artifact(_ reference: ArtifactReference, _ path: String) throws(ResultProblem) {
    try version(reference.version, "\(path).version")
    try digest(reference.digest, "\(path).digest")
  }

  /// Such as the digest of data: compared, never an address.
  static func token(_ text: String, _ path: String) throws(ResultProblem) {
    guard text.utf8.count <= 128, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw problem(path, "is '\(text.plain(characters: 80))', and is at most 128 letters, digits and signs")
    }
  }

  /// A column's name: made fit to be shown.
  static func name(_ text: inout String, _ path: String) throws(ResultProblem) {
    guard !text.isEmpty, text.unicodeScalars.count <= 256 else {
      throw problem(path, "has \(text.unicodeScalars.count) characters, and is a name of 1 to 256")
    }
    text = text.plain(characters: 256)
  }

  static func length(_ count: Int, _ maximum: Int, _ path: String) throws(ResultProblem) {
    guard count <= maximum else { throw problem(path, "has \(count) elements, and may have \(maximum)") }
  }

  /// Each fit to be shown; those that would make all of them longer than a message may be are left out, but for the first.
  static func sentences(_ texts: inout [String], _ maximum: Int, _ path: String) throws(ResultProblem) {
    try length(texts.count, maximum, path)
    var room = 3000
    texts = texts.map { $0.plain(characters: 1024) }.enumerated().filter { place, text in
      room -= text.unicodeScalars.count + 2
      return place == 0 || room >= 0
    }.map(\.element)
  }
}

extension RunFailure {
  /// The longest reason.
  private static let longestReason = 64

  fileprivate mutating func check(_ path: String) throws(ResultProblem) {
    // The message becomes the reason of a transition behind the failure's reason, where 4096 characters are allowed.
    message = message.plain(characters: 3000)
    step = step.plain(characters: 64)
    let letters = reason.utf8
    guard letters.count <= Self.longestReason, let first = letters.first, (0x41...0x5A).contains(first),
      letters.allSatisfy({
        (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
      })
    else {
      throw ResultProblem(
        .invalid, "\(path).reason",
        "is '\(reason.plain(characters: 80))', and is one word in CamelCase of at most \(Self.longestReason) letters and digits",
        said: message)
    }
  }
}

extension ModelMetrics {
  fileprivate mutating func check(_ path: String) throws(ResultProblem) {
    try ResultRules.share(&accuracy, "\(path).accuracy")
    try ResultRules.share(&precision, "\(path).precision")
    try ResultRules.share(&recall, "\(path).recall")
    try ResultRules.share(&f1, "\(path).f1")
    try ResultRules.share(&rocAUC, "\(path).rocAUC")
    try ResultRules.share(&brier, "\(path).brier")
  }
}

extension TrainingResult {
  fileprivate mutating func check(_ path: String, _ expected: RunResult.Expectation) throws(ResultProblem) {
    try ResultRules.artifact(artifact, "\(path).artifact")
    if let version = expected.version, artifact.version != version {
      throw ResultRules.problem("\(path).artifact.version", "is \(artifact.version), and this run makes \(version)")
    }
    try ResultRules.count(rows.train, "\(path).rows.train")
    try ResultRules.count(rows.validation, "\(path).rows.validation")
    try ResultRules.count(rows.test, "\(path).rows.test")
    try metrics.check("\(path).metrics")
    positive = positive?.plain(characters: 256)
    try comparison?.check("\(path).comparison")
    notCompared = notCompared?.plain(characters: 2048)
    try schemaChange?.check("\(path).schemaChange")
    try ResultRules.length(segments.count, 64, "\(path).segments")
    for index in segments.indices { try segments[index].check("\(path).segments[\(index)]") }
    try ResultRules.share(&calibrationError, "\(path).calibrationError")
    try ResultRules.length(warnings.count, 256, "\(path).warnings")
    warnings = warnings.map { $0.plain(characters: 4096) }
    try ResultRules.length(seconds.count, 64, "\(path).seconds")
    for (step, value) in seconds.sorted(by: { $0.key < $1.key }) {
      try ResultRules.size(value, "\(path).seconds.\(step)")
    }
    seconds = Dictionary(
      seconds.map { ($0.key.plain(characters: 64), $0.value) }, uniquingKeysWith: { first, _ in first })
    try ResultRules.token(dataDigest, "\(path).dataDigest")
    try checkRemoved(removed, "\(path).removed")
  }
}

private func checkRemoved(_ versions: [String]?, _ path: String) throws(ResultProblem) {
  try ResultRules.length(versions?.count ?? 0, 64, path)
  for (index, version) in (versions ?? []).enumerated() { try ResultRules.version(version, "\(path)[\(index)]") }
}

extension Comparison {
  fileprivate mutating func check(_ path: String) throws(ResultProblem) {
    try ResultRules.artifact(champion, "\(path).champion")
    try championMetrics.check("\(path).championMetrics")
    try challengerMetrics?.check("\(path).challengerMetrics")
    try ResultRules.finite(difference, "\(path).difference", in: -1...1)
    // An interval of a normal approximation may reach beyond what a difference of shares can be.
    try ResultRules.finite(lower, "\(path).lower", in: -10...10)
    try ResultRules.finite(upper, "\(path).upper", in: -10...10)
    guard lower <= upper else {
      throw ResultRules.problem("\(path).lower", "is \(lower), above the upper bound \(upper)")
    }
    try ResultRules.share(&pValue, "\(path).pValue")
    try ResultRules.share(&confidence, "\(path).confidence")
    try ResultRules.count(rows, "\(path).rows")
    caveat = caveat?.plain(characters: 1024)
  }
}

extension SchemaChange {
  fileprivate mutating func check(_ path: String) throws(ResultProblem) {
    try ResultRules.artifact(champion, "\(path).champion")
    try ResultRules.sentences(&incomparable, 16, "\(path).incomparable")
    try ResultRules.sentences(&refused, 16, "\(path).refused")
  }
}

extension TrainingResult.SegmentResult {
  fileprivate mutating func check(_ path: String) throws(ResultProblem) {
    try ResultRules.name(&feature, "\(path).feature")
    level = level.plain(characters: 1024)
    try ResultRules.share(&challenger, "\(path).challenger")
    try ResultRules.share(&champion, "\(path).champion")
    try ResultRules.count(rows, "\(path).rows")
  }
}

extension UnchangedData {
  fileprivate mutating func check(_ path: String) throws(ResultProblem) {
    try ResultRules.version(version, "\(path).version")
    try ResultRules.token(dataDigest, "\(path).dataDigest")
    try checkRemoved(removed, "\(path).removed")
  }
}

extension RemovalResult {
  fileprivate func check(_ path: String) throws(ResultProblem) {
    try ResultRules.count(rows, "\(path).rows")
    try ResultRules.count(reports, "\(path).reports")
    try ResultRules.count(versions, "\(path).versions")
  }
}

extension LoadResult {
  fileprivate func check(_ path: String) throws(ResultProblem) {
    try ResultRules.artifact(artifact, "\(path).artifact")
    try ResultRules.count(rows, "\(path).rows")
  }
}

extension CheckResult {
  fileprivate mutating func check(_ path: String) throws(ResultProblem) {
    try ResultRules.version(version, "\(path).version")
    try ResultRules.count(rows, "\(path).rows")
    try drift.check("\(path).drift")
    try predictionDrift?.check("\(path).predictionDrift")
    try quality.check("\(path).quality")
    try performance.check("\(path).performance")
    try span?.check("\(path).span")
    if let report {
      let parts = report.split(separator: "/", omittingEmptySubsequences: false)
      guard report.utf8.count <= 1024, parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
        throw ResultRules.problem(
          "\(path).report", "is '\(report.plain(characters: 80))', and is a path in the artifact store")
      }
      self.report = report.plain(characters: 1024)
    }
  }
}

extension DriftSummary {
  fileprivate mutating func check(_ path: String) throws(ResultProblem) {
    try ResultRules.count(features, "\(path).features")
    try ResultRules.count(critical, "\(path).critical")
    try ResultRules.count(warning, "\(path).warning")
    try ResultRules.share(&share, "\(path).share")
    try ResultRules.length(worst.count, 10, "\(path).worst")
    for index in worst.indices {
      let place = "\(path).worst[\(index)]"
      try ResultRules.name(&worst[index].feature, "\(place).feature")
      try ResultRules.distance(worst[index].psi, "\(place).psi")
      try ResultRules.share(&worst[index].pValue, "\(place).pValue")
      try ResultRules.distance(worst[index].effect, "\(place).effect")
    }
  }
}

extension PredictionDriftSummary {
  fileprivate mutating func check(_ path: String) throws(ResultProblem) {
    try ResultRules.distance(psi, "\(path).psi")
    try ResultRules.share(&pValue, "\(path).pValue")
    try ResultRules.share(&meanConfidence, "\(path).meanConfidence")
    try ResultRules.share(&referenceMeanConfidence, "\(path).referenceMeanConfidence")
  }
}

extension QualitySummary {
  fileprivate mutating func check(_ path: String) throws(ResultProblem) {
    try ResultRules.length(failed.count, 10, "\(path).failed")
    for index in failed.indices {
      let place = "\(path).failed[\(index)]"
      if var feature = failed[index].feature {
        try ResultRules.name(&feature, "\(place).feature")
        failed[index].feature = feature
      }
      if case .other(let name) = failed[index].check { failed[index].check = .other(name.plain(characters: 64)) }
      try ResultRules.size(failed[index].value, "\(place).value")
      try ResultRules.size(failed[index].limit, "\(place).limit")
    }
  }
}

extension PerformanceSummary {
  fileprivate mutating func check(_ path: String) throws(ResultProblem) {
    try ResultRules.share(&coverage, "\(path).coverage")
    try ResultRules.count(labelled, "\(path).labelled")
    try ResultRules.count(expected ?? 0, "\(path).expected")
    try span?.check("\(path).span")
    try metrics?.check("\(path).metrics")
    try ResultRules.size(p95Latency ?? 0, "\(path).p95Latency")
    try ResultRules.share(&positiveRate, "\(path).positiveRate")
    try ResultRules.share(&meanConfidence, "\(path).meanConfidence")
  }
}

extension ObservedSpan {
  fileprivate func check(_ path: String) throws(ResultProblem) {
    try ResultRules.token(from, "\(path).from")
    try ResultRules.token(to, "\(path).to")
  }
}
