import Artifacts
import Foundation
import Testing
import WorkerContract
import Workers

/// A worker loads what somebody else has stored.
@Suite struct LoadTests {
  private func load(_ artifact: ArtifactReference, in shop: Workshop) async -> RunResult {
    await shop.worker().run(
      .load, RunSpecification(run: "ml.demo-load-1", namespace: "ml", model: "demo", load: LoadRun(artifact: artifact)))
  }

  @Test func `a version of the worker's own loads, and one whose files were changed does not`() async throws {
    let shop = Workshop()
    let trained = await shop.worker().run(.train, SmallWorld.run(try shop.write(SmallWorld.csv())))
    let artifact = try #require(trained.trained?.artifact, "\(String(describing: trained.failed))")
    let loaded = await load(artifact, in: shop)
    #expect(loaded.loaded == LoadResult(artifact: artifact, rows: 3) && loaded.failed == nil)

    var files = try await shop.store.open(artifact.digest).files
    let model = try #require(files["model.json"].map { String(decoding: $0, as: UTF8.self) })
    let poisoned = model.replacing(/"num_feature":"\d+"/, with: #""num_feature":"2147483646""#)
    files["model.json"] = Data(poisoned.utf8)
    let bundle = try ArtifactBundle(files: files)
    try await shop.store.put(bundle)
    let refused = await load(ArtifactReference(version: "v1", digest: bundle.digest.description), in: shop)
    let failure = try #require(refused.failed)
    #expect(failure.reason == "VersionUnservable" && failure.step == "load" && !failure.retryable)
    #expect(failure.message.contains("num_feature is '2147483646'"), "\(failure.message)")
  }

  @Test func `a version that is not there is not retried for ever`() async throws {
    let shop = Workshop()
    for digest in ["sha256:../../x", "sha256:" + String(repeating: "0", count: 64)] {
      let failure = try #require(await load(ArtifactReference(version: "v1", digest: digest), in: shop).failed)
      #expect(!failure.retryable && failure.step == "load", "\(failure)")
    }
  }
}
