import Statistics
import Tabular
package import WorkerContract

extension DriftReport {
  /// Compares counts with `reference`, without any row.
  ///
  /// Tests of categories, stability index and Jensen–Shannon distance are those that the rows would give, but where a
  /// server took a value for missing (a number out of range or an unseen category of a feature that is imputed). A test
  /// of numbers says itself what it knows (`NumericDriftTest.noteOnCounts`): the Kolmogorov–Smirnov distance is a lower
  /// bound, for example, so that counts never claim more drift than rows. The Wasserstein distance is not known. An
  /// index over another number of bins than the reference's takes the nearest of the profile's edges. A redacted
  /// feature is not compared.
  package init(
    _ profile: WindowProfile, bins: ProfileBins, reference: ReferenceProfile, rules: DriftRules = .init(),
    minimumSamples: Int = 30
  ) throws(UnknownDriftTest) {
    let comparison = try FeatureComparison(rules, reference)
    let compared = reference.features.compactMap { feature -> DriftFinding? in
      guard let place = bins.features.firstIndex(where: { $0.name == feature.name }),
        let counts = profile.features[feature.name], counts.counts.count == bins.features[place].count
      else { return nil }
      switch bins.features[place].kind {
      case .numeric(let edges):
        return comparison.numeric(feature, counts, edges: edges)
      case .categorical(let levels):
        return comparison.categorical(feature, counts, levels: levels)
      }
    }
    self.init(
      rules: rules, source: .profiles, rows: profile.rowCount, reference: reference, minimumSamples: minimumSamples,
      compared: compared,
      predicted: PredictedCounts(
        counts: zip(bins.classes, profile.predictions.counts).filter { $0.1 > 0 }.map { (name: $0, count: $1) },
        meanConfidence: profile.predictions.moments.mean),
      test: comparison.tests.categorical)
  }
}

extension FeatureComparison {
  fileprivate func numeric(
    _ feature: ReferenceProfile.Feature, _ window: FeatureCounts, edges: QuantileBins
  ) -> DriftFinding {
    let missing = window.counts.last ?? 0
    let present = Array(window.counts.dropLast())
    let known = feature.numeric
    let sample = known?.sample ?? []
    var coarse = known?.bins ?? QuantileBins(edges: [])
    var expected = known?.counts ?? [0]
    var expectedMissing = feature.missing
    if bins != ReferenceProfile.bins, !sample.isEmpty {
      coarse = edges.nearest(to: QuantileBins(sorted: sample, count: bins))
      expected = coarse.counts(ofSorted: sample)
      let valued = max(1, referenceRows - feature.missing)
      expectedMissing = Int((Double(feature.missing) * Double(sample.count) / Double(valued)).rounded())
    }
    var counts = coarse.gathered(present, of: edges)
    let chart = DriftFinding.Chart(
      labels: coarse.labels, reference: shares(expected), window: shares(counts))
    if expectedMissing + missing > 0 {
      expected.append(expectedMissing)
      counts.append(missing)
    }
    return finding(
      feature, by: tests.numeric, tests.numeric.measure(sample, edges, present), expected, counts,
      reference: Self.side(known?.moments, missing: Self.rate(feature.missing, of: referenceRows)),
      window: Self.side(window.moments, missing: Self.rate(missing, of: window.rows)), chart: chart)
  }

  fileprivate func categorical(
    _ feature: ReferenceProfile.Feature, _ window: FeatureCounts, levels: [String]
  ) -> DriftFinding {
    let names = Set(levels)
    let known = (feature.levels ?? []).filter { names.contains($0.name) }
    let unseen = window.counts[levels.count]
    return categorical(
      feature, known: known, counts: Array(window.counts.prefix(levels.count)),
      missing: window.counts[levels.count + 1],
      unseen: unseen > 0 ? [ReferenceProfile.Level(name: "unseen", count: unseen)] : [], windowRows: window.rows)
  }
}

extension QuantileBins {
  /// Those of these edges that are nearest to each of the wanted ones.
  fileprivate func nearest(to wanted: QuantileBins) -> QuantileBins {
    var chosen: Set<Double> = []
    for edge in wanted.edges {
      let place = index(of: edge)
      let candidates = [place - 1, place].filter(edges.indices.contains).map { edges[$0] }
      if let best = candidates.min(by: { abs($0 - edge) < abs($1 - edge) }) { chosen.insert(best) }
    }
    return QuantileBins(edges: chosen.sorted())
  }

  /// Counts of finer bins, whose edges hold all of these, added up in these.
  fileprivate func gathered(_ counts: [Int], of finer: QuantileBins) -> [Int] {
    var gathered = [Int](repeating: 0, count: count)
    for (bin, count) in counts.enumerated() {
      let place = bin < finer.edges.count ? index(of: finer.edges[bin]) : edges.count
      gathered[place] += count
    }
    return gathered
  }

  /// `≤ 3`, `3 to 5`, `> 5`
  fileprivate var labels: [String] {
    guard let first = edges.first, let last = edges.last else { return ["all"] }
    return ["≤ \(shortText(first))"]
      + zip(edges, edges.dropFirst()).map { "\(shortText($0)) to \(shortText($1))" } + ["> \(shortText(last))"]
  }
}
