import Foundation
import Monitoring
import Statistics
import Telemetry
import TestSupport
import Testing
import WorkerContract

/// What every store does, run on each of them.
@Suite(.serialized) struct TelemetryStoreConformance {
  @Test("a prediction reads back as it was written", arguments: StoreKind.available)
  func roundTrip(kind: StoreKind) async throws {
    try await withStore(of: kind) { store in
      let time = 1_763_766_000.123_456
      let features = #"{"age":39.5,"name":"D’Arcy \"x\" \\ \u00e9\n","gone":null}"#
      try await store.append([aPrediction("req-1", at: time, features: features)], of: census)
      let read = try #require(try await store.predictions(PredictionQuery(model: census)).first)
      #expect(read.record.time == time)
      #expect(read.record.role == .production)
      #expect(read.record.latency == 0.0015)
      #expect(try read.features() == ["age": .number(39.5), "name": .text("D’Arcy \"x\" \\ é\n")])
      #expect(try read.probabilities() == ["<=50K": 0.25, ">50K": 0.75])
      #expect(read.label == nil)
      #expect(read.repeats == 0)
    }
  }

  @Test("a batch that is sent again changes nothing, a repeated request is counted", arguments: StoreKind.available)
  func idempotence(kind: StoreKind) async throws {
    try await withStore(of: kind) { store in
      let batch = (0..<700).map { aPrediction("req-\($0)", at: 1000 + Double($0)) }
      try await store.append(batch, of: census)
      try await store.append(batch, of: census)
      #expect(try await store.predictions(PredictionQuery(model: census)).allSatisfy { $0.repeats == 0 })

      let repeats = [aPrediction("req-3", at: 5000), aPrediction("req-3", at: 5001), aPrediction("req-4", at: 5000)]
      try await store.append(repeats, of: census)
      try await store.append(repeats, of: census)
      let read = try await store.predictions(PredictionQuery(model: census))
      #expect(read.count == 700)
      #expect(read.filter { $0.repeats > 0 }.map(\.record.requestID) == ["req-3", "req-4"])
      #expect(read.first { $0.record.requestID == "req-3" }?.repeats == 2)
    }
  }

  @Test("windows, versions, roles and classes select; the limit keeps the latest", arguments: StoreKind.available)
  func selection(kind: StoreKind) async throws {
    try await withStore(of: kind) { store in
      try await store.append(
        [
          aPrediction("a", at: 10), aPrediction("b", at: 20, said: "<=50K"), aPrediction("c", version: "v2", at: 30),
          aPrediction("c", version: "v3", role: .shadow, at: 30), aPrediction("d", at: 40),
        ], of: census)
      try await store.append([aPrediction("a", at: 10)], of: ModelKey(namespace: "other", model: "income"))
      let cases: [(String, PredictionQuery, [String])] = [
        (
          "from is inclusive, to exclusive", PredictionQuery(model: census, from: 20, to: 40, roles: [.production]),
          ["b", "c"]
        ),
        ("by version", PredictionQuery(model: census, version: "v2"), ["c"]),
        ("by class", PredictionQuery(model: census, predictedClass: "<=50K"), ["b"]),
        ("the latest", PredictionQuery(model: census, roles: [.production, .canary], limit: 2), ["c", "d"]),
        ("shadows", PredictionQuery(model: census, roles: [.shadow]), ["c"]),
        ("another model", PredictionQuery(model: ModelKey(namespace: "default", model: "none")), []),
      ]
      for (name, query, ids) in cases {
        #expect(try await store.predictions(query).map(\.record.requestID) == ids, "\(name)")
      }
    }
  }

