import Statistics
import Tabular
package import WorkerContract

/// The seven kinds of checks of a window's data.
package struct QualityReport: Codable, Sendable, Equatable {
  /// False: too few rows for a verdict; every check then counts as passed.
  package var conclusive: Bool
  package var checks: [Check]

  package var severity: Severity { checks.filter { !$0.passed }.map(\.severity).max() ?? .none }

  /// The worst failure that a training can mend.
  package var mendableSeverity: Severity {
    checks.filter { !$0.passed && $0.isMendedByTraining }.map(\.severity).max() ?? .none
  }

  /// Features that do not arrive as they did, so that their drift is the feed's.
  package var brokenFeeds: Set<String> {
    Set(checks.filter { !$0.passed && $0.severity == .critical && $0.kind.isOfTheFeed }.compactMap(\.feature))
  }

  /// The worst first.
  package var failures: [Check] {
    checks.filter { !$0.passed }.enumerated()
      .sorted { ($1.element.severity, $0.offset) < ($0.element.severity, $1.offset) }.map(\.element)
  }

  package struct Check: Codable, Sendable, Equatable {
    package var kind: Kind
    package var feature: String?
    package var passed: Bool
    /// Of a check that did not pass.
    package var severity: Severity
    /// A share of rows 0…1, but: `columnPresence` 0 or 1, `meanConfidence` the mean.
    package var value: Double
    package var limit: Double
    /// For a person.
    package var message: String
    /// The limit was declared in the schema and not learned from the training rows: no training moves it.
    package var isDeclared = false

    /// Whether a new training on newer rows can make the check pass.
    package var isMendedByTraining: Bool { kind.isMendedByTraining && !isDeclared }
  }

  package typealias Kind = QualityCheck

  /// Missing rates count above what training had: a feature that was missing in 6 % of the training rows may be so in
  /// 6 % + limit. Numbers are out of range outside of the schema's bounds, where it has none outside of what training
  /// saw. With fewer than `minimumSamples` rows only the columns' presence is judged.
  package init(
    _ window: PredictionWindow, reference: ReferenceProfile, rules: QualityRules = .init(), minimumSamples: Int = 30
  ) {
    conclusive = window.rowCount >= max(1, minimumSamples)
    checks = []
    guard window.rowCount > 0 else { return }
    for feature in reference.features {
      guard let column = window.features[feature.name] else {
        addPresence(feature, isThere: feature.missing == reference.rows)
        continue
      }
      addPresence(feature, isThere: true)
      let usual = reference.rows > 0 ? Double(feature.missing) / Double(reference.rows) : 0
      addMissing(feature.name, rate: Double(column.missingCount) / Double(window.rowCount), usual: usual, rules.missing)
      switch column {
      case .numeric(let values): addRange(feature, values, rules.outOfRange)
      case .categorical(let codes, let levels): addUnknown(feature, codes, levels, rules.unknownCategory)
      }
    }
    addDuplicates(window, rules.duplicateRequestIDs)
    addConfidence(window, rules.meanConfidence)
    addUnseenClasses(window, reference)
    if !conclusive {
      for index in checks.indices where checks[index].kind != .columnPresence {
        checks[index].passed = true
        checks[index].severity = .none
      }
    }
  }

  private mutating func add(
    _ kind: Kind, _ feature: String?, _ severity: Severity, _ value: Double, _ limit: Double, _ message: String,
    isDeclared: Bool = false
  ) {
    checks.append(
      Check(
        kind: kind, feature: feature, passed: severity == .none, severity: severity, value: value, limit: limit,
        message: message, isDeclared: isDeclared))
  }

  private mutating func addPresence(_ feature: ReferenceProfile.Feature, isThere: Bool) {
    add(
      .columnPresence, feature.name, isThere ? .none : .critical, isThere ? 1 : 0, 1,
      isThere ? "there" : "no request has the feature: the caller's schema has changed")
  }

  private mutating func addMissing(_ name: String, rate: Double, usual: Double, _ limits: QualityRules.Missing) {
    let severity: Severity =
      rate > usual + limits.critical ? .critical : rate > usual + limits.warning ? .warning : .none
    let limit = min(1, usual + (severity == .critical ? limits.critical : limits.warning))
    add(.missingRate, name, severity, rate, limit, "missing in \(percentText(rate)), in training \(percentText(usual))")
  }

  private mutating func addRange(
    _ feature: ReferenceProfile.Feature, _ values: [Double], _ limits: QualityRules.OutOfRange
  ) {
    guard let seen = feature.numeric?.moments else { return }
    let low = feature.minimum ?? (feature.maximum == nil ? seen.minimum : -.infinity)
    let high = feature.maximum ?? (feature.minimum == nil ? seen.maximum : .infinity)
    let outside = values.count { $0 < low || $0 > high }
    let share = Double(outside) / Double(max(1, values.count))
    let range = "\(low.isFinite ? shortText(low) : "−∞")…\(high.isFinite ? shortText(high) : "∞")"
    add(
      .outOfRange, feature.name, share > limits.critical ? .critical : .none, share, limits.critical,
      "\(percentText(share)) of the rows outside of \(range)",
      isDeclared: feature.minimum != nil || feature.maximum != nil)
  }

  private mutating func addUnknown(
    _ feature: ReferenceProfile.Feature, _ codes: [Int32], _ levels: [String], _ limits: QualityRules.UnknownCategory
  ) {
    let known = ValueIndex((feature.levels ?? []).map(\.name))
    let isUnknown = levels.map { known.code(of: $0) < 0 }
    let unknown = codes.filter { $0 >= 0 && isUnknown[Int($0)] }
    let share = Double(unknown.count) / Double(max(1, codes.count))
    let example = unknown.first.map { ", such as '\(levels[Int($0)].prefix(40))'" } ?? ""
    add(
      .unknownCategory, feature.name, share > limits.warning ? .warning : .none, share, limits.warning,
      "\(percentText(share)) of the rows have a category that training did not\(example)")
  }

  private mutating func addDuplicates(_ window: PredictionWindow, _ limits: QualityRules.DuplicateRequestIDs) {
    let repeats = window.requestIDs.count - Set(window.requestIDs).count + window.repeats
    let share = Double(repeats) / Double(window.rowCount + window.repeats)
    add(
      .duplicateRequestIDs, nil, share > limits.warning ? .warning : .none, share, limits.warning,
      repeats == 0
        ? "every request id came once"
        : "\(repeats) requests (\(percentText(share))) repeat an id: only one of them is logged, and a label finds only that"
    )
  }

  private mutating func addConfidence(_ window: PredictionWindow, _ limits: QualityRules.MeanConfidence) {
    let mean = Moments(window.confidences).mean
    add(
      .meanConfidence, nil, mean < limits.warning ? .warning : .none, mean, limits.warning,
      "mean confidence \(shortText(mean))")
  }

  private mutating func addUnseenClasses(_ window: PredictionWindow, _ reference: ReferenceProfile) {
    guard let known = reference.predictions?.classes else { return }
    let classes = Set(known)
    let unseen = window.predicted.filter { !classes.contains($0) }
    let share = Double(unseen.count) / Double(window.rowCount)
    add(
      .unseenClass, nil, unseen.isEmpty ? .none : .warning, share, 0,
      unseen.first.map {
        "\(percentText(share)) of the predictions are of a class that training did not have, such as '\($0)'"
      }
        ?? "every predicted class is one of training's")
  }
}
