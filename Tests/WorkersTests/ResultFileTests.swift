import Foundation
import Testing
import WorkerContract
import Workers

@Suite struct ResultFileTests {
  private let reference = ArtifactReference(version: "v12", digest: "sha256:" + String(repeating: "a", count: 64))
  private let metrics = ModelMetrics(
    accuracy: 1 / 3, precision: 2 / 3, recall: 1 / 7, f1: 1 / 9, rocAUC: 1 / 11, brier: 1 / 13)

  private func decoded(_ result: RunResult) throws -> RunResult {
    let data = try ResultFile.encode(result)
    #expect(data.count <= RunResult.maximumBytes)
    return try JSONDecoder().decode(RunResult.self, from: data)
  }

  @Test("A result that fits is kept whole")
  func small() throws {
    let result = RunResult(run: "r", failed: RunFailure(reason: "A", message: "b", retryable: true, step: "train"))
    #expect(try decoded(result) == result)
  }

  @Test("A training with too many warnings and segments loses the last of them, never its figures")
  func training() throws {
    let segment = TrainingResult.SegmentResult(
      feature: String(repeating: "f", count: 60), level: String(repeating: "é", count: 200), metric: .recall,
      challenger: 0.5, champion: 0.6, rows: 100)
    let result = RunResult(
      run: "r",
      trained: TrainingResult(
        artifact: reference, rows: .init(train: 1, validation: 2, test: 3), metrics: metrics,
        segments: Array(repeating: segment, count: 12),
        warnings: (0..<40).map { "\($0) " + String(repeating: "w", count: 400) }, dataDigest: reference.digest))
    let kept = try #require(try decoded(result).trained)
    #expect(kept.metrics == metrics)
    #expect(kept.artifact == reference)
    #expect(!kept.segments.isEmpty)
  }

  @Test("A training says that its schema differs, however long the differences are")
  func schemaChange() throws {
    let long = (0..<5).map { "\($0) " + String(repeating: "d", count: 600) }
    var trained = TrainingResult(
      artifact: reference, rows: .init(train: 1, validation: 2, test: 3), metrics: metrics,
      notCompared: String(repeating: "n", count: 900), warnings: long)
    trained.schemaChange = SchemaChange(champion: reference, incomparable: long, refused: long)
    let kept = try #require(try decoded(RunResult(run: "r", trained: trained)).trained)
    #expect(kept.schemaChange?.incomparable.first == long[0] && kept.schemaChange?.refused.first == long[0])
    #expect(kept.notCompared != nil && kept.metrics == metrics)
  }

  @Test("A check keeps its worst features and its verdicts")
  func check() throws {
    let worst = (0..<10).map {
      DriftSummary.FeatureDrift(
        feature: "\($0)" + String(repeating: "x", count: 250), severity: .critical, psi: 1 / 3, pValue: 1e-300,
        effect: 2 / 3)
    }
    let failed = (0..<10).map {
      QualitySummary.FailedCheck(
        check: .missingRate, feature: "\($0)" + String(repeating: "y", count: 250), severity: .critical, value: 1 / 3,
        limit: 0.15)
    }
    let result = RunResult(
      run: "r",
      checked: CheckResult(
        version: "v1", rows: 100, conclusive: true,
        drift: DriftSummary(severity: .critical, features: 40, critical: 10, warning: 3, share: 0.3, worst: worst),
        quality: QualitySummary(severity: .critical, failed: failed),
        performance: PerformanceSummary(metrics: metrics), report: "reports/x.html"))
    let kept = try #require(try decoded(result).checked)
    #expect(kept.drift.critical == 10)
    #expect(kept.drift.worst.first == worst[0])
    #expect(kept.quality.failed.first == failed[0])
    #expect(kept.report == "reports/x.html")
    #expect(
      abs(kept.drift.worst.count - kept.quality.failed.count) <= 1 && kept.quality.failed.count >= 4, "some of each")
  }

  @Test("A long failure message is cut between characters")
  func failure() throws {
    let message = String(repeating: "Zeile «ä» 🐦\n", count: 600)
    let result = RunResult(run: "r", failed: RunFailure(reason: "A", message: message, retryable: false, step: "train"))
    let kept = try #require(try decoded(result).failed)
    #expect(kept.message.hasSuffix("…"))
    #expect(message.hasPrefix(kept.message.dropLast()))
    #expect(kept.message.utf8.count > 2000)
  }
}
