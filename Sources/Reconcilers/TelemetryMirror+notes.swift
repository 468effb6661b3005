import ApusAPI
import Decisions
import KubernetesModel
import Telemetry
import WorkerContract

extension TelemetryMirror {
  /// The versions of a model as they are now.
  func note(_ versions: [ModelVersion], of model: ObjectKey) {
    let owner = ModelKey(namespace: model.namespace, model: model.name)
    note(versions.map { .version(VersionRecord($0), owner) })
  }

  /// An alert and how far its delivery has got.
  /// - Parameter failures: by channel, why it was not delivered.
  func note(_ alert: Alert, failures: [String: String]) {
    let text = failures.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "; ")
    let record = AlertRecord(
      id: alert.id, rule: alert.rule.rawValue, severity: alert.severityName, state: alert.state.rawValue,
      message: alert.message, delivered: alert.channels.filter { failures[$0] == nil },
      failure: text.isEmpty ? nil : text, time: alert.at.secondsSince1970)
    note([.alert(record, ModelKey(namespace: alert.namespace, model: alert.model))])
  }
}

extension VersionRecord {
  init(_ version: ModelVersion) {
    let spec = version.spec
    let created = spec.trainedAt ?? version.metadata.creationTimestamp
    self.init(
      version: spec.version, digest: spec.artifact?.digest ?? "", stage: version.status.stage.rawValue,
      reason: version.status.reason ?? "", metrics: spec.failure == nil ? spec.result?.metrics : nil,
      created: created?.secondsSince1970 ?? 0,
      updated: (version.status.history.last?.at ?? created)?.secondsSince1970 ?? 0)
  }
}
