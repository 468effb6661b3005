import Artifacts
import Foundation
import Monitoring
import Statistics
import Tabular
import Telemetry
import Testing
import WorkerContract
import Workers

@Suite struct CheckTests {
  private let key = ModelKey(namespace: "ml", model: "demo")
  /// 2025-10-09T08:53:20Z, the end of the window
  private let noon = 1_760_000_000.0

  private func specification(_ reference: ArtifactReference, run: String = "watch-check-1") -> RunSpecification {
    RunSpecification(
      run: run, namespace: "ml", model: "demo",
      check: CheckRun(
        policy: "watch", reference: reference, from: "2025-10-09T02:53:20Z", to: "2025-10-09T08:53:20Z",
        minimumSamples: 30))
  }

  /// Predictions such as a server logs them: the rows of the small world, x moved by `shift`.
  private func predictions(_ count: Int, shift: Double = 0, version: String = "v1") -> [PredictionRecord] {
    (0..<count).map { row in
      let x = Double(row * 37 % 101) + shift
      let colour = ["red", "green", "blue"][row * 13 % 3]
      let isYes = x + Double(row * 13 % 3) * 20 > 70
      let confidence = 0.8 + Double(row % 10) / 100
      return PredictionRecord(
        requestID: "r\(row)", version: version, role: .production, time: noon - 1 - Double(row % 3600),
        features: row % 17 == 4 ? "{\"colour\":\"\(colour)\"}" : "{\"x\":\(x),\"colour\":\"\(colour)\"}",
        predictedClass: isYes ? "yes" : "no",
        probabilities: isYes
          ? "{\"no\":\(1 - confidence),\"yes\":\(confidence)}" : "{\"no\":\(confidence),\"yes\":\(1 - confidence)}",
        confidence: confidence, latency: 0.002)
    }
  }

  private func trained(_ shop: Workshop) async throws -> ArtifactReference {
    let result = await shop.worker().run(.train, SmallWorld.run(try shop.write(SmallWorld.csv())))
    return try #require(result.trained, "\(String(describing: result.failed))").artifact
  }

  private func check(
    _ shop: Workshop, _ predictions: [PredictionRecord], labels: [LabelRecord] = []
  ) async throws -> (result: CheckResult, record: CheckRecord?) {
    let reference = try await trained(shop)
    let store = try openTelemetryStore(at: shop.telemetry)
    try await store.append(predictions, of: key)
    try await store.append(labels, of: key)
    let specification = specification(reference)
    let first = await shop.worker().run(.check, specification)
    let second = await shop.worker().run(.check, specification)
    #expect(first == second)
    let records = try await store.checks(of: key, from: 0, limit: 10)
    #expect(records.count == 1)
    await store.close()
    let result = try #require(first.checked, "\(String(describing: first.failed))")
    return (result, records.first)
  }

  @Test("Traffic as in training is quiet; the report and its rows are stored, once for each run")
  func quiet() async throws {
    let shop = Workshop()
    let rows = predictions(400)
    let labels = rows.map { LabelRecord(requestID: $0.requestID, label: $0.predictedClass, time: $0.time + 1) }
    let (result, record) = try await check(shop, rows + predictions(50, shift: 90, version: "v0"), labels: labels)
    #expect(result.conclusive && result.rows == 400 && result.version == "v1")
    #expect(result.drift.severity == .none, "\(result.drift)")
    #expect(result.quality.severity == .none, "\(result.quality)")
    #expect(result.performance.labelled == 400)
    #expect(result.performance.metrics?.accuracy == 1)
    #expect(result.report == "reports/watch-check-1.html")
    let page = try await shop.store.report(at: "reports/watch-check-1.html")
    #expect(String(decoding: page, as: UTF8.self).contains("watch"))
    #expect(record?.drift.features.map(\.feature) == ["x", "colour"])
    #expect(record?.rows == 400)
    let logged = shop.log.filter { $0.contains("\"run\":\"watch-check-1\"") && $0.contains("step done") }
    #expect(logged.count == 6)
  }

  @Test("A moved feature is found and named, and numbers out of bounds fail the data's quality")
  func drift() async throws {
    let shop = Workshop()
    let (result, record) = try await check(shop, predictions(400, shift: 60))
    #expect(result.drift.severity == .critical)
    #expect(result.drift.worst.first?.feature == "x")
    #expect(result.quality.failed.contains { $0.check == .outOfRange && $0.feature == "x" })
    #expect(record?.drift.features.first?.drifted == true)
    #expect(record?.drift.features.first?.detail.contains("mean") == true)
  }

