import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// Midday of a Wednesday, so that no schedule of the tests fires by accident.
let noon = Timestamp(secondsSince1970: 1_793_188_800)

let settings = OperatorSettings(
  images: .init(worker: "apus-worker:test", server: "apus-server:test"), allowedHostPaths: ["/data"],
  // Whose Secrets are whose has tests of its own (`PodTemplateTests`).
  templates: .init(secrets: .all))

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
  return object(name, uid: "uid-md", base, spec, annotations)
}

func aPolicy(_ name: String = "income", _ spec: JSONValue = [:], annotations: [String: String] = [:])
  -> MonitoringPolicy
{
  object(name, uid: "uid-mp", ["modelRef": ["name": "income"]], spec, annotations)
}

/// What a test adds to the spec and that is no spec then fails the test, which goes on without it.
private func object<Object: ApusResource>(
  _ name: String, uid: String, _ base: JSONValue, _ more: JSONValue, _ annotations: [String: String]
) -> Object {
  func decoded(_ spec: JSONValue) throws(ResourceError) -> Object {
    try Object.decode([
      "metadata": ["name": .string(name), "namespace": "shop", "uid": .string(uid), "generation": 1], "spec": spec,
    ])
  }
  do {
    var object: Object
    do {
      object = try decoded(base.merged(with: more))
    } catch {
      Issue.record("\(error)")
      object = try decoded(base)
    }
    object.metadata.creationTimestamp = noon
    object.metadata.annotations = annotations
    return object
  } catch {
    preconditionFailure("the builder's own document: \(error)")
  }
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

func metrics(accuracy: Double = 0.87, f1: Double = 0.75, rocAUC: Double = 0.92) -> ModelMetrics {
  ModelMetrics(accuracy: accuracy, precision: 0.8, recall: 0.7, f1: f1, rocAUC: rocAUC, brier: 0.1)
}

func artifact(_ version: String) -> ArtifactReference {
  ArtifactReference(version: version, digest: digest(of: version))
}

/// Of the form that digests have: the version's number.
func digest(of version: String) -> String {
  let number = version.dropFirst()
  return "sha256:" + String(repeating: "0", count: 64 - number.count) + number
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
