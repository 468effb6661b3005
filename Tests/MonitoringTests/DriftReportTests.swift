import Foundation
import Monitoring
import Statistics
import Tabular
import Testing
import WorkerContract

@Suite struct DriftReportTests {
  @Test func `a window of the same world is quiet`() throws {
    let reference = World.reference()
    for seed in 2..<12 {
      let report = try DriftReport(World.window(World.table(rows: 400, seed: seed)), reference: reference)
      #expect(report.conclusive && report.severity == .none && report.share == 0)
      #expect(report.predictions?.severity == Severity.none)
    }
  }

  @Test func `small windows of the same world seldom raise an alarm, and none is critical`() throws {
    let reference = World.reference()
    let severities = try (0..<60).map { seed in
      try DriftReport(World.window(World.table(rows: 40 + seed, seed: 100 + seed)), reference: reference).severity
    }
    #expect(severities.count { $0 != .none } <= 6)
    #expect(!severities.contains(.critical))
  }

  @Test func `a shifted number is critical, others stay quiet`() throws {
    let report = try DriftReport(
      World.window(World.table(rows: 400, seed: 3, shift: 1.5)), reference: World.reference())
    let amount = try #require(report.features.first)
    #expect(amount.severity == .critical && amount.drifted && amount.test == .kolmogorovSmirnov)
    #expect(amount.effect > 0.4 && amount.adjustedPValue < 1e-6 && amount.psi > 0.2)
    #expect(abs((amount.window.mean ?? 0) - 1.5) < 0.2 && abs(amount.reference.mean ?? 1) < 0.1)
    #expect(abs((amount.wasserstein ?? 0) - 1.5) < 0.2)
    #expect(report.features[1].severity == .none)
    #expect(report.share == 0.5)
  }

  @Test func `changed shares and unseen categories are found`() throws {
    let reference = World.reference()
    let changed = try DriftReport(World.window(World.table(rows: 400, seed: 3, red: 0.9)), reference: reference)
    #expect(changed.features[1].severity == .critical && changed.features[1].test == .chiSquare)
    let table = World.table(rows: 400, seed: 4)
    let codes = (0..<400).map { Int32($0 % 3 == 0 ? 0 : 1) }
    let unseen = try DriftReport(
      World.window(table.replacing("colour", with: .categorical(codes: codes, levels: ["violet", "red"]))),
      reference: reference)
    #expect(unseen.features[1].severity == .critical)
    #expect(abs(unseen.features[1].window.unseenRate - 1.0 / 3) < 0.01)
  }

  @Test func `an effect below its floor is no drift, without floors and correction it is`() throws {
    let window = World.window(World.table(rows: 20_000, seed: 5, shift: 0.08))
    let reference = World.reference(rows: 20_000)
    let report = try DriftReport(window, reference: reference)
    #expect(report.features[0].adjustedPValue < 0.001 && !report.features[0].drifted)
    #expect(report.severity == .none)
    var plain = DriftRules()
    plain.minimumEffect.numeric = 0
    plain.correction = .none
    #expect(try DriftReport(window, reference: reference, rules: plain).features[0].severity == .warning)
  }

  @Test func `too few rows give no verdict`() throws {
    let report = try DriftReport(World.window(World.table(rows: 29, seed: 3, shift: 5)), reference: World.reference())
    #expect(!report.conclusive && report.severity == .none && report.share == 0)
    #expect(try !DriftReport(World.window(World.table(rows: 0, seed: 1)), reference: World.reference()).conclusive)
  }

  @Test func `predicted classes are compared with held-out rows`() throws {
    let report = try DriftReport(
      World.window(World.table(rows: 300, seed: 3), positives: 7), reference: World.reference())
    #expect(report.predictions?.severity == .critical && report.predictions?.drifted == true)
    #expect(report.severity == .none)
  }

  @Test func `a constant feature and one that vanished are no crash`() throws {
    let constant = Table([("amount", .numeric([Double](repeating: 4, count: 100)))])
    let schema = FeatureSchema(target: .init(name: "y"), features: [.init(name: "amount", type: .numeric)])
    let reference = ReferenceProfile(training: constant, schema: schema, predictions: nil)
    let same = try DriftReport(World.window(constant), reference: reference)
    #expect(same.features[0].pValue == 1 && same.severity == .none && same.predictions == nil)
    let gone = try DriftReport(
      World.window(World.table(rows: 100, seed: 1).removing(["amount"])), reference: World.reference())
    #expect(gone.features[0].window.missingRate == 1 && gone.features[0].severity == .warning)
    let other = Table([("amount", .numeric([Double](repeating: 3, count: 100)))])
    #expect(try DriftReport(World.window(other), reference: reference).severity == .critical)
  }

  @Test func `a profile that contradicts itself is told before it is compared with`() {
    let sound = World.reference()
    #expect(sound.problem == nil)
    func problem(_ change: (inout ReferenceProfile) -> Void) -> String? {
      var profile = sound
      change(&profile)
      return profile.problem
    }
    let broken: [(inout ReferenceProfile) -> Void] = [
      { $0.format = "v9" }, { $0.rows = -1 }, { $0.features[0].missing = .max },
      { $0.features[0].numeric?.counts = [1] },
      { $0.features[0].numeric?.sample.reverse() }, { $0.predictions?.counts.append(1) },
    ]
    for (index, change) in broken.enumerated() { #expect(problem(change) != nil, "change \(index)") }
  }

  @Test func `a profile survives being saved and stays bounded`() throws {
    let profile = World.reference(rows: 12_000)
    #expect(profile.features[0].numeric?.sample.count == ReferenceProfile.sampleLimit)
    let copy = try JSONDecoder().decode(ReferenceProfile.self, from: JSONEncoder().encode(profile))
    #expect(copy == profile)
    let window = World.window(World.table(rows: 100, seed: 9))
    #expect(try DriftReport(window, reference: copy) == DriftReport(window, reference: profile))
    var rules = DriftRules()
    rules.psi.bins = 5
    #expect(try DriftReport(window, reference: profile, rules: rules).severity == .none)
  }

  @Test(
    .enabled(
      if: realData("adult_train.csv") != nil && realData("adult_test.csv") != nil,
      "the census data is not beside the repository"))
  func `the census test rows are no drift from the training rows`() throws {
    let raw = try RawTable(csv: try #require(realData("adult_train.csv")))
    let inferred = try raw.inferSchema(target: "income")
    let training = raw.read(schema: inferred.schema)
    let test = try RawTable(csv: try #require(realData("adult_test.csv"))).read(schema: inferred.schema)
    let reference = ReferenceProfile(training: training.table, schema: inferred.schema, predictions: nil)
    for rows in [16_281, 1000, 100, 30] {
      let part = test.table.selecting(rows: (0..<rows).map { $0 * (test.table.rowCount / rows) })
      let window = World.window(part)
      let report = try DriftReport(window, reference: reference)
      #expect(report.severity == .none, "\(rows): \(report.features.filter { $0.severity != .none }.map(\.feature))")
      let quality = QualityReport(window, reference: reference)
      #expect(quality.severity == .none, "\(quality.failures)")
    }
  }
}