  @Test("labels join whether they come before, after or twice; the latest counts", arguments: StoreKind.available)
  func labels(kind: StoreKind) async throws {
    try await withStore(of: kind) { store in
      try await store.append([LabelRecord(requestID: "early", label: ">50K", time: 1)], of: census)
      try await store.append([aPrediction("early"), aPrediction("late"), aPrediction("never")], of: census)
      try await store.append(
        [
          LabelRecord(requestID: "late", label: "<=50K", time: 9),
          LabelRecord(requestID: "late", label: ">50K", time: 8),
        ],
        of: census)
      try await store.append([LabelRecord(requestID: "late", label: "stale", time: 7)], of: census)
      let read = try await store.predictions(PredictionQuery(model: census))
      #expect(read.map(\.label) == [">50K", "<=50K", nil])
      #expect(read.map(\.labelTime) == [1, 9, nil])
      let outcomes = try await store.outcomes(of: census, from: 0, limit: 100)
      #expect(
        Set(outcomes) == [
          OutcomeCount(version: "v1", predictedClass: ">50K", label: ">50K", count: 1),
          OutcomeCount(version: "v1", predictedClass: ">50K", label: "<=50K", count: 1),
          OutcomeCount(version: "v1", predictedClass: ">50K", label: nil, count: 1),
        ])
    }
  }

  /// SQLite has one row of an id: what comes later is a repeat of it.
  @Test(
    "of predictions with one id on several days each has the labels that were given for it",
    arguments: StoreKind.available.filter { $0 != .sqlite })
  func reusedIDs(kind: StoreKind) async throws {
    let day = 86_400.0
    try await withStore(of: kind) { store in
      try await store.append(
        [
          // The label of the second came before it, on the same day; that of the third a moment before, the day before.
          aPrediction("daily", at: day + 10), aPrediction("daily", version: "v2", role: .shadow, at: day + 10),
          aPrediction("daily", at: 4 * day + 500), aPrediction("early", at: 3 * day + 1),
          aPrediction("other", at: day + 20),
        ], of: census)
      func label(_ id: String, _ label: String, at time: Double) -> LabelRecord {
        LabelRecord(requestID: id, label: label, time: time)
      }
      try await store.append(
        [
          label("daily", "wrong", at: day + 30), label("daily", "corrected", at: 2 * day),
          label("daily", "late", at: 4 * day + 100), label("early", "before", at: 3 * day - 1),
          label("other", "own", at: 9 * day),
        ], of: census)
      func labels() async throws -> [String] {
        try await store.predictions(PredictionQuery(model: census)).map {
          "\($0.record.requestID) \($0.record.version) \(Int($0.record.time / day)) \($0.label ?? "-")"
        }.sorted()
      }
      #expect(
        try await labels() == [
          "daily v1 1 late", "daily v1 4 -", "daily v2 1 late", "early v1 3 before", "other v1 1 own",
        ])
      // What is said after the second one is about it.
      try await store.append([label("daily", "second", at: 5 * day)], of: census)
      #expect(
        try await labels() == [
          "daily v1 1 late", "daily v1 4 second", "daily v2 1 late", "early v1 3 before", "other v1 1 own",
        ])
      func count(_ version: String, _ label: String) -> OutcomeCount {
        OutcomeCount(version: version, predictedClass: ">50K", label: label, count: 1)
      }
      let expected: Set = [
        count("v1", "late"), count("v2", "late"), count("v1", "second"), count("v1", "before"), count("v1", "own"),
      ]
      #expect(try await Set(store.outcomes(of: census, from: 0, limit: 100)) == expected)
      #expect(try await Set(store.labelledOutcomes(of: census, from: 0, limit: 100)) == expected)
    }
  }

  @Test("a page begins before a place, whatever has one time; ids and labels select", arguments: StoreKind.available)
  func places(kind: StoreKind) async throws {
    try await withStore(of: kind) { store in
      let records =
        ["b", "a", "ä", "B", "c"].flatMap { id in
          [aPrediction(id, version: "v1", at: 1000.1), aPrediction(id, version: "v10", at: 1000.1)]
        } + [aPrediction("a-first", at: 999), aPrediction("a-last", at: 2000)]
      try await store.append(records, of: census)
      try await store.append([LabelRecord(requestID: "B", label: "x", time: 1)], of: census)
      var query = PredictionQuery(model: census, limit: 3)
      var pages: [[LoggedPrediction]] = []
      repeat {
        pages.append(try await store.predictions(query))
        query.before = pages.last?.first.map { PredictionQuery.Place($0.record) }
      } while pages.last?.isEmpty == false
      let all = pages.reversed().flatMap { $0 }.map { PredictionQuery.Place($0.record) }
      #expect(
        all == (try await store.predictions(PredictionQuery(model: census))).map { PredictionQuery.Place($0.record) })
      #expect(all.count == records.count)
      func ids(_ query: PredictionQuery) async throws -> [String] {
        try await store.predictions(query).map { "\($0.record.requestID) \($0.record.version)" }
      }
      #expect(try await ids(PredictionQuery(model: census, requestID: "ä")) == ["ä v1", "ä v10"])
      #expect(try await ids(PredictionQuery(model: census, label: .given)) == ["B v1", "B v10"])
      #expect(try await ids(PredictionQuery(model: census, label: .equal("x"), limit: 1)) == ["B v10"])
      #expect(try await ids(PredictionQuery(model: census, label: .missing)).count == records.count - 2)
    }
  }

  @Test(
    "the latest labels count, however many predictions came after theirs; how many have one is told by a sample",
    arguments: StoreKind.available)
  func lateLabels(kind: StoreKind) async throws {
    try await withStore(of: kind) { store in
      let rows = (0..<6_400).map { index in
        aPrediction("r\(index)", version: index % 4 == 0 ? "canary" : "v1", at: 100 + Double(index))
      }
      try await store.append(rows, of: census)
      // A label for every fifth, long after all of them; one more prediction was too long ago.
      let labelled = Array(stride(from: 0, to: 6_400, by: 5))
      try await store.append(
        labelled.map { LabelRecord(requestID: "r\($0)", label: $0 % 2 == 0 ? ">50K" : "<=50K", time: 50_000) },
        of: census)
      try await store.append([aPrediction("old", at: 1)], of: census)
      try await store.append([LabelRecord(requestID: "old", label: ">50K", time: 50_000)], of: census)
      func count(_ version: String, _ label: String, _ matches: (Int) -> Bool) -> OutcomeCount {
        OutcomeCount(version: version, predictedClass: ">50K", label: label, count: labelled.count(where: matches))
      }
      let outcomes = try await store.labelledOutcomes(of: census, from: 100, limit: 10_000)
      #expect(
        Set(outcomes) == [
          count("canary", ">50K") { $0 % 4 == 0 }, count("v1", ">50K") { $0 % 2 == 0 && $0 % 4 != 0 },
          count("v1", "<=50K") { $0 % 2 == 1 },
        ])
      // A correction replaces the label, also where it is the only one that is read.
      try await store.append([LabelRecord(requestID: "r5", label: "corrected", time: 50_001)], of: census)
      #expect(
        try await store.labelledOutcomes(of: census, from: 100, limit: 1) == [
          OutcomeCount(version: "v1", predictedClass: ">50K", label: "corrected", count: 1)
        ])
      let all = try await store.outcomes(of: census, from: 100, limit: 6_400)
      #expect(all.reduce(0) { $0 + $1.count } == 6_400)
      let sample = try await store.outcomes(of: census, from: 100, limit: 6_399)
      let size = sample.reduce(0) { $0 + $1.count }
      // One in 64, give or take: 100, and a fifth of them.
      #expect((50...200).contains(size), "\(size)")
      let share = Double(sample.filter { $0.label != nil }.reduce(0) { $0 + $1.count }) / Double(size)
      #expect((0.05...0.4).contains(share), "\(share)")
      #expect(Set(sample.map(\.version)) == ["canary", "v1"])
    }
  }

  @Test(
    "texts that a database could choke on are stored or refused, and never break the store",
    arguments: StoreKind.available)
  func hostileTexts(kind: StoreKind) async throws {
    try await withStore(of: kind) { store in
      try await store.append([aPrediction("nul\u{0}'; DROP TABLE predictions; --", said: "\u{0}")], of: census)
      do throws(TelemetryError) {
        try await store.append([aPrediction("fine"), aPrediction("poison", features: #"{"a":"\u0000"}"#)], of: census)
      } catch {
        #expect(!error.isTransient)
        #expect(!error.description.contains("poison"))
      }
      try await store.append([aPrediction("fine")], of: census)
      let ids = try await store.predictions(PredictionQuery(model: census)).map(\.record.requestID)
      #expect(ids.contains("fine"))
      #expect(ids.contains { $0.contains("DROP TABLE") })
    }
  }

  @Test(
    "old predictions go with their labels, and labels that wait for one go by their own age",
    arguments: StoreKind.available)
  func retention(kind: StoreKind) async throws {
    try await withStore(of: kind) { store in
      try await store.append((0..<5).map { aPrediction("r\($0)", at: Double($0)) }, of: census)
      try await store.append(
        [
          LabelRecord(requestID: "r0", label: "x", time: 1), LabelRecord(requestID: "r4", label: "x", time: 1),
          LabelRecord(requestID: "lost", label: "x", time: 1), LabelRecord(requestID: "waiting", label: "x", time: 9),
        ], of: census)
      var deleted = 0
      while case let count = try await store.deletePredictions(of: census, before: 3, limit: 2), count > 0 {
        deleted += count
      }
      #expect(deleted == 5, "three predictions and two labels")
      #expect(try await store.predictions(PredictionQuery(model: census)).map(\.label) == [nil, "x"])
    }
  }

  @Test("a check reads back whole, a second one of the same run replaces it", arguments: StoreKind.available)
  func checks(kind: StoreKind) async throws {
    try await withStore(of: kind) { store in
      var check = aCheck("income-check-1", at: 100)
      try await store.store(check, of: census)
      check.drift.features[0].psi = 0.5
      try await store.store(check, of: census)
      try await store.store(aCheck("income-check-2", at: 200), of: census)
      let read = try await store.checks(of: census, from: 0, limit: 10)
      #expect(read.map(\.run) == ["income-check-2", "income-check-1"])
      var second = try #require(read.last)
      for index in second.drift.features.indices { second.drift.features[index].detail = "{}" }
      #expect(second == check)
      #expect(try await store.checks(of: census, from: 150, limit: 10).count == 1)
    }
  }

  private func aCheck(_ run: String, at time: Double) -> CheckRecord {
    CheckRecord(
      run: run, policy: "income", version: "v1", from: 0, to: 50, time: time, rows: 1200, conclusive: true,
      drift: .init(
        severity: .critical, share: 0.5,
        predictions: PredictionDriftSummary(
          drifted: true, severity: .warning, psi: 0.12, pValue: 0.001, meanConfidence: 0.7, referenceMeanConfidence: 0.8
        ),
        features: [
          .init(
            feature: "hours", test: .kolmogorovSmirnov, drifted: true, severity: .critical, statistic: 0.31,
            pValue: 1e-300, adjustedPValue: 2e-300, psi: 0.3, effect: 0.31),
          .init(
            feature: "age", test: .kolmogorovSmirnov, drifted: false, severity: .none, statistic: 0.01, pValue: 0.9,
            adjustedPValue: 0.9, psi: 0.001, effect: 0.01),
        ]),
      quality: .init(
        severity: .warning,
        checks: [
          .init(check: .missingRate, feature: "age", severity: .warning, passed: false, value: 0.07, limit: 0.05),
          .init(check: .meanConfidence, severity: .none, passed: true, value: 0.7, limit: 0.55),
        ]),
      performance: PerformanceSummary(
        coverage: 0.6, labelled: 720, expected: 1200,
        metrics: ModelMetrics(accuracy: 0.87, precision: 0.8, recall: 0.6, f1: 0.69, rocAUC: 0.92, brier: 0.1),
        p95Latency: 0.004, positiveRate: 0.24, meanConfidence: 0.7), labelled: .init(from: -100, to: -50))
  }

  @Test("the registry mirror and the alert log keep one row each, the newest first", arguments: StoreKind.available)
  func registryAndAlerts(kind: StoreKind) async throws {
    try await withStore(of: kind) { store in
      var first = VersionRecord(
        version: "v1", digest: "sha256:1", stage: "Production", reason: "FirstVersion", metrics: nil, created: 1,
        updated: 1)
      try await store.store(first, of: census)
      first.stage = "Archived"
      first.updated = 5
      try await store.store(first, of: census)
      let second = VersionRecord(
        version: "v2", digest: "sha256:2", stage: "Production", reason: "Better",
        metrics: ModelMetrics(accuracy: 1, precision: 1, recall: 1, f1: 1, rocAUC: 1, brier: 0), created: 4, updated: 5)
      try await store.store(second, of: census)
      #expect(try await store.versions(of: census) == [second, first])

      var alert = AlertRecord(
        id: "a1", rule: "critical feature drift", severity: "critical", state: "firing", message: "hours drifted",
        time: 7)
      try await store.store(alert, of: census)
      alert.delivered = ["slack", "pagerduty"]
      try await store.store(alert, of: census)
      #expect(try await store.alerts(of: census, from: 0, limit: 5) == [alert])
    }
  }

  @Test(
    "profiles of minutes and servers add up, one that is stored again replaces itself", arguments: StoreKind.available)
  func profiles(kind: StoreKind) async throws {
    try await withStore(of: kind) { store in
      func aProfile(
        _ feature: String?, _ minute: Double, _ instance: String, _ counts: [Int], _ values: [Double] = [],
        version: String = "v1", bins: String = "b1"
      ) -> ProfileRecord {
        ProfileRecord(
          version: version, feature: feature, minute: minute, instance: instance, bins: bins,
          counts: FeatureCounts(counts: counts, moments: Moments(values)))
      }
      try await store.store([aProfile("age", 60, "a", [9, 9], [5])], of: census)
      try await store.store(
        [
          aProfile("age", 60, "a", [1, 2], [1, 2]), aProfile("age", 60, "b", [0, 1], [30]),
          aProfile("age", 120, "a", [4, 0], [-3]), aProfile(nil, 60, "a", [2, 1], [0.5, 0.7]),
          aProfile("work", 60, "a", [3, 0]), aProfile("age", 180, "a", [100, 0]),
          aProfile("age", 60, "a", [100, 0], version: "v2"), aProfile("age", 86_400, "a", [7, 7]),
          aProfile("age", 120, "b", [50, 0], bins: "b2"),
        ], of: census)
      let read = try #require(
        try await store.profile(of: census, version: "v1", bins: "b1", from: 60, to: 180))
      #expect(read.features["age"]?.counts == [5, 3])
      #expect(read.features["age"]?.moments.count == 4)
      #expect(abs((read.features["age"]?.moments.deviation ?? 0) - Moments([1, 2, 30, -3]).deviation) < 1e-12)
      #expect(read.features["age"]?.moments.minimum == -3 && read.features["age"]?.moments.maximum == 30)
      #expect(read.features["work"] == FeatureCounts(counts: [3, 0]))
      #expect(read.predictions.counts == [2, 1] && read.rowCount == 3)
      #expect(try await store.profile(of: census, version: "v9", bins: "b1", from: 0, to: 1e6) == nil)
      while try await store.deletePredictions(of: census, before: 180, limit: 2) > 0 {}
      #expect(try await store.profile(of: census, version: "v1", bins: "b1", from: 0, to: 180) == nil)
      #expect(try await store.profile(of: census, version: "v1", bins: "b1", from: 0, to: 1e6)?.features.count == 1)
    }
  }

  @Test("stores that open the same empty place at once all work", arguments: StoreKind.available)
  func concurrentOpening(kind: StoreKind) async throws {
    try await withLocation(of: kind) { location in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<8 {
          group.addTask {
            let store = try openTelemetryStore(at: location)
            for batch in 0..<5 {
              try await store.append((0..<20).map { aPrediction("\(writer)-\(batch)-\($0)") }, of: census)
              try await store.append((0..<20).map { aPrediction("shared-\($0)") }, of: census)
            }
            await store.close()
          }
        }
        try await group.waitForAll()
      }
      let store = try openTelemetryStore(at: location)
      #expect(try await store.predictions(PredictionQuery(model: census)).count == 8 * 5 * 20 + 20)
      await store.close()
    }
  }
}
