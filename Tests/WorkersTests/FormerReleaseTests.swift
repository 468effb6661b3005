import Foundation
import Telemetry
import Testing
import WorkerContract

@testable import Workers

/// A worker that is given what release 0.1.0 wrote: run specifications, an artifact, a database.
@Suite struct FormerReleaseTests {
  private static let kept = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Golden/Releases/0.1.0/kept").standardizedFileURL

  private static func document<Value: Decodable>(_ type: Value.Type, _ name: String) throws -> Value {
    try JSONDecoder().decode(type, from: Data(contentsOf: kept.appending(path: name)))
  }

  @Test func `its check finds what a check of that release found`() async throws {
    let shop = Workshop()
    let files = FileManager.default
    try files.copyItem(at: Self.kept.appending(path: "artifacts"), to: shop.folder.appending(path: "artifacts"))
    try files.copyItem(
      at: Self.kept.appending(path: "telemetry.sqlite"), to: shop.folder.appending(path: "telemetry.sqlite"))
    let specification = try Self.document(RunSpecification.self, "check.run.json")
    let run = await shop.worker().run(.check, specification)
    let checked = try #require(run.checked, "\(String(describing: run.failed))")
    // Of the 300 rows of that check 40 are kept.
    #expect(checked.rows == 40 && checked.conclusive)
    #expect(checked.drift.features == 2)
  }

  @Test func `its training makes the same version again`() async throws {
    let shop = Workshop()
    var specification = try Self.document(RunSpecification.self, "train.run.json")
    let rows = try String(contentsOf: Self.kept.appending(path: "toy.csv"), encoding: .utf8)
    specification.train?.source.csv?.uri = try shop.write(rows)
    let run = await shop.worker().run(.train, specification)
    let trained = try #require(run.trained, "\(String(describing: run.failed))")
    let then = try #require(try Self.document(RunResult.self, "train.result.json").trained)
    #expect(trained.metrics == then.metrics && trained.rows == then.rows && trained.dataDigest == then.dataDigest)
  }

  @Test func `its results are read whole`() throws {
    let trained = try #require(try Self.document(RunResult.self, "train.result.json").trained)
    #expect(trained.artifact.version == "v1" && trained.metrics.rocAUC != nil)
    let checked = try #require(try Self.document(RunResult.self, "check.result.json").checked)
    #expect(checked.rows == 300 && checked.drift.severity == .none && checked.quality.severity == .none)
  }
}
