import Foundation
import Statistics
import Tabular
import Testing
import WorkerContract
import Values

@testable import Monitoring

/// What every drift test of the list keeps to.
@Suite struct DriftTestContract {
  static func normal(_ count: Int, seed: Int, shift: Double = 0, scale: Double = 1) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in generator.normal() * scale + shift }.sorted()
  }

  /// Few values, each many times.
  static func coarse(_ count: Int, seed: Int, of values: Int = 4) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in Double(generator.index(below: values)) }.sorted()
  }

  static func counts(_ count: Int, seed: Int, of levels: Int = 6, favouring level: Int? = nil) -> [Int] {
    var generator = SeededGenerator(seed: seed)
    var counts = [Int](repeating: 0, count: levels)
    for _ in 0..<count {
      let isFavoured = generator.bernoulli(0.5)
      counts[isFavoured ? level ?? generator.index(below: levels) : generator.index(below: levels)] += 1
    }
    return counts
  }

  static func isSound(_ measure: DriftMeasure) -> Bool {
    (0...1).contains(measure.pValue) && (0...1).contains(measure.effect) && measure.statistic.isFinite
      && measure.statisticBound.map { $0 >= measure.statistic } ?? true
  }

  static let nothing = DriftMeasure(statistic: 0, pValue: 1, effect: 0)
  static let numericNames: [DriftTestName] = DriftTests.numeric.map(\.name)

  private func numeric(_ name: DriftTestName) throws -> any NumericDriftTest {
    try #require(DriftTests.named(name) as? any NumericDriftTest)
  }

  private func categorical(_ name: DriftTestName) throws -> any CategoricalDriftTest {
    try #require(DriftTests.named(name) as? any CategoricalDriftTest)
  }

  // MARK: Numbers

  @Test(arguments: DriftTests.numeric.map(\.name)) func `no value on a side says nothing, one value is no crash`(
    _ name: DriftTestName
  ) throws {
    let test = try numeric(name)
    let many = Self.normal(50, seed: 1)
    let bins = QuantileBins(sorted: many, count: 10)
    for (first, second) in [([], many), (many, []), ([], [])] {
      #expect(test.measure(first, second).pValue == 1 && test.measure(first, second).effect == 0)
    }
    let empty = [Int](repeating: 0, count: bins.count)
    for measure in [test.measure(many, bins, empty), test.measure([], bins, bins.counts(ofSorted: many))] {
      #expect(measure.pValue == 1 && measure.effect == 0)
    }
    for (first, second) in [([0.3], many), (many, [0.3]), ([1], [1]), ([1], [2]), ([1, 2], [2])] {
      #expect(Self.isSound(test.measure(first, second)), "\(first.count) \(second.count)")
    }
    #expect(test.measure([1], [2]).pValue > 0.05, "two values prove nothing")
  }

  @Test(arguments: DriftTests.numeric.map(\.name)) func `constants are the same or have nothing in common`(
    _ name: DriftTestName
  ) throws {
    let test = try numeric(name)
    let (three, four) = ([Double](repeating: 3, count: 40), [Double](repeating: 4, count: 500))
    #expect(test.measure(three, [Double](repeating: 3, count: 500)).pValue == 1)
    #expect(test.measure(three, three).effect == 0)
    let apart = test.measure(three, four)
    #expect(apart.effect == 1 && apart.pValue < 1e-6)
  }

  @Test(arguments: DriftTests.numeric.map(\.name)) func `samples that are the same give no finding`(
    _ name: DriftTestName
  ) throws {
    let test = try numeric(name)
    for sample in [Self.normal(300, seed: 3), Self.coarse(300, seed: 4), [0, 0, 0, 1]] {
      let bins = QuantileBins(sorted: sample, count: 20)
      for measure in [
        test.measure(sample, sample), test.measure(sample, bins, bins.counts(ofSorted: sample)),
        test.measure(sample, (sample + sample + sample).sorted()),
      ] {
        #expect(measure.effect < 1e-12 && measure.pValue > 0.5, "\(measure)")
      }
    }
  }

  @Test(arguments: DriftTests.numeric.map(\.name))
  func `samples that are swapped, mirrored, stretched or repeated have the same effect`(_ name: DriftTestName) throws {
    let test = try numeric(name)
    let samples = [
      (Self.normal(200, seed: 5), Self.normal(77, seed: 6, shift: 0.4)),
      (Self.coarse(120, seed: 7), Self.coarse(301, seed: 8, of: 5)), ([1, 2, 3, 4], [2.5]),
    ]
    for (first, second) in samples {
      let measure = test.measure(first, second)
      #expect(Self.isSound(measure))
      let swapped = test.measure(second, first)
      #expect(abs(swapped.effect - measure.effect) < 1e-12 && abs(swapped.pValue - measure.pValue) < 1e-9)
      let mirrored = test.measure(first.reversed().map { -$0 }, second.reversed().map { -$0 })
      #expect(abs(mirrored.effect - measure.effect) < 1e-12)
      let stretched = test.measure(first.map { $0 * 8 + 2 }, second.map { $0 * 8 + 2 })
      #expect(abs(stretched.effect - measure.effect) < 1e-12)
      let repeated = test.measure((first + first).sorted(), second)
      #expect(abs(repeated.effect - measure.effect) < 1e-12)
    }
  }

  @Test(arguments: DriftTests.numeric.map(\.name)) func `counts say what rows say, within the stated bound`(
    _ name: DriftTestName
  ) throws {
    let test = try numeric(name)
    let reference = Self.normal(4000, seed: 9)
    let grid = Self.coarse(4000, seed: 10, of: 9)
    for (reference, window) in [
      (reference, Self.normal(900, seed: 11)), (reference, Self.normal(900, seed: 12, shift: 0.3)),
      (reference, Self.normal(300, seed: 13, scale: 3)), (reference, Self.normal(60, seed: 14, shift: 4)),
      (grid, Self.coarse(500, seed: 15, of: 9)), (grid, Self.coarse(500, seed: 16, of: 5)),
    ] {
      let bins = QuantileBins(sorted: reference, count: 100)
      let (a, b) = (bins.counts(ofSorted: reference), bins.counts(ofSorted: window))
      let heaviest =
        zip(a, b).map { Double($0) / Double(reference.count) + Double($1) / Double(window.count) }.max() ?? 0
      let (rows, counts) = (test.measure(reference, window), test.measure(reference, bins, b))
      #expect(Self.isSound(counts))
      #expect(abs(rows.effect - counts.effect) <= 3.0.squareRoot() * heaviest, "\(rows.effect) \(counts.effect)")
      if let bound = counts.statisticBound {
        #expect(counts.statistic <= rows.statistic + 1e-12 && rows.statistic <= bound + 1e-12)
      }
    }
    let wrong = test.measure(reference, QuantileBins(edges: [0, 1]), [1, 2])
    #expect(wrong.pValue == 1 && wrong.effect == 0, "counts of other bins say nothing")
  }

  @Test(arguments: DriftTests.numeric.map(\.name)) func `an alarm has the risk that it states, and drift is found`(
    _ name: DriftTestName
  )
    throws
  {
    let test = try numeric(name)
    let reference = Self.normal(2000, seed: 17)
    let quiet = (0..<200).map { test.measure(reference, Self.normal(80, seed: 1000 + $0)).pValue }
    // 5 % of 200 are 10; 20 or more have a probability of 0.3 %.
    #expect(quiet.count { $0 < 0.05 } < 20)
    let coarse = Self.coarse(2000, seed: 18)
    let ties = (0..<200).map { test.measure(coarse, Self.coarse(80, seed: 2000 + $0)).pValue }
    #expect(ties.count { $0 < 0.05 } < 20)
    let loud = test.measure(reference, Self.normal(400, seed: 19, shift: 1.5))
    #expect(loud.pValue < 1e-6 && loud.effect > 0.4)
  }

  // MARK: Categories

  @Test(arguments: DriftTests.categorical.map(\.name)) func `no row or one category says nothing`(_ name: DriftTestName)
    throws
  {
    let test = try categorical(name)
    for (first, second) in [([], []), ([0, 0], [3, 4]), ([3, 4], [0, 0]), ([7], [2]), ([7, 0], [2, 0])] {
      #expect(test.measure(first, second) == Self.nothing)
    }
    for (first, second) in [([1, 0], [0, 1]), ([500, 500], [0, 1]), ([1, 0, 0], [40, 60, 0])] {
      #expect(Self.isSound(test.measure(first, second)))
    }
    #expect(test.measure([1, 0], [0, 1]).pValue > 0.05, "two rows prove nothing")
  }

  @Test(arguments: DriftTests.categorical.map(\.name))
  func `shares that are the same give no finding, swapped samples the same effect`(_ name: DriftTestName) throws {
    let test = try categorical(name)
    let counts = Self.counts(600, seed: 20)
    for same in [test.measure(counts, counts), test.measure(counts, counts.map { $0 * 7 })] {
      #expect(same.effect < 1e-12 && same.pValue > 0.99)
    }
    for other in [Self.counts(90, seed: 21, favouring: 2), Self.counts(5000, seed: 22), [0, 0, 0, 0, 0, 9]] {
      let (measure, swapped) = (test.measure(counts, other), test.measure(other, counts))
      #expect(Self.isSound(measure) && abs(measure.effect - swapped.effect) < 1e-12)
      #expect(abs(measure.pValue - swapped.pValue) < 1e-9)
      let mirrored = test.measure(counts.reversed(), other.reversed())
      #expect(abs(measure.effect - mirrored.effect) < 1e-12 && abs(measure.pValue - mirrored.pValue) < 1e-9)
    }
    let apart = test.measure([300, 0], [0, 300])
    #expect(abs(apart.effect - 1) < 1e-12 && apart.pValue < 1e-12)
  }

  @Test(arguments: DriftTests.categorical.map(\.name))
  func `an alarm on categories has the risk that it states, and drift is found`(_ name: DriftTestName) throws {
    let test = try categorical(name)
    let reference = Self.counts(3000, seed: 23)
    let quiet = (0..<200).map { test.measure(reference, Self.counts(120, seed: 3000 + $0)).pValue }
    #expect(quiet.count { $0 < 0.05 } < 20)
    let loud = test.measure(reference, Self.counts(300, seed: 24, favouring: 1))
    #expect(loud.pValue < 1e-6 && loud.effect > 0.2)
  }

  // MARK: In a report

  private static func rules(_ name: DriftTestName) -> DriftRules {
    var rules = DriftRules()
    if numericNames.contains(name) { rules.numeric.test = name } else { rules.categorical.test = name }
    return rules
  }

  @Test(arguments: DriftTests.all.map(\.name))
  func `the rules choose the test, and its sentence names the feature`(_ name: DriftTestName) throws {
    let rules = Self.rules(name)
    let place = Self.numericNames.contains(name) ? 0 : 1
    let window = World.window(World.table(rows: 400, seed: 3, shift: 1.5, red: 0.9), positives: 6)
    let report = try DriftReport(window, reference: World.reference(), rules: rules)
    let finding = report.features[place]
    #expect(finding.test == name && finding.severity == .critical && finding.drifted)
    #expect(report.features[1 - place].test == (place == 0 ? .chiSquare : .kolmogorovSmirnov))
    let sentence = DriftTests.sentence(about: finding)
    #expect(sentence.hasPrefix("\(finding.feature) drifted critically: ") && sentence.contains("PSI"), "\(sentence)")
    let test = try #require(DriftTests.named(name))
    #expect(sentence.contains(test.statisticName) && sentence.contains("corrected p < 0.0001"))
    #expect(report.predictions?.severity == .critical)
    let page = MonitoringReport(
      subject: .init(namespace: "n", model: "m", version: "v1", policy: "p", run: "r", from: "a", to: "b"),
      drift: report, quality: QualityReport(window, reference: World.reference()),
      performance: PerformanceReport(window, due: nil, positive: "1", rules: .init(), now: 1e9, minimumLabels: 30)
    ).html
    #expect(page.contains("<dt>\(escaped(test.statisticName))</dt>") && page.contains("(\(test.effectSymbol))"))
    let quiet = try DriftReport(
      World.window(World.table(rows: 400, seed: 4)), reference: World.reference(), rules: rules)
    #expect(quiet.severity == .none && quiet.predictions?.severity == Severity.none)
    #expect(DriftTests.sentence(about: quiet.features[place]).contains("did not drift: "))
  }

  @Test(arguments: DriftTests.all.map(\.name))
  func `the sentence says what the verdict is, also where the index warns and the test does not`(_ name: DriftTestName)
    throws
  {
    let test = try #require(DriftTests.named(name))
    let window = World.window(World.table(rows: 400, seed: 3))
    var finding = try DriftReport(window, reference: World.reference(), rules: Self.rules(name))
      .features[Self.numericNames.contains(name) ? 0 : 1]
    for (drifted, severity, words) in [
      (false, .none, "did not drift:"), (false, .warning, "did not drift, but its PSI is high:"),
      (true, .warning, "drifted slightly:"), (true, .critical, "drifted critically:"),
    ] as [(Bool, Severity, String)] {
      (finding.drifted, finding.severity) = (drifted, severity)
      #expect(test.sentence(about: finding).hasPrefix("\(finding.feature) \(words) "))
    }
    // By the rules themselves.
    var rules = Self.rules(name)
    (rules.minimumEffect.numeric, rules.minimumEffect.categorical) = (0.99, 0.99)
    let moved = World.window(World.table(rows: 400, seed: 3, shift: 1.5, red: 0.9))
    let warned = try DriftReport(moved, reference: World.reference(), rules: rules)
      .features[Self.numericNames.contains(name) ? 0 : 1]
    #expect(warned.severity == .warning && !warned.drifted)
    #expect(DriftTests.sentence(about: warned).contains(" did not drift, but its PSI is high: "))
  }

  @Test(arguments: DriftTests.numeric.map(\.name)) func `values that are not finite are none`(_ name: DriftTestName)
    throws
  {
    let odd: [Double] = [.infinity, -.infinity, .nan, .nan]
    func report(_ odd: [Double]) throws -> DriftReport {
      let numbers = Self.normal(100, seed: 25, shift: 0.5) + odd
      let window = World.window(World.table(rows: 104, seed: 2).replacing("amount", with: .numeric(numbers)))
      return try DriftReport(window, reference: World.reference(), rules: Self.rules(name))
    }
    let finding = try report(odd).features[0]
    #expect(finding == (try report([.nan, .nan, .nan, .nan]).features[0]))
    #expect(finding.window.missingRate == 4.0 / 104 && finding.window.maximum?.isFinite == true)
    let allMissing = World.window(World.table(rows: 100, seed: 2, missing: 1))
    let gone = try DriftReport(allMissing, reference: World.reference(), rules: Self.rules(name)).features[0]
    #expect(gone.pValue == 1 && gone.effect == 0 && gone.severity == .warning && gone.window.missingRate == 1)
  }

  @Test func `the default tests are those of before, and names tell tests apart`() throws {
    let tests = try ChosenDriftTests(DriftRules())
    #expect(tests.numeric.name.rawValue == "KolmogorovSmirnov" && tests.categorical.name.rawValue == "ChiSquare")
    #expect(Set(DriftTests.all.map(\.name)).count == DriftTests.all.count)
    #expect(DriftTests.numeric.count >= 2 && DriftTests.categorical.count >= 2)
  }

  @Test func `a test that this release does not have, or of the other type, is named together with those it has`() {
    var rules = DriftRules()
    rules.numeric.test = .chiSquare
    #expect(throws: UnknownDriftTest(field: "spec.drift.numeric.test", name: .chiSquare, known: Self.numericNames)) {
      try DriftReport(World.window(World.table(rows: 40, seed: 1)), reference: World.reference(), rules: rules)
    }
    rules = Self.rules(DriftTestName(rawValue: "Oracle"))
    let error = #expect(throws: UnknownDriftTest.self) { try ChosenDriftTests(rules) }
    let known = DriftTests.categorical.map(\.name.rawValue).joined(separator: " and ")
    #expect(error?.description.contains("'Oracle'; this release has \(known)") == true)
  }
}
