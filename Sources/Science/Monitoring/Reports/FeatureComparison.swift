import Statistics
import Tabular
import WorkerContract

/// Compares features of a window with the reference, one at a time, by the tests that the rules name; the verdict comes
/// later, when all p-values are known.
struct FeatureComparison {
  let tests: ChosenDriftTests
  let referenceRows: Int
  /// Of the stability index.
  let bins: Int
  /// How seldom chance may exceed the noise limit of the stability index; nil for no limit.
  let noiseLevel: Double?

  init(_ rules: DriftRules, _ reference: ReferenceProfile) throws(UnknownDriftTest) {
    tests = try ChosenDriftTests(rules)
    referenceRows = reference.rows
    bins = rules.psi.bins
    noiseLevel = rules.correction == .none ? nil : 0.05 / Double(max(1, reference.features.count))
  }

  /// - Parameter column: Nil where the window does not have the feature.
  func finding(_ feature: ReferenceProfile.Feature, column: Column?, windowRows: Int) -> DriftFinding {
    switch feature.type {
    case .numeric: numeric(feature, Self.numbers(column, windowRows))
    case .categorical: categorical(feature, column, windowRows: windowRows)
    }
  }

  private static func numbers(_ column: Column?, _ rows: Int) -> [Double] {
    if case .numeric(let values) = column { return values }
    return [Double](repeating: .nan, count: rows)
  }

  static func rate(_ count: Int, of rows: Int) -> Double { rows > 0 ? Double(count) / Double(rows) : 0 }

  /// A value that is not finite is none: it counts as missing.
  private func numeric(_ feature: ReferenceProfile.Feature, _ values: [Double]) -> DriftFinding {
    let present = values.filter(\.isFinite).sorted()
    let missing = values.count - present.count
    let known = feature.numeric
    let sample = known?.sample ?? []
    let measure = tests.numeric.measure(sample, present)

    var edges = known?.bins ?? QuantileBins(edges: [])
    var expected = known?.counts ?? [0]
    var expectedMissing = feature.missing
    if bins != ReferenceProfile.bins, !sample.isEmpty {
      edges = QuantileBins(sorted: sample, count: bins)
      expected = edges.counts(ofSorted: sample)
      let present = max(1, referenceRows - feature.missing)
      expectedMissing = Int((Double(feature.missing) * Double(sample.count) / Double(present)).rounded())
    }
    var counts = edges.counts(ofSorted: present)
    if expectedMissing + missing > 0 {
      expected.append(expectedMissing)
      counts.append(missing)
    }
    let moments = Moments(present)
    let deviation = known?.moments.deviation ?? 0
    let distance = wassersteinDistance(sorted: sample, present)
    return finding(
      feature, by: tests.numeric, measure, expected, counts,
      wasserstein: deviation > 0 ? distance / deviation : (distance > 0 ? nil : 0),
      reference: Self.side(known?.moments, missing: Self.rate(feature.missing, of: referenceRows)),
      window: Self.side(moments, missing: Self.rate(missing, of: values.count)),
      chart: HistogramChart.make(reference: sample, window: present))
  }

  /// The one place where a finding is made.
  /// - Parameters:
  ///   - expected: What the stability index compares: the reference's counts, with missing values as a bin of their
  ///     own.
  ///   - counts: Of the window, in the same bins.
  func finding(
    _ feature: ReferenceProfile.Feature, by test: any DriftTest, _ measure: DriftMeasure, _ expected: [Int],
    _ counts: [Int], wasserstein: Double? = nil, reference: DriftFinding.Side, window: DriftFinding.Side,
    chart: DriftFinding.Chart
  ) -> DriftFinding {
    let index = StabilityIndex(expected, counts, noiseLevel: noiseLevel)
    return DriftFinding(
      feature: feature.name, type: feature.type, test: test.name, statistic: measure.statistic,
      statisticBound: measure.statisticBound, pValue: measure.pValue, adjustedPValue: measure.pValue,
      effect: measure.effect, psi: index.value, psiNoise: index.noise,
      jensenShannon: jensenShannonDistance(expected, counts), wasserstein: wasserstein, reference: reference,
      window: window, chart: chart)
  }

  static func side(_ moments: Moments?, missing: Double) -> DriftFinding.Side {
    guard let moments, moments.count > 0 else { return DriftFinding.Side(missingRate: missing) }
    return DriftFinding.Side(
      missingRate: missing, mean: moments.mean, deviation: moments.deviation, minimum: moments.minimum,
      maximum: moments.maximum)
  }