  @Test(
    "The tests that the policy names are used and named, and one that this worker does not have ends the run at once")
  func chosenTests() async throws {
    let shop = Workshop()
    let reference = try await trained(shop)
    let store = try openTelemetryStore(at: shop.telemetry)
    try await store.append(predictions(400, shift: 60), of: key)
    var specification = specification(reference)
    specification.check?.drift.numeric.test = DriftTestName(rawValue: "CramerVonMises")
    specification.check?.drift.categorical.test = DriftTestName(rawValue: "GTest")
    let run = await shop.worker().run(.check, specification)
    #expect(run.checked?.drift.severity == .critical, "\(String(describing: run.failed))")
    let features = try #require(try await store.checks(of: key, from: 0, limit: 1).first?.drift.features)
    #expect(features.map(\.test.rawValue) == ["CramerVonMises", "GTest"])
    await store.close()
    #expect(shop.log.contains { $0.contains("x drifted critically: Cramér–von Mises T") })

    specification.check?.drift.numeric.test = DriftTestName(rawValue: "Oracle")
    let failed = try #require(await shop.worker().run(.check, specification).failed)
    #expect(failed.reason == "SpecificationInvalid" && !failed.retryable && failed.step == "read")
    let known = DriftTests.numeric.map(\.name.rawValue).joined(separator: " and ")
    #expect(failed.message.contains("spec.drift.numeric.test is 'Oracle'; this release has \(known)"))
    // Also where nothing that it would read is there.
    specification.check?.reference.digest = "sha256:" + String(repeating: "0", count: 64)
    #expect(await shop.worker().run(.check, specification).failed?.message == failed.message)
  }

  @Test("A check of a model that has been removed meanwhile leaves neither rows nor a report")
  func removedMeanwhile() async throws {
    let shop = Workshop()
    let reference = try await trained(shop)
    var specification = specification(reference)
    let gone = ModelKey(namespace: "ml", model: "demo", identity: ModelIdentity(uid: "gone"))
    specification.identity = gone.identity
    let store = try openTelemetryStore(at: shop.telemetry)
    try await store.append(predictions(400), of: gone)
    _ = try await store.beginRemoval(of: gone, at: noon)
    _ = await shop.worker().run(.check, specification)
    #expect(try await store.runs(of: gone, after: "", limit: 9).isEmpty)
    await #expect(throws: ArtifactError.self) { _ = try await shop.store.report(at: "reports/watch-check-1.html") }
    await store.close()
  }

  @Test("A report is stored only once a row names it, by which a removal finds it")
  func rowFirst() async throws {
    let shop = Workshop()
    let reference = try await trained(shop)
    let store = try openTelemetryStore(at: shop.telemetry)
    try await store.append(predictions(400), of: key)
    // A file where the folder of the reports should be.
    let place = shop.folder.appendingPathComponent("artifacts/reports")
    try Data().write(to: place)
    let failed = await shop.worker().run(.check, specification(reference)).failed
    #expect(failed?.step == "report" && failed?.retryable == true, "\(String(describing: failed))")
    #expect(try await store.checks(of: key, from: 0, limit: 9).map(\.run) == ["watch-check-1"])
    try FileManager.default.removeItem(at: place)
    #expect(await shop.worker().run(.check, specification(reference)).checked != nil)
    #expect(try await store.checks(of: key, from: 0, limit: 9).count == 1)
    _ = try await shop.store.report(at: "reports/watch-check-1.html")
    await store.close()
  }

