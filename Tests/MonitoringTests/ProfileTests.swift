import Foundation
import Statistics
import Tabular
import Testing
import WorkerContract

@testable import Monitoring

@Suite struct ProfileTests {
  private let learned = FeatureSchema(
    target: World.schema.target,
    features: World.schema.features.map { feature in
      var feature = feature
      if feature.type == .categorical { feature.categories = ["blue", "green", "red"] }
      return feature
    })

  private func bins(_ reference: ReferenceProfile) -> ProfileBins {
    ProfileBins(reference: reference, schema: learned, classes: ["0", "1"])
  }

  /// What servers would have counted of these rows.
  private func profile(_ window: PredictionWindow, _ bins: ProfileBins) -> WindowProfile {
    var profile = WindowProfile()
    for feature in bins.features {
      var counts = FeatureCounts(counts: [Int](repeating: 0, count: feature.count))
      switch (feature.kind, window.features[feature.name]) {
      case (.numeric(let edges), .numeric(let values)?):
        for value in values { counts.counts[value.isNaN ? edges.count : edges.index(of: value)] += 1 }
        counts.moments = Moments(values)
      case (.categorical(let known), .categorical(let codes, let levels)?):
        for code in codes {
          let bin = code < 0 ? known.count + 1 : known.firstIndex(of: levels[Int(code)]) ?? known.count
          counts.counts[bin] += 1
        }
      default: counts.counts[feature.count - 1] = window.rowCount
      }
      profile.add(counts, toFeature: feature.name)
    }
    profile.predictions = FeatureCounts(
      counts: bins.classes.map { name in window.predicted.count { $0 == name } }, moments: Moments(window.confidences))
    return profile
  }

  @Test func `counts say of every window what its rows say, and bound the distance they cannot know`() throws {
    let reference = World.reference()
    let bins = bins(reference)
    for (seed, shift, red, missing) in [
      (2, 0.0, 0.5, 0.02), (3, 0.3, 0.5, 0.02), (4, 1.5, 0.9, 0.02), (5, -0.4, 0.45, 0.3),
    ] {
      let window = World.window(
        World.table(rows: 900, seed: seed, shift: shift, missing: missing, red: red), positives: seed)
      for psiBins in [10, 20, 7] {
        var rules = DriftRules()
        rules.psi.bins = psiBins
        let rows = try DriftReport(window, reference: reference, rules: rules)
        let counts = try DriftReport(profile(window, bins), bins: bins, reference: reference, rules: rules)
        #expect(counts.rows == rows.rows && counts.source == .profiles && rows.source == .rows)
        #expect(counts.predictions == rows.predictions)
        #expect(counts.features[1] == rows.features[1], "a categorical feature loses nothing")
        let (counted, exact) = (counts.features[0], rows.features[0])
        #expect(counted.statistic <= exact.statistic + 1e-12)
        let bound = try #require(counted.statisticBound)
        #expect(exact.statistic <= bound && bound - counted.statistic < 0.04, "\(counted.statistic) \(bound)")
        #expect(counted.pValue >= exact.pValue)
        #expect(counted.severity == exact.severity)
        let tolerance = psiBins == 7 ? 0.05 : 1e-12
        #expect(
          abs(counted.psi - exact.psi) < tolerance && abs(counted.jensenShannon - exact.jensenShannon) < tolerance)
        #expect(counted.window.missingRate == exact.window.missingRate)
        #expect(abs((counted.window.mean ?? 0) - (exact.window.mean ?? 1)) < 1e-9)
      }
    }
  }

  @Test func `minutes and servers add up to the window`() {
    let reference = World.reference()
    let bins = bins(reference)
    let whole = World.table(rows: 1000, seed: 9, shift: 0.4)
    var sum = WindowProfile()
    for part in 0..<4 {
      let rows = Array(part * 250..<(part + 1) * 250)
      let counts = profile(World.window(whole.selecting(rows: rows)), bins)
      for (name, feature) in counts.features { sum.add(feature, toFeature: name) }
      sum.addPredictions(counts.predictions)
    }
    let direct = profile(World.window(whole), bins)
    #expect(sum.rowCount == 1000)
    #expect(sum.features["amount"]?.counts == direct.features["amount"]?.counts)
    #expect(sum.features["colour"] == direct.features["colour"])
    let (a, b) = (sum.features["amount"]?.moments, direct.features["amount"]?.moments)
    #expect(abs((a?.deviation ?? 0) - (b?.deviation ?? 1)) < 1e-12 && a?.count == b?.count)
    var other = FeatureCounts(counts: [1, 2])
    #expect(!other.merge(FeatureCounts(counts: [1, 2, 3])) && other.counts == [1, 2])
  }

  @Test func `a value that many rows share keeps a bin of its own, and one level the pipeline does not know is unseen`()
    throws
  {
    let values = (0..<1000).map { $0 % 10 < 8 ? 0.0 : Double($0) }
    let colours = (0..<1000).map { Int32($0 % 4) }
    let table = Table([
      ("amount", .numeric(values)),
      ("colour", .categorical(codes: colours, levels: ["red", "green", "blue", "violet"])),
    ])
    let reference = ReferenceProfile(training: table, schema: World.schema, predictions: nil)
    let bins = bins(reference)
    let window = World.window(table)
    let report = try DriftReport(profile(window, bins), bins: bins, reference: reference)
    #expect(report.features[0].statistic < 1e-12 && report.features[0].psi == 0)
    #expect(report.features[1].psi == 0 && report.features[1].window.unseenRate == 0.25)
    #expect(report.features[1].reference.unseenRate == 0.25)
    let moved = Table([("amount", .numeric(values.map { $0 == 0 ? 0.001 : $0 }))])
    let rows = try DriftReport(World.window(moved), reference: reference).features[0]
    let counts = try DriftReport(profile(World.window(moved), bins), bins: bins, reference: reference).features[0]
    #expect(rows.statistic == counts.statistic && rows.statistic > 0.7)
  }

  @Test func `bins are told apart by all that they follow from`() {
    let reference = World.reference()
    let same = bins(World.reference())
    #expect(bins(reference) == same && bins(reference).identity == same.identity)
    #expect(bins(World.reference(rows: 4000)).identity != same.identity)
    #expect(
      ProfileBins(reference: reference, schema: learned, classes: ["1", "0"]).identity != same.identity)
    #expect(same.features.map(\.count).allSatisfy { $0 < 130 })
  }

  @Test func `a redacted feature is left out, an empty profile gives no verdict`() throws {
    let reference = World.reference()
    let bins = bins(reference)
    var counts = profile(World.window(World.table(rows: 100, seed: 3, shift: 9)), bins)
    counts.features["amount"] = nil
    let report = try DriftReport(counts, bins: bins, reference: reference)
    #expect(report.features.map(\.feature) == ["colour"] && report.severity == .none && report.conclusive)
    #expect(try !DriftReport(WindowProfile(), bins: bins, reference: reference).conclusive)
  }
}
