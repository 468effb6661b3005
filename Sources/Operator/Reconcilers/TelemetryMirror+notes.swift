import ApusAPI
import Decisions
import KubernetesModel
import Telemetry
import WorkerContract

extension TelemetryMirror {
  /// The versions of a model as they are now.
  func note(_ versions: [ModelVersion], of model: ModelDeployment) {
    let owner = ModelKey(namespace: model.key.namespace, model: model.key.name, identity: model.identity)
    note(versions.map { .version(VersionRecord($0), owner) })
  }

  /// An alert and how far its delivery has got.
  /// - Parameters:
  ///   - model: The model that it is about; nil: none of that name is there.
  ///   - failures: by channel, why it was not delivered.
  func note(_ alert: Alert, of model: ModelDeployment?, failures: [String: String]) {
    let text = failures.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: "; ")
    let record = AlertRecord(
      id: alert.id, rule: alert.rule.rawValue, severity: alert.severityName, state: alert.state.rawValue,
      message: alert.message, delivered: alert.channels.filter { failures[$0] == nil },
      failure: text.isEmpty ? nil : text, time: alert.at.secondsSince1970)
    note([.alert(record, ModelKey(namespace: alert.namespace, model: alert.model, identity: model?.identity))])
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