  @Test("A feature that the log leaves out is neither compared nor missed")
  func redacted() async throws {
    let shop = Workshop()
    let reference = try await trained(shop)
    let store = try openTelemetryStore(at: shop.telemetry)
    var rows = predictions(400)
    for row in rows.indices { rows[row].features = #"{"colour":"\#(["red", "green", "blue"][row * 13 % 3])"}"# }
    try await store.append(rows, of: key)
    await store.close()
    var specification = specification(reference)
    let unknown = try #require(await shop.worker().run(.check, specification).checked)
    #expect(unknown.quality.failed.contains { $0.check == .columnPresence && $0.feature == "x" })
    #expect(unknown.drift.worst.contains { $0.feature == "x" })
    specification.check?.redacted = ["x"]
    let known = try #require(await shop.worker().run(.check, specification).checked)
    #expect(known.quality.severity == .none && known.drift.severity == .none, "\(known)")
    let page = String(decoding: try await shop.store.report(at: "reports/watch-check-1.html"), as: UTF8.self)
    #expect(page.contains("redacted from the prediction log: x<"))
  }

  @Test("Few rows, or none, are inconclusive", arguments: [0, 5])
  func inconclusive(count: Int) async throws {
    let shop = Workshop()
    let (result, _) = try await check(shop, predictions(count, shift: 60))
    #expect(!result.conclusive && result.rows == count)
    #expect(result.drift.severity == .none)
    _ = try ResultFile.encode(RunResult(run: "r", checked: result))
  }

  @Test("Accuracy is that of predictions whose labels are due, drift that of the window, and each names its span")
  func lateLabels() async throws {
    let shop = Workshop()
    let reference = try await trained(shop)
    let store = try openTelemetryStore(at: shop.telemetry)
    let day = 86_400.0
    try await store.append(predictions(400), of: key)
    // Of a day earlier: the same requests, of which every second has its label now and every tenth label says
    // otherwise.
    let due = predictions(300).map { row in
      var row = row
      row.requestID = "late-\(row.requestID)"
      row.time -= day
      return row
    }
    try await store.append(due, of: key)
    let labels = due.enumerated().filter { $0.offset % 2 == 0 }.map { place, row in
      LabelRecord(
        requestID: row.requestID,
        label: place % 20 == 0 ? (row.predictedClass == "yes" ? "no" : "yes") : row.predictedClass, time: noon)
    }
    try await store.append(labels, of: key)
    var specification = specification(reference)
    specification.check?.labelled = ObservedSpan(from: "2025-10-08T02:53:20Z", to: "2025-10-08T08:53:20Z")
    let result = try #require(await shop.worker().run(.check, specification).checked)
    #expect(result.rows == 400 && result.drift.severity == .none)
    #expect(result.performance.labelled == 150 && result.performance.expected == 300)
    #expect(result.performance.coverage == 0.5 && result.performance.metrics?.accuracy == 0.9)
    #expect(result.span == ObservedSpan(from: "2025-10-09T02:53:20Z", to: "2025-10-09T08:53:20Z"))
    #expect(result.performance.span == specification.check?.labelled)
    let record = try #require(try await store.checks(of: key, from: 0, limit: 1).first)
    #expect(record.labelled == .init(from: noon - day - 6 * 3600, to: noon - day) && record.performance.expected == 300)
    let page = String(decoding: try await shop.store.report(at: "reports/watch-check-1.html"), as: UTF8.self)
    #expect(page.contains("2025-10-08T02:53:20Z to 2025-10-08T08:53:20Z"))

    specification.check?.labelled = ObservedSpan(from: "2025-09-08T02:53:20Z", to: "2025-09-08T08:53:20Z")
    let early = try #require(await shop.worker().run(.check, specification).checked)
    #expect(early.performance.coverage == nil && early.performance.expected == 0 && early.performance.metrics == nil)
    #expect(try await store.checks(of: key, from: 0, limit: 1).first?.performance.coverage == nil)
    await store.close()

    specification.check?.labelled = ObservedSpan(from: "2025-10-08T08:53:20Z", to: "2025-10-08T02:53:20Z")
    let backwards = await shop.worker().run(.check, specification).failed
    #expect(backwards?.reason == "SpecificationInvalid" && backwards?.message.contains("check.labelled.from") == true)
  }

  @Test("A check of a new model of the same name finds nothing of the old one's")
  func anotherModel() async throws {
    let shop = Workshop()
    let reference = try await trained(shop)
    let store = try openTelemetryStore(at: shop.telemetry)
    let old = ModelKey(
      namespace: "ml", model: "demo", identity: ModelIdentity(uid: "one", created: "2025-10-01T00:00:00Z"))
    try await store.append(predictions(400, shift: 60), of: old)
    var specification = specification(reference)
    specification.identity = ModelIdentity(uid: "two", created: "2025-10-09T08:00:00Z")
    #expect(await shop.worker().run(.check, specification).checked?.rows == 0)
    specification.identity = old.identity
    #expect(await shop.worker().run(.check, specification).checked?.rows == 400)
    #expect(try await store.checks(of: old, from: 0, limit: 9).count == 1)
    await store.close()
  }

  /// What servers count of rows such as `predictions` makes, in the last minutes of the window.
  private func profiles(
    _ shop: Workshop, _ reference: ArtifactReference, rows: Int, shift: Double
  ) async throws -> [ProfileRecord] {
    let bundle = try await shop.store.open(reference.digest)
    let decoder = JSONDecoder()
    let schema = try decoder.decode(FeaturePipeline.self, from: bundle.file(ArtifactBundle.FileName.pipeline)).schema
    let bins = try ProfileBins(
      reference: decoder.decode(ReferenceProfile.self, from: bundle.file(ArtifactBundle.FileName.reference)),
      schema: schema,
      classes: decoder.decode(FeatureSchema.self, from: bundle.file(ArtifactBundle.FileName.schema)).target.classes)
    var records: [ProfileRecord] = []
    for (place, instance) in ["one", "two"].enumerated() {
      func record(_ feature: String?, _ counts: FeatureCounts) -> ProfileRecord {
        ProfileRecord(
          version: "v1", feature: feature, minute: noon - 200 - Double(place) * 60, instance: instance,
          bins: bins.identity, counts: counts)
      }
      for feature in bins.features {
        var counts = FeatureCounts(counts: [Int](repeating: 0, count: feature.count))
        for row in 0..<rows / 2 {
          switch feature.kind {
          case .numeric(let edges):
            let value = Double(row * 37 % 101) + shift
            counts.counts[edges.index(of: value)] += 1
            counts.moments.add(value)
          case .categorical(let levels): counts.counts[row * 13 % 3 % levels.count] += 1
          }
        }
        records.append(record(feature.name, counts))
      }
      records.append(record(nil, FeatureCounts(counts: [rows / 4, rows / 2 - rows / 4])))
    }
    return records
  }

  @Test(
    "Where rows are sampled, or when told so, drift is that of the servers' counts; else it is that of the rows",
    arguments: [
      (20, DriftRules.Source.auto, true), (20, .rows, false), (400, .auto, false), (400, .profiles, true),
      (0, .auto, true),
    ])
  func fromProfiles(logged: Int, source: DriftRules.Source, usesCounts: Bool) async throws {
    let shop = Workshop()
    let reference = try await trained(shop)
    let store = try openTelemetryStore(at: shop.telemetry)
    try await store.append(predictions(logged), of: key)
    try await store.store(try await profiles(shop, reference, rows: 400, shift: 60), of: key)
    var specification = specification(reference)
    specification.check?.drift.source = source
    let run = await shop.worker().run(.check, specification)
    let result = try #require(run.checked, "\(String(describing: run.failed))")
    let drift = try #require(try await store.checks(of: key, from: 0, limit: 1).first?.drift)
    await store.close()
    if usesCounts {
      #expect(result.conclusive && result.rows == 400)
      #expect(result.drift.severity == .critical && result.drift.worst.first?.feature == "x")
      #expect(drift.features.first?.detail.contains("statisticBound") == true)
      let page = String(decoding: try await shop.store.report(at: "reports/watch-check-1.html"), as: UTF8.self)
      #expect(page.contains("counts by minute"))
    } else {
      #expect(result.rows == logged && result.drift.severity == .none)
      #expect(drift.features.first?.detail.contains("statisticBound") == false)
    }
  }

  @Test("What is missing is told: the version, the store, the window")
  func failures() async throws {
    let shop = Workshop()
    let lost = ArtifactReference(version: "v1", digest: "sha256:" + String(repeating: "0", count: 64))
    let notFound = await shop.worker().run(.check, specification(lost)).failed
    #expect(notFound?.reason == "ArtifactNotFound" && notFound?.retryable == false && notFound?.step == "read")

    let reference = try await trained(shop)
    let nowhere = await shop.worker(variables: [RunEnvironment.telemetry: ""]).run(.check, specification(reference))
      .failed
    #expect(nowhere?.reason == "EnvironmentIncomplete")
    #expect(nowhere?.message.contains("APUS_TELEMETRY") == true)

    var backwards = specification(reference)
    backwards.check?.to = "2020-01-01T00:00:00Z"
    #expect(await shop.worker().run(.check, backwards).failed?.reason == "SpecificationInvalid")
  }
}
