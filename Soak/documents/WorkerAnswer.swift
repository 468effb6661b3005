import Decisions
import KubernetesModel
import WorkerContract

/// What a worker, or somebody else's trainer, leaves as its termination message.
enum WorkerAnswer {
  /// nil: nothing.
  static func make(_ run: RunSpecification?, job: String, isSound: Bool, _ draw: inout Draw) -> String? {
    guard !isSound else { return JSONValue.document(result(run, job: job, &draw)).text }
    if draw.once(in: 12) { return draw.pick([nil, "", "null", "[]", "{}", OddValue.text(&draw)]) }
    var document = JSONValue.document(result(run, job: job, &draw))
    for _ in 0..<draw.below(5) { Damage.apply(to: &document, &draw) }
    guard Damage.fits(document, 1 << 20) else { return nil }
    var text = document.bytes
    if draw.once(in: 5) { Damage.apply(to: &text, &draw) }
    // The kubelet cuts at 4096 bytes; others may not.
    if draw.once(in: 2) { text = Array(text.prefix(RunResult.maximumBytes)) }
    return String(decoding: text, as: UTF8.self)
  }

  private static func result(_ run: RunSpecification?, job: String, _ draw: inout Draw) -> RunResult {
    let id = run?.run ?? job
    if let check = run?.check { return RunResult(run: id, checked: checked(check, &draw)) }
    switch draw.below(8) {
    case 0:
      return RunResult(
        run: id,
        failed: RunFailure(
          reason: "DataRefused", message: "row 7: age is no number", retryable: false, step: "validate"))
    case 1 where run?.train?.unless != nil:
      return RunResult(run: id, unchanged: run?.train?.unless)
    default: return RunResult(run: id, trained: trained(run?.train, &draw))
    }
  }

  private static func metrics(_ draw: inout Draw) -> ModelMetrics {
    ModelMetrics(
      accuracy: draw.pick([0.87, 0.91, 0.5]), precision: 0.8, recall: 0.7, f1: 0.75, rocAUC: draw.pick([0.92, 0.95]),
      brier: 0.1)
  }

  private static func digest(_ draw: inout Draw) -> String {
    "sha256:" + (0..<64).map { _ in draw.pick(["0", "1", "7", "a", "f"]) }.joined()
  }

  private static func trained(_ run: TrainingRun?, _ draw: inout Draw) -> TrainingResult {
    let comparison = run?.champion.map {
      Comparison(
        champion: $0, championMetrics: metrics(&draw), metric: .rocAUC, difference: draw.pick([0.004, -0.1]),
        lower: 0.001,
        upper: 0.01, pValue: 0.01, rows: 200)
    }
    let segments =
      draw.once(in: 3)
      ? [
        TrainingResult.SegmentResult(
          feature: "sex", level: "Female", metric: .recall, challenger: 0.6, champion: 0.7, rows: 90)
      ]
      : []
    return TrainingResult(
      artifact: ArtifactReference(version: run?.version ?? "v1", digest: digest(&draw)),
      rows: .init(train: 600, validation: 200, test: 200), metrics: metrics(&draw), positive: ">50K",
      comparison: comparison, segments: segments, calibrationError: 0.02,
      warnings: draw.once(in: 3) ? ["3 rows are twice in the data"] : [], seconds: ["train": 2.5, "read": 0.1],
      dataDigest: digest(&draw), removed: draw.once(in: 4) ? ["v1"] : nil)
  }

  private static func checked(_ run: CheckRun, _ draw: inout Draw) -> CheckResult {
    let drift = draw.pick([Severity.none, .warning, .critical])
    let quality = draw.pick([Severity.none, .warning, .critical])
    let drifted = DriftSummary.FeatureDrift(feature: "age", severity: drift, psi: 0.31, pValue: 0.001, effect: 0.3)
    return CheckResult(
      version: run.reference.version, rows: 500, conclusive: !draw.once(in: 6),
      drift: DriftSummary(
        severity: drift, features: 2, critical: drift == .critical ? 1 : 0, warning: drift == .warning ? 1 : 0,
        share: drift == .none ? 0 : 0.5, worst: drift == .none ? [] : [drifted]),
      predictionDrift: draw.once(in: 2)
        ? PredictionDriftSummary(
          drifted: true, severity: .warning, psi: 0.2, pValue: 0.01, meanConfidence: 0.6, referenceMeanConfidence: 0.8)
        : nil,
      quality: QualitySummary(
        severity: quality,
        failed: quality == .none
          ? [] : [.init(check: .outOfRange, feature: "age", severity: quality, value: 0.2, limit: 0.15)]),
      performance: PerformanceSummary(
        coverage: 0.62, labelled: 310, metrics: draw.once(in: 2) ? metrics(&draw) : nil,
        p95Latency: draw.once(in: 2) ? 0.4 : nil),
      span: ObservedSpan(from: run.from, to: run.to), report: "reports/run.html")
  }
}
