import Foundation
import Monitoring
import Tabular
import Testing
import WorkerContract

@Suite struct MonitoringReportTests {
  private func report(
    _ window: PredictionWindow, reference: ReferenceProfile, model: String = "cards", redacted: [String]? = nil
  ) throws -> MonitoringReport {
    try MonitoringReport(
      namespace: "default", model: model, run: "cards-check-202511212300",
      check: CheckRun(
        policy: "cards", reference: ArtifactReference(version: "v3", digest: "sha256:0"),
        from: "2025-11-21T17:00:00Z", to: "2025-11-21T23:00:00Z", minimumSamples: 30, redacted: redacted),
      window: window, reference: reference, positive: "1", now: 1e9)
  }

  @Test func `the result has what decisions need`() throws {
    let result = try report(World.window(World.table(rows: 400, seed: 3, shift: 1.5)), reference: World.reference())
      .result(report: "reports/x.html")
    #expect(result.version == "v3" && result.rows == 400 && result.conclusive)
    #expect(result.drift.severity == .critical && result.drift.critical == 1 && result.drift.features == 2)
    #expect(result.drift.worst.map(\.feature) == ["amount"])
    #expect(result.predictionDrift?.drifted == false && result.quality.severity == .none)
    #expect(result.performance.metrics?.accuracy == 0.9 && result.report == "reports/x.html")
  }

  @Test func `drift of a feature that does not arrive, and of the predictions then, is nothing that a training mends`()
    throws
  {
    func mendable(_ change: (inout PredictionWindow) -> Void) throws -> MendableFindings? {
      var window = World.window(World.table(rows: 400, seed: 3))
      change(&window)
      return try report(window, reference: World.reference()).result(report: nil).mendable
    }
    let moved = try mendable { $0 = World.window(World.table(rows: 400, seed: 3, shift: 1.5)) }
    #expect(moved?.drift == .critical)
    let gone = try mendable {
      $0.features = $0.features.removing(["colour"])
      $0.predicted = $0.predicted.map { _ in "1" }
    }
    #expect(gone == MendableFindings())
  }

  @Test func `the page and the result name both spans`() throws {
    let window = World.window(World.table(rows: 400, seed: 3))
    let labelled = ObservedSpan(from: "2025-11-20T17:00:00Z", to: "2025-11-20T23:00:00Z")
    let whole = try MonitoringReport(
      namespace: "default", model: "cards", run: "r",
      check: CheckRun(
        policy: "cards", reference: ArtifactReference(version: "v3", digest: "sha256:0"),
        from: "2025-11-21T17:00:00Z", to: "2025-11-21T23:00:00Z", labelled: labelled,
        minimumSamples: 30),
      window: window, due: window, reference: World.reference(), positive: "1", now: 1e9)
    let result = whole.result(report: nil)
    #expect(result.span == ObservedSpan(from: "2025-11-21T17:00:00Z", to: "2025-11-21T23:00:00Z"))
    #expect(result.performance.span == labelled && result.performance.expected == 400)
    #expect(whole.html.contains("2025-11-20T17:00:00Z to 2025-11-20T23:00:00Z"))
  }

  @Test func `a redacted feature is no column that vanished, and the page says that nothing was looked at`() throws {
    var window = World.window(World.table(rows: 400, seed: 3))
    window.features = window.features.removing(["colour"])
    #expect(try report(window, reference: World.reference()).quality.severity == .critical)
    let known = try report(window, reference: World.reference(), redacted: ["colour", "another model's"])
    #expect(known.severity == .none && known.drift.features.map(\.feature) == ["amount"])
    #expect(!known.quality.checks.contains { $0.feature == "colour" })
    #expect(known.html.contains("redacted from the prediction log: colour<"))
    #expect(try !report(window, reference: World.reference()).html.contains("redacted"))
  }

  /// Two hundred features of long names, all of them bad.
  private var wide: (PredictionWindow, ReferenceProfile) {
    let names = (0..<200).map {
      "a feature of a name that is much longer than it should be for anybody, \"number\" <\($0)>"
    }
    let schema = FeatureSchema(
      target: .init(name: "y"), features: names.map { .init(name: $0, type: .numeric, minimum: 0, maximum: 50) })
    let table = { (shift: Double) in
      Table(names.map { ($0, Column.numeric((0..<60).map { Double($0) + shift })) })
    }
    let reference = ReferenceProfile(
      training: table(0), schema: schema,
      predictions: .init(classes: ["0", "1"], counts: [80, 20], meanConfidence: 0.9))
    return (World.window(table(40)), reference)
  }

  @Test func `the result has ten of each kind, the worst, whatever there is to say`() throws {
    let (window, reference) = wide
    let result = try report(window, reference: reference).result(report: "reports/x.html")
    #expect(result.drift.critical == 200 && result.drift.worst.count == 10 && result.quality.failed.count == 10)
  }

