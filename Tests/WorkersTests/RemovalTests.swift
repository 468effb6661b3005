import Artifacts
import Foundation
import Telemetry
import Testing
import WorkerContract
import Workers

@Suite struct RemovalTests {
  private func specification(
    _ uid: String?, _ artifacts: [ArtifactReference] = [], run: String = "ml.demo-remove-1"
  ) -> RunSpecification {
    RunSpecification(
      run: run, namespace: "ml", model: "demo", identity: uid.map { ModelIdentity(uid: $0) },
      remove: RemovalRun(artifacts: artifacts))
  }

  private func key(_ uid: String) -> ModelKey {
    ModelKey(namespace: "ml", model: "demo", identity: ModelIdentity(uid: uid))
  }

  private func prediction(_ id: Int) -> PredictionRecord {
    PredictionRecord(
      requestID: "r\(id)", version: "v1", role: .production, time: 1_760_000_000 - Double(id % 3600),
      features: "{\"x\":1}", predictedClass: "yes", probabilities: "{\"no\":0.1,\"yes\":0.9}", confidence: 0.9,
      latency: 0.002)
  }

  @Test func `rows, reports and files of one model go; those of its namesake stay; once more changes nothing`()
    async throws
  {
    let shop = Workshop()
    let store = try openTelemetryStore(at: shop.telemetry)
    let bundles = try ["a", "b"].map { try ArtifactBundle(files: ["model.json": Data($0.utf8)]) }
    for bundle in bundles { try await shop.store.put(bundle) }
    for uid in ["old", "new"] {
      try await store.append((0..<12_000).map(prediction), of: key(uid))
      for run in 0..<3 {
        let name = "ml.watch-\(uid)-\(run)"
        try await shop.store.putReport(Data("page".utf8), at: "reports/\(name).html")
        try await store.store(
          CheckRecord(
            run: name, policy: "watch", version: "v1", from: 0, to: 50, time: 60, rows: 1, conclusive: false,
            drift: .init(severity: .none, share: 0), quality: .init(severity: .none),
            performance: PerformanceSummary(expected: 0)), of: key(uid))
      }
    }
    let old = ArtifactReference(version: "v1", digest: bundles[0].digest.description)
    let run = specification("old", [old])
    let result = await shop.worker().run(.remove, run)
    #expect(result.removed == RemovalResult(rows: 12_003, reports: 3, versions: 1), "\(result)")
    #expect(try await store.predictions(PredictionQuery(model: key("new"))).count == 12_000)
    #expect(try await !shop.store.contains(bundles[0].digest.description))
    #expect(try await shop.store.contains(bundles[1].digest.description))
    _ = try await shop.store.report(at: "reports/ml.watch-new-2.html")
    await #expect(throws: ArtifactError.self) { _ = try await shop.store.report(at: "reports/ml.watch-old-2.html") }
    #expect(await shop.worker().run(.remove, run).removed == RemovalResult(rows: 0, reports: 0, versions: 1))
    await store.close()
  }

  private func check(_ run: String) -> CheckRecord {
    CheckRecord(
      run: run, policy: "watch", version: "v1", from: 0, to: 50, time: 60, rows: 1, conclusive: false,
      drift: .init(severity: .none, share: 0), quality: .init(severity: .none),
      performance: PerformanceSummary(expected: 0))
  }

  @Test func `a removal that was interrupted removes the rest when it is tried again, reports among it`() async throws {
    let shop = Workshop()
    let store = try openTelemetryStore(at: shop.telemetry)
    try await store.append((0..<50).map(prediction), of: key("old"))
    for name in ["ml.watch-1", "ml.watch-2"] {
      try await shop.store.putReport(Data("page".utf8), at: "reports/\(name).html")
      try await store.store(check(name), of: key("old"))
    }
    // The first try got as far as some rows; its reports went, or did not.
    _ = try await store.beginRemoval(of: key("old"), at: 1_760_000_000)
    _ = try await shop.store.removeReport(at: "reports/ml.watch-1.html")
    _ = try await store.removeRows(of: key("old"), limit: 1)
    await store.close()
    let again = await shop.worker().run(.remove, specification("old"))
    #expect(again.removed?.reports == 1 && again.removed?.rows == 50, "\(again)")
    await #expect(throws: ArtifactError.self) { _ = try await shop.store.report(at: "reports/ml.watch-2.html") }
  }

  @Test(arguments: [".hidden", "a/../../b", "a b", String(repeating: "x", count: 300), ""])
  func `a check with an odd name is no reason to keep anything else`(name: String) async throws {
    let shop = Workshop()
    let store = try openTelemetryStore(at: shop.telemetry)
    for run in [name, "ml.watch-1"] { try await store.store(check(run), of: key("old")) }
    try await shop.store.putReport(Data("page".utf8), at: "reports/ml.watch-1.html")
    let result = await shop.worker().run(.remove, specification("old"))
    #expect(result.removed == RemovalResult(rows: 2, reports: 1, versions: 0), "\(result)")
    let isRefused = shop.log.contains {
      $0.contains("\"level\":\"warning\"") && $0.contains("a name that no report can have")
    }
    #expect(isRefused == !name.isEmpty)
    await store.close()
  }

  @Test func `without a UID nothing is removed, and another kind's specification is refused`() async throws {
    let shop = Workshop()
    let result = await shop.worker().run(.remove, specification(nil))
    #expect(result.failed?.reason == "SpecificationInvalid" && result.failed?.step == "remove")
    #expect(result.failed?.message.contains("UID") == true && result.failed?.retryable == false)
    #expect(await shop.worker().run(.check, specification("old")).failed?.reason == "SpecificationInvalid")
  }

  @Test func `a store that is away is tried again, one that refuses a digest is not`() async throws {
    let shop = Workshop()
    let away = await shop.worker(variables: [RunEnvironment.telemetry: "postgres://apus:secret@127.0.0.1:1/apus"])
      .run(.remove, specification("old"))
    #expect(away.failed?.reason == "TelemetryUnavailable" && away.failed?.retryable == true, "\(away)")
    let refused = await shop.worker().run(.remove, specification("old", [.init(version: "v1", digest: "sha256:../x")]))
    #expect(refused.failed?.reason == "ArtifactStoreRefused" && refused.failed?.retryable == false, "\(refused)")
  }
}
