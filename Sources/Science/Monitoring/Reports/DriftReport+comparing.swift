import Statistics
import Tabular
package import WorkerContract

extension DriftReport {
  /// Compares `window` with `reference`. A feature that the window does not have at all is missing in every row.
  ///
  /// Severity: critical when drifted and PSI ≥ critical; warning when drifted or PSI ≥ warning. Drifted means that the
  /// p-value after correction is below the significance and the effect is at least its floor. The correction runs over
  /// the features; the predictions are one test of their own. Where a correction is asked for, an index that chance
  /// explains in a window this small is no finding.
  package init(
    _ window: PredictionWindow, reference: ReferenceProfile, rules: DriftRules = .init(), minimumSamples: Int = 30
  ) throws(UnknownDriftTest) {
    let comparison = try FeatureComparison(rules, reference)
    self.init(
      rules: rules, source: .rows, rows: window.rowCount, reference: reference, minimumSamples: minimumSamples,
      compared: reference.features.map { feature in
        comparison.finding(feature, column: window.features[feature.name], windowRows: window.rowCount)
      },
      predicted: PredictedCounts(window), test: comparison.tests.categorical)
  }

  /// Judges what was compared.
  /// - Parameter test: By which the predicted classes are compared.
  init(
    rules: DriftRules, source: DriftRules.Source, rows: Int, reference: ReferenceProfile, minimumSamples: Int,
    compared: [DriftFinding], predicted: PredictedCounts, test: any CategoricalDriftTest
  ) {
    self.rules = rules
    self.source = source
    self.rows = rows
    referenceRows = reference.rows
    conclusive = rows >= max(1, minimumSamples)
    let verdict = DriftVerdict(rules: rules, conclusive: conclusive)
    var compared = compared
    let adjusted = Self.adjusted(compared.map(\.pValue), rules.correction)
    for index in compared.indices {
      compared[index].adjustedPValue = adjusted[index]
      let isNumeric = compared[index].type == .numeric
      (compared[index].drifted, compared[index].severity) = verdict.judge(
        pValue: adjusted[index],
        significance: isNumeric ? rules.numeric.significance : rules.categorical.significance,
        effect: compared[index].effect,
        floor: isNumeric ? rules.minimumEffect.numeric : rules.minimumEffect.categorical,
        index: StabilityIndex(value: compared[index].psi, noise: compared[index].psiNoise))
    }
    features = compared
    predictions = reference.predictions.map {
      PredictionDrift(
        predicted, reference: $0, by: test, verdict: verdict, noiseLevel: rules.correction == .none ? nil : 0.05)
    }
  }

  private static func adjusted(_ pValues: [Double], _ correction: DriftRules.Correction) -> [Double] {
    switch correction {
    case .none: pValues
    case .bonferroni: bonferroni(pValues)
    case .benjaminiHochberg: benjaminiHochberg(pValues)
    }
  }
}

/// What was predicted, without the rows.
struct PredictedCounts {
  /// By class.
  var counts: [(name: String, count: Int)]
  var meanConfidence: Double

  init(counts: [(name: String, count: Int)], meanConfidence: Double) {
    self.counts = counts
    self.meanConfidence = meanConfidence
  }

  init(_ window: PredictionWindow) {
    var index = LevelIndex([])
    counts = []
    for name in window.predicted {
      let code = Int(index.intern(name))
      if code == counts.count { counts.append((name, 0)) }
      counts[code].count += 1
    }
    meanConfidence = Moments(window.confidences).mean
  }
}

extension PredictionDrift {
  init(
    _ predicted: PredictedCounts, reference: ReferenceProfile.Predictions, by test: any CategoricalDriftTest,
    verdict: DriftVerdict, noiseLevel: Double?
  ) {
    var levels = LevelIndex(reference.classes)
    var counts = [Int](repeating: 0, count: reference.classes.count)
    for (name, count) in predicted.counts {
      let code = Int(levels.intern(name))
      if code == counts.count { counts.append(0) }
      counts[code] += count
    }
    let expected = reference.counts + [Int](repeating: 0, count: counts.count - reference.counts.count)
    let measure = test.measure(expected, counts)
    statistic = measure.statistic
    pValue = measure.pValue
    effect = measure.effect
    let index = StabilityIndex(expected, counts, noiseLevel: noiseLevel)
    psi = index.value
    psiNoise = index.noise
    (drifted, severity) = verdict.judge(
      pValue: pValue, significance: verdict.rules.categorical.significance, effect: effect,
      floor: verdict.rules.minimumEffect.categorical, index: index)
    meanConfidence = predicted.meanConfidence
    referenceMeanConfidence = reference.meanConfidence
    chart = DriftFinding.Chart(
      labels: levels.levels, reference: shares(expected), window: shares(counts))
  }
}

/// Each count's share of all; zeros where there are none.
func shares(_ counts: [Int]) -> [Double] {
  let total = Double(counts.reduce(0, +))
  return counts.map { total > 0 ? Double($0) / total : 0 }
}