  @Test func `a report survives being saved`() throws {
    let whole = try report(World.window(World.table(rows: 400, seed: 3, shift: 1.5)), reference: World.reference())
    #expect(try JSONDecoder().decode(MonitoringReport.self, from: JSONEncoder().encode(whole)) == whole)
  }

  @Test func `on a phone every table moves within its own box`() throws {
    let page = try report(World.window(World.table(rows: 400, seed: 3, shift: 1.5)), reference: World.reference()).html
    let tables = page.matches(of: /<table/).count
    #expect(tables >= 2 && page.matches(of: /<div class="scroll"><table/).count == tables)
    #expect(page.contains("<meta name=\"viewport\" content=\"width=device-width"))
  }

  @Test func `the page loads nothing and escapes everything`() throws {
    let (window, reference) = wide
    var evil = window
    evil.labels = evil.labels.map { $0 == "0" ? "<script>alert('x')</script>" : $0 }
    let page = try report(evil, reference: reference, model: "<b>\"cards\" & co</b>").html
    #expect(!page.contains("<script") && !page.contains("<b>\"cards\""))
    #expect(page.contains("&lt;b&gt;&quot;cards&quot; &amp; co&lt;/b&gt;"))
    #expect(page.contains("&quot;number&quot; &lt;17&gt;"))
    for word in ["http:", "https:", "src=", "url(", "@import", "<link"] { #expect(!page.contains(word)) }
    let parser = XMLishChecker(page)
    #expect(parser.unbalanced == [])
  }

  @Test func `the page tells the verdict first`() throws {
    let quiet = try report(World.window(World.table(rows: 400, seed: 3)), reference: World.reference()).html
    #expect(quiet.contains("Healthy: nothing found"))
    let loud = try report(World.window(World.table(rows: 400, seed: 3, shift: 1.5)), reference: World.reference()).html
    #expect(loud.contains("critical drift of amount"))
    let few = try report(World.window(World.table(rows: 4, seed: 3)), reference: World.reference()).html
    #expect(few.contains("Inconclusive: 4 predictions are too few"))
  }
}

/// Tags that are opened and not closed, or the other way round.
struct XMLishChecker {
  var unbalanced: [String] = []

  init(_ page: String) {
    var open: [String] = []
    for part in page.split(separator: "<").dropFirst() {
      guard let end = part.firstIndex(of: ">") else {
        unbalanced.append(String(part.prefix(20)))
        continue
      }
      let tag = part[..<end]
      let name = String(tag.prefix { $0 != " " && $0 != "\n" })
      if name.hasPrefix("!") || name == "meta" || tag.hasSuffix("/") { continue }
      if name.hasPrefix("/") {
        if open.popLast() != String(name.dropFirst()) { unbalanced.append(name) }
      } else {
        open.append(name)
      }
    }
    unbalanced += open
  }
}

extension MonitoringReportTests {
  /// Writes pages of real data for looking at: set APUS_PAGES to a folder.
  @Test(
    .enabled(
      if: ProcessInfo.processInfo.environment["APUS_PAGES"] != nil && realData("adult_train.csv") != nil,
      "no folder for pages is given"))
  func `pages of real data can be looked at`() throws {
    let folder = URL(fileURLWithPath: try #require(ProcessInfo.processInfo.environment["APUS_PAGES"]))
    let raw = try RawTable(csv: try #require(realData("adult_train.csv")))
    let inferred = try raw.inferSchema(target: "income")
    let training = raw.read(schema: inferred.schema).table
    let test = try RawTable(csv: try #require(realData("adult_test.csv"))).read(schema: inferred.schema).table
    let reference = ReferenceProfile(
      training: training, schema: inferred.schema,
      predictions: .init(classes: ["0", "1"], counts: [800, 200], meanConfidence: 0.9))
    var drifted = test.selecting(rows: Array(0..<1500))
    if case .numeric(let ages) = drifted["age"] {
      drifted = drifted.replacing("age", with: .numeric(ages.map { $0 + 15 }))
    }
    if case .numeric(let hours) = drifted["hours_per_week"] {
      drifted = drifted.replacing(
        "hours_per_week", with: .numeric(hours.enumerated().map { $0.offset % 4 == 0 ? .nan : $0.element }))
    }
    if case .categorical(let codes, let levels) = drifted["workclass"] {
      drifted = drifted.replacing(
        "workclass",
        with: .categorical(
          codes: codes.enumerated().map { $0.offset % 3 == 0 ? Int32(levels.count) : $0.element },
          levels: levels + ["gig <work> & co"]))
    }
    for (name, table) in [("quiet", test), ("drifted", drifted)] {
      let page = try report(
        World.window(table, errorsEvery: name == "quiet" ? 14 : 6), reference: reference, model: "income"
      ).html
      try Data(page.utf8).write(to: folder.appendingPathComponent("\(name).html"))
    }
  }
}