  private func categorical(
    _ feature: ReferenceProfile.Feature, _ column: Column?, windowRows: Int
  ) -> DriftFinding {
    let known = feature.levels ?? []
    let index = ValueIndex(known.map(\.name))
    var counts = [Int](repeating: 0, count: known.count)
    var missing = 0
    var unseen: [ReferenceProfile.Level] = []
    if case .categorical(let codes, let levels) = column {
      for level in ReferenceProfile.Level.counted(codes, levels) {
        let code = index.code(of: level.name)
        if code >= 0 { counts[Int(code)] = level.count } else { unseen.append(level) }
      }
      missing = codes.count { $0 < 0 }
    } else {
      missing = windowRows
    }
    return categorical(
      feature, known: known, counts: counts, missing: missing, unseen: unseen, windowRows: windowRows)
  }

  /// - Parameters:
  ///   - known: The levels of the reference that can be told apart; others count as unseen there too.
  ///   - counts: Of the window, by `known`.
  ///   - unseen: Of the window.
  func categorical(
    _ feature: ReferenceProfile.Feature, known: [ReferenceProfile.Level], counts: [Int], missing: Int,
    unseen: [ReferenceProfile.Level], windowRows: Int
  ) -> DriftFinding {
    let referenceUnseen = (feature.levels ?? []).reduce(0) { $0 + $1.count } - known.reduce(0) { $0 + $1.count }
    let unseenCount = unseen.reduce(0) { $0 + $1.count }
    let expected = known.map(\.count) + [feature.missing, referenceUnseen]
    let actual = counts + [missing, unseenCount]
    let windowLevels = zip(known, counts).map { ReferenceProfile.Level(name: $0.name, count: $1) } + unseen
    return finding(
      feature, by: tests.categorical, tests.categorical.measure(expected, actual), expected, actual,
      reference: DriftFinding.Side(
        missingRate: Self.rate(feature.missing, of: referenceRows), top: Self.top(known, referenceRows),
        unseenRate: Self.rate(referenceUnseen, of: referenceRows)),
      window: DriftFinding.Side(
        missingRate: Self.rate(missing, of: windowRows), top: Self.top(windowLevels, windowRows),
        unseenRate: Self.rate(unseenCount, of: windowRows)),
      chart: LevelChart.make(
        known: known, counts: counts, missing: (feature.missing, missing),
        unseen: (referenceUnseen, unseenCount)))
  }

  private static func top(_ levels: [ReferenceProfile.Level], _ rows: Int) -> [DriftFinding.Share] {
    levels.filter { $0.count > 0 }.sorted { ($1.count, $0.name) < ($0.count, $1.name) }.prefix(5)
      .map { DriftFinding.Share(name: $0.name, share: rate($0.count, of: rows)) }
  }
}

/// Equal-width bars over the middle 99 % of both sides; what lies outside counts in the first and last bar.
enum HistogramChart {
  static let bars = 20

  static func make(reference: [Double], window: [Double]) -> DriftFinding.Chart {
    let sides = [reference, window].filter { !$0.isEmpty }
    guard let low = sides.map({ quantile(ofSorted: $0, 0.005) }).min(),
      let high = sides.map({ quantile(ofSorted: $0, 0.995) }).max()
    else { return DriftFinding.Chart(labels: [], reference: [], window: []) }
    guard high > low else {
      let isAt = { (values: [Double]) in
        values.isEmpty ? 0.0 : Double(values.count { $0 == low }) / Double(values.count)
      }
      return DriftFinding.Chart(labels: [numberText(low)], reference: [isAt(reference)], window: [isAt(window)])
    }
    let width = (high - low) / Double(bars)
    let edges = QuantileBins(edges: (1..<bars).map { low + Double($0) * width })
    let labels = (0..<bars).map { bar in
      "\(shortText(low + Double(bar) * width)) to \(shortText(low + Double(bar + 1) * width))"
    }
    return DriftFinding.Chart(
      labels: labels, reference: shares(edges.counts(ofSorted: reference)),
      window: shares(edges.counts(ofSorted: window)))
  }
}

/// A bar for each of the reference's most frequent levels, one for all others, one each for unseen and missing.
enum LevelChart {
  static let bars = 12

  static func make(
    known: [ReferenceProfile.Level], counts: [Int], missing: (Int, Int), unseen: (Int, Int)
  ) -> DriftFinding.Chart {
    var labels = known.prefix(bars).map(\.name)
    var reference = known.prefix(bars).map(\.count)
    var window = Array(counts.prefix(bars))
    if known.count > bars {
      labels.append("\(known.count - bars) others")
      reference.append(known.dropFirst(bars).reduce(0) { $0 + $1.count })
      window.append(counts.dropFirst(bars).reduce(0, +))
    }
    if unseen.0 + unseen.1 > 0 {
      labels.append("unseen")
      reference.append(unseen.0)
      window.append(unseen.1)
    }
    if missing.0 + missing.1 > 0 {
      labels.append("missing")
      reference.append(missing.0)
      window.append(missing.1)
    }
    return DriftFinding.Chart(labels: labels, reference: shares(reference), window: shares(window))
  }
}
