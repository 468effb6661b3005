import Statistics
import Tabular
import WorkerContract

/// Compares one feature of a window with the reference; the verdict comes later, when all p-values are known.
struct FeatureComparison {
  let drift: FeatureDrift

  /// - Parameters:
  ///   - column: Nil where the window does not have the feature.
  ///   - noiseLevel: How seldom chance may exceed the noise limit of the stability index; nil for no limit.
  init(
    _ feature: ReferenceProfile.Feature, column: Column?, windowRows: Int, referenceRows: Int, bins: Int,
    noiseLevel: Double?
  ) {
    switch feature.type {
    case .numeric:
      drift = Self.numeric(
        feature, Self.numbers(column, windowRows), referenceRows: referenceRows, bins: bins, noiseLevel: noiseLevel)
    case .categorical:
      drift = Self.categorical(
        feature, column, windowRows: windowRows, referenceRows: referenceRows, noiseLevel: noiseLevel)
    }
  }

  private static func numbers(_ column: Column?, _ rows: Int) -> [Double] {
    if case .numeric(let values) = column { return values }
    return [Double](repeating: .nan, count: rows)
  }

  static func noise(_ reference: [Int], _ window: [Int], _ level: Double?) -> Double {
    guard let level else { return 0 }
    return populationStabilityNoise(
      bins: zip(reference, window).count { $0 + $1 > 0 }, reference: reference.reduce(0, +),
      sample: window.reduce(0, +), significance: level)
  }

  static func rate(_ count: Int, of rows: Int) -> Double { rows > 0 ? Double(count) / Double(rows) : 0 }

  private static func numeric(
    _ feature: ReferenceProfile.Feature, _ values: [Double], referenceRows: Int, bins: Int, noiseLevel: Double?
  ) -> FeatureDrift {
    let present = values.filter { !$0.isNaN }.sorted()
    let missing = values.count - present.count
    let known = feature.numeric
    let sample = known?.sample ?? []
    let test = KolmogorovSmirnov(sorted: sample, present)

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
    return FeatureDrift(
      name: feature.name, type: .numeric, test: DriftRules.Numeric.Test.kolmogorovSmirnov.rawValue,
      statistic: test.statistic, pValue: test.pValue, adjustedPValue: test.pValue, effect: test.statistic,
      psi: populationStability(expected, counts), psiNoise: noise(expected, counts, noiseLevel),
      jensenShannon: jensenShannonDistance(expected, counts),
      wasserstein: deviation > 0 ? distance / deviation : (distance > 0 ? nil : 0), drifted: false, severity: .none,
      reference: side(known?.moments, missing: rate(feature.missing, of: referenceRows)),
      window: side(moments, missing: rate(missing, of: values.count)),
      chart: HistogramChart.make(reference: sample, window: present))
  }

  static func side(_ moments: Moments?, missing: Double) -> FeatureDrift.Side {
    guard let moments, moments.count > 0 else { return FeatureDrift.Side(missingRate: missing) }
    return FeatureDrift.Side(
      missingRate: missing, mean: moments.mean, deviation: moments.deviation, minimum: moments.minimum,
      maximum: moments.maximum)
  }

  private static func categorical(
    _ feature: ReferenceProfile.Feature, _ column: Column?, windowRows: Int, referenceRows: Int, noiseLevel: Double?
  ) -> FeatureDrift {
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
      feature, known: known, counts: counts, missing: missing, unseen: unseen, windowRows: windowRows,
      referenceRows: referenceRows, noiseLevel: noiseLevel)
  }

  /// - Parameters:
  ///   - known: The levels of the reference that can be told apart; others count as unseen there too.
  ///   - counts: Of the window, by `known`.
  ///   - unseen: Of the window.
  static func categorical(
    _ feature: ReferenceProfile.Feature, known: [ReferenceProfile.Level], counts: [Int], missing: Int,
    unseen: [ReferenceProfile.Level], windowRows: Int, referenceRows: Int, noiseLevel: Double?
  ) -> FeatureDrift {
    let referenceUnseen = (feature.levels ?? []).reduce(0) { $0 + $1.count } - known.reduce(0) { $0 + $1.count }
    let unseenCount = unseen.reduce(0) { $0 + $1.count }
    let expected = known.map(\.count) + [feature.missing, referenceUnseen]
    let actual = counts + [missing, unseenCount]
    let test = ChiSquare(expected, actual)
    let windowLevels = zip(known, counts).map { ReferenceProfile.Level(name: $0.name, count: $1) } + unseen
    return FeatureDrift(
      name: feature.name, type: .categorical, test: DriftRules.Categorical.Test.chiSquare.rawValue,
      statistic: test.statistic, pValue: test.pValue, adjustedPValue: test.pValue, effect: test.effect,
      psi: populationStability(expected, actual), psiNoise: noise(expected, actual, noiseLevel),
      jensenShannon: jensenShannonDistance(expected, actual), wasserstein: nil, drifted: false, severity: .none,
      reference: FeatureDrift.Side(
        missingRate: rate(feature.missing, of: referenceRows), top: top(known, referenceRows),
        unseenRate: rate(referenceUnseen, of: referenceRows)),
      window: FeatureDrift.Side(
        missingRate: rate(missing, of: windowRows), top: top(windowLevels, windowRows),
        unseenRate: rate(unseenCount, of: windowRows)),
      chart: LevelChart.make(
        known: known, counts: counts, missing: (feature.missing, missing),
        unseen: (referenceUnseen, unseenCount)))
  }

  private static func top(_ levels: [ReferenceProfile.Level], _ rows: Int) -> [FeatureDrift.Share] {
    levels.filter { $0.count > 0 }.sorted { ($1.count, $0.name) < ($0.count, $1.name) }.prefix(5)
      .map { FeatureDrift.Share(name: $0.name, share: rate($0.count, of: rows)) }
  }
}

/// Equal-width bars over the middle 99 % of both sides; what lies outside counts in the first and last bar.
enum HistogramChart {
  static let bars = 20

  static func make(reference: [Double], window: [Double]) -> FeatureDrift.Chart {
    let sides = [reference, window].filter { !$0.isEmpty }
    guard let low = sides.map({ quantile(ofSorted: $0, 0.005) }).min(),
      let high = sides.map({ quantile(ofSorted: $0, 0.995) }).max()
    else { return FeatureDrift.Chart(labels: [], reference: [], window: []) }
    guard high > low else {
      let isAt = { (values: [Double]) in
        values.isEmpty ? 0.0 : Double(values.count { $0 == low }) / Double(values.count)
      }
      return FeatureDrift.Chart(labels: [numberText(low)], reference: [isAt(reference)], window: [isAt(window)])
    }
    let width = (high - low) / Double(bars)
    let edges = QuantileBins(edges: (1..<bars).map { low + Double($0) * width })
    let labels = (0..<bars).map { bar in
      "\(shortText(low + Double(bar) * width)) to \(shortText(low + Double(bar + 1) * width))"
    }
    return FeatureDrift.Chart(
      labels: labels, reference: shares(edges.counts(ofSorted: reference)),
      window: shares(edges.counts(ofSorted: window)))
  }
}

/// A bar for each of the reference's most frequent levels, one for all others, one each for unseen and missing.
enum LevelChart {
  static let bars = 12

  static func make(
    known: [ReferenceProfile.Level], counts: [Int], missing: (Int, Int), unseen: (Int, Int)
  ) -> FeatureDrift.Chart {
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
    return FeatureDrift.Chart(labels: labels, reference: shares(reference), window: shares(window))
  }
}
