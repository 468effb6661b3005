import ApusAPI
import Decisions
import KubernetesModel
import WorkerContract

/// Midday of a Wednesday, so that no schedule of the tests fires by accident.
let noon = Timestamp(secondsSince1970: 1_793_188_800)

let settings = OperatorSettings(
  images: .init(worker: "apus-worker:test", server: "apus-server:test"), allowedHostPaths: ["/data"])

/// A model as a person writes it, with more of the spec as JSON.
func aModel(_ name: String = "income", _ spec: JSONValue = [:], annotations: [String: String] = [:]) -> ModelDeployment
{
  let base: JSONValue = [
    "schema": [
      "target": ["name": "income", "positive": ">50K"],
      "features": [["name": "age", "type": "numeric"], ["name": "sex", "type": "categorical"]],
    ],
    "training": ["source": ["csv": ["uri": "file:///data/adult.csv"]]],
    "promotion": ["approval": "Automatic"],
  ]
  let object: JSONValue = [
    "metadata": ["name": .string(name), "namespace": "shop", "uid": "uid-md", "generation": 1],
    "spec": base.merged(with: spec),
  ]
  // The document above is known to be good; a test that breaks it sees an empty model and fails on what it asks.
  var model = (try? ModelDeployment.decode(object)) ?? emptyModel
  model.metadata.creationTimestamp = noon
  model.metadata.annotations = annotations
  return model
}

extension ModelDeployment {
  /// Deleted and applied again.
  var madeAnew: ModelDeployment {
    var copy = self
    copy.status = ModelDeploymentStatus()
    copy.metadata.uid = "uid-md-2"
    return copy
  }
}

private var emptyModel: ModelDeployment {
  ModelDeployment(
    metadata: ObjectMeta(name: "broken", namespace: "shop"),
    spec: .init(
      schema: .init(target: .init(name: ""), features: []),
      training: .init(
        source: .init(), split: .init(), algorithm: .init(), schedule: .init(cron: "", timeZone: ""),
        deadline: .init(seconds: 1), retries: 0),
      promotion: .init(
        approval: .manual, minimum: .init(accuracy: 0, f1: 0, rocAUC: 0),
        against: .init(metric: .accuracy, minimumImprovement: 0, confidence: 0.9), segments: [], keep: 1),
      serving: .init(replicas: 1, logging: .init())))
}

func aPolicy(_ name: String = "income", _ spec: JSONValue = [:], annotations: [String: String] = [:])
  -> MonitoringPolicy
{
  let base: JSONValue = ["modelRef": ["name": "income"]]
  let object: JSONValue = [
    "metadata": ["name": .string(name), "namespace": "shop", "uid": "uid-mp", "generation": 1],
    "spec": base.merged(with: spec),
  ]
  var policy =
    (try? MonitoringPolicy.decode(object))
    ?? MonitoringPolicy(
      metadata: ObjectMeta(name: "broken"),
      spec: .init(
        modelRef: .init(name: ""), schedule: .init(cron: "", timeZone: ""), window: .init(seconds: 0),
        minimumSamples: 0, drift: .init(), quality: .init(), performance: .init(),
        retraining: .init(
          on: [], debounce: .init(failures: 1, of: 1), cooldown: .init(seconds: 0), dailyLimit: 0, dryRun: false),
        suspend: false))
  policy.metadata.creationTimestamp = noon
  policy.metadata.annotations = annotations
  return policy
}

func metrics(accuracy: Double = 0.87, f1: Double = 0.75, rocAUC: Double = 0.92) -> ModelMetrics {
  ModelMetrics(accuracy: accuracy, precision: 0.8, recall: 0.7, f1: f1, rocAUC: rocAUC, brier: 0.1)
}

func artifact(_ version: String) -> ArtifactReference {
  ArtifactReference(version: version, digest: "sha256:digest-of-\(version)")
}

/// A result of training `version`, compared with `champion` where there is one.
func result(
  _ version: String, against champion: String? = nil, difference: Double = 0.004, lower: Double = 0.001,
  metrics own: ModelMetrics = metrics()
) -> TrainingResult {
  TrainingResult(
    artifact: artifact(version), rows: .init(train: 600, validation: 200, test: 200), metrics: own,
    comparison: champion.map {
      Comparison(
        champion: artifact($0), championMetrics: metrics(), metric: .rocAUC, difference: difference, lower: lower,
        upper: difference * 2 - lower, pValue: 0.01, rows: 200)
    })
}

func termination(_ result: TrainingResult) -> String {
  JSONValue.document(RunResult(run: "run", trained: result)).text
}

func termination(_ failure: RunFailure) -> String {
  JSONValue.document(RunResult(run: "run", failed: failure)).text
}

func checkResult(
  _ version: String = "v1", rows: Int = 500, conclusive: Bool = true, drift: Severity = .none,
  quality: Severity = .none, failing: QualityCheckKind = .outOfRange, accuracy: Double? = nil, latency: Double? = nil
) -> CheckResult {
  CheckResult(
    version: version, rows: rows, conclusive: conclusive,
    drift: DriftSummary(
      severity: drift, features: 2, critical: drift == .critical ? 1 : 0, warning: drift == .warning ? 1 : 0,
      share: drift == .none ? 0 : 0.5,
      worst: drift == .none ? [] : [.init(feature: "age", severity: drift, psi: 0.31, pValue: 0.001, effect: 0.3)]),
    quality: QualitySummary(
      severity: quality,
      failed: quality == .none
        ? [] : [.init(check: failing, feature: "age", severity: quality, value: 0.2, limit: 0.15)]),
    performance: PerformanceSummary(
      coverage: accuracy == nil ? 0 : 0.62, labelled: accuracy == nil ? 0 : 310,
      metrics: accuracy.map { metrics(accuracy: $0) }, p95Latency: latency))
}
