import Foundation
import Statistics
import Tabular
import Telemetry
import Testing
import WorkerContract
import Values

@testable import Monitoring
@testable import Workers

/// What a check found, in its three views: the result that the operator reads, the rows of the telemetry store and the
/// page. They are compared with files: one page as a whole, of the others the parts that differ from it in kind.
/// `APUS_RECORD_GOLDEN=1 swift test` writes the files.
@Suite struct CheckViewsTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Golden/Checks")
  static let schema = FeatureSchema(
    target: .init(name: "y", positive: "1", classes: ["0", "1"]),
    features: [
      .init(name: "amount", type: .numeric, nullable: true, minimum: -100, maximum: 100),
      .init(name: "visits", type: .numeric),
      .init(name: "colour", type: .categorical, nullable: true, categories: ["red", "green", "blue"]),
      .init(name: "city <&>", type: .categorical, categories: (0..<15).map { "city \($0)" }),
    ])

  static func table(rows: Int, seed: Int, shift: Double = 0, missing: Double = 0.02, red: Double = 0.5) -> Table {
    var generator = SeededGenerator(seed: seed)
    var (amounts, visits): ([Double], [Double]) = ([], [])
    var (colours, cities): ([Int32], [Int32]) = ([], [])
    for _ in 0..<rows {
      let amount = generator.normal() + shift
      amounts.append(generator.bernoulli(missing) ? .nan : amount)
      visits.append(Double(generator.index(below: 4)) + (shift > 1 ? 2 : 0))
      colours.append(generator.bernoulli(red) ? 0 : Int32(1 + generator.index(below: shift > 1 ? 3 : 2)))
      cities.append(Int32(generator.index(below: 15)))
    }
    return Table([
      ("amount", .numeric(amounts)), ("visits", .numeric(visits)),
      ("colour", .categorical(codes: colours, levels: ["red", "green", "blue", "puce"])),
      ("city <&>", .categorical(codes: cities, levels: (0..<15).map { "city \($0)" })),
    ])
  }

  static let reference = ReferenceProfile(
    training: table(rows: 3000, seed: 1), schema: schema,
    predictions: .init(classes: ["0", "1"], counts: [800, 200], meanConfidence: 0.9))

  static func window(_ table: Table, positives: Int = 2, confidence: Double = 0.9, repeats: Int = 0) -> PredictionWindow
  {
    let rows = 0..<table.rowCount
    let predicted = rows.map { $0 % 10 < positives ? "1" : "0" }
    return PredictionWindow(
      features: table, classes: ["0", "1"], predicted: predicted, confidences: rows.map { _ in confidence },
      probabilities: predicted.flatMap { $0 == "1" ? [0.1, 0.9] : [0.9, 0.1] }, latencies: rows.map { _ in 0.01 },
      requestIDs: rows.map { "r\($0)" }, repeats: repeats,
      labels: rows.map { $0 % 10 == 0 ? (predicted[$0] == "1" ? "0" : "1") : predicted[$0] },
      times: rows.map(Double.init))
  }

  /// What servers would have counted of these rows.
  static func counts(_ window: PredictionWindow, _ bins: ProfileBins) -> WindowProfile {
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

  static let names = ["quiet", "drifted", "gone", "few", "counted", "tests"]

  static func report(_ name: String) throws -> MonitoringReport {
    var window =
      switch name {
      case "drifted", "tests":
        window(
          table(rows: 600, seed: 3, shift: 1.5, missing: 0.3, red: 0.2), positives: 6, confidence: 0.5, repeats: 30)
      case "few": window(table(rows: 7, seed: 4, shift: 5))
      case "counted": window(table(rows: 900, seed: 5, shift: 0.4, missing: 0.1))
      default: window(table(rows: 400, seed: 2))
      }
    if name == "gone" {
      window.features = window.features.removing(["colour", "visits"])
      window.predicted[3] = "2"
    }
    let bins = ProfileBins(reference: reference, schema: schema, classes: ["0", "1"])
    var check = CheckRun(
      policy: "watch", reference: ArtifactReference(version: "v3", digest: "sha256:0"),
      from: "2025-11-21T17:00:00Z", to: "2025-11-21T23:00:00Z", minimumSamples: 30)
    if name == "tests" {
      check.drift.numeric.test = CramerVonMisesTest().name
      check.drift.categorical.test = GTest().name
    }
    return try MonitoringReport(
      namespace: "shop", model: "income", run: "shop.watch-check-202511212300", check: check, window: window,
      profile: name == "counted" ? (counts(window, bins), bins) : nil, reference: reference,
      positive: "1", now: 1e9)
  }

  @Test func `the page is as in its file`() throws {
    try compare(try Self.report("drifted").html, "drifted.html")
  }

  /// Without drawings.
  private static func parts(_ name: String) throws -> String {
    let page = ReportPage(report: try report(name))
    let parts =
      switch name {
      case "quiet": [page.head, page.tiles, page.qualityTable]
      case "gone": [page.head, page.driftTable, page.qualityTable]
      case "few": [page.head, page.tiles, page.performanceSection]
      default: [page.driftTable, page.predictionSection, page.charts, page.rules]
      }
    return parts.joined(separator: "\n").replacing(/<svg.*?<\/svg>/, with: "<svg/>") + "\n"
  }

  @Test(arguments: ["quiet", "gone", "few", "counted", "tests"])
  func `what is special about the page is as in its file`(_ name: String) throws {
    try compare(try Self.parts(name), name + ".parts.html")
  }

  @Test(arguments: names)
  func `the result is as in its file, and an operator of release 0.1.0 reads it`(_ name: String) throws {
    let report = try Self.report(name)
    let result = RunResult(run: report.subject.run, checked: report.result(report: "reports/\(name).html"))
    let text = String(decoding: try ResultFile.encode(result), as: UTF8.self)
    try compare(text + "\n", name + ".json")
    let read = try JSONDecoder().decode(RunResult.self, from: Data(text.utf8))
    #expect(read == result)
    let older = try #require(try JSONDecoder().decode(FrozenRunResult.self, from: Data(text.utf8)).checked)
    let drift = try #require(result.checked?.drift)
    #expect(older.drift.severity.rawValue == drift.severity.rawValue && older.drift.critical == drift.critical)
    #expect(older.drift.worst.map(\.feature) == drift.worst.map(\.feature) && older.drift.share == drift.share)
    #expect(older.quality.failed.map(\.check) == result.checked?.quality.failed.map(\.check.rawValue))
    #expect(older.performance.labelled == result.checked?.performance.labelled && older.rows == result.checked?.rows)
    #expect(older.performance.metrics?.accuracy == result.checked?.performance.metrics?.accuracy)
  }

  @Test(arguments: names) func `the rows are as in their file`(_ name: String) throws {
    let report = try Self.report(name)
    let record = try CheckRecord(report, run: report.subject.run, from: 0, to: 60, time: 70)
    func figure(_ value: Double) -> String { String(format: "%.9g", value) }
    var lines = ["drift \(record.drift.severity.rawValue) \(figure(record.drift.share)) rows \(record.rows)"]
    for row in record.drift.features {
      let figures = [row.statistic, row.pValue, row.adjustedPValue, row.psi, row.effect].map(figure)
      lines.append(
        "\(row.feature) \(row.test.rawValue) \(row.drifted) \(row.severity.rawValue) \(figures.joined(separator: " "))")
      lines.append(Self.rounded(row.detail))
    }
    if let row = record.drift.predictions {
      lines.append("predictions \(row.drifted) \(row.severity.rawValue) \(row.psi) \(row.pValue)")
    }
    lines.append("quality \(record.quality.severity.rawValue)")
    for row in record.quality.checks {
      lines.append(
        "\(row.check.rawValue) \(row.feature ?? "-") \(row.severity.rawValue) \(row.passed) \(figure(row.value)) \(figure(row.limit))"
      )
    }
    try compare(lines.joined(separator: "\n") + "\n", name + ".rows.txt")
  }

  /// A JSON text whose numbers have nine digits.
  private static func rounded(_ text: String) -> String {
    text.replacing(/-?[0-9]+\.[0-9]+(e-?[0-9]+)?/) { match in
      Double(match.output.0).map { String(format: "%.9g", $0) } ?? String(match.output.0)
    }
  }

  private func compare(_ text: String, _ name: String) throws {
    let file = Self.folder.appending(path: name)
    if ProcessInfo.processInfo.environment["APUS_RECORD_GOLDEN"] != nil { try Data(text.utf8).write(to: file) }
    #expect(text == (try String(contentsOf: file, encoding: .utf8)), "\(name) differs from its golden file")
  }
}
