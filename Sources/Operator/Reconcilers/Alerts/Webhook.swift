package import ApusAPI
package import Decisions
import KubernetesModel
import WorkerContract

extension MonitoringPolicySpec.Alerts.Channel.Webhook: AlertDestination {
  package typealias Sender = WebhookChannel

  package var secretNames: [String] { [urlSecretRef.name] }
}

/// The alert as it is, for servers of one's own.
package struct WebhookChannel: HTTPAlertChannel {
  package let url: Credential

  package init(
    _ spec: MonitoringPolicySpec.Alerts.Channel.Webhook, _ secrets: ChannelSecrets
  ) async throws(ChannelProblem) {
    url = try await secrets.url(spec.urlSecretRef)
  }

  package struct Message: Encodable {
    var id: String
    var key: String
    var rule: String
    var severity: String
    var state: String
    var title: String
    var message: String
    var namespace: String
    var policy: String
    var model: String
    var time: String
  }

  package func message(_ alert: Alert) -> Message {
    Message(
      id: alert.id, key: alert.key, rule: alert.rule.rawValue, severity: alert.severityName,
      state: alert.state.rawValue, title: alert.title, message: alert.message, namespace: alert.namespace,
      policy: alert.policy, model: alert.model, time: alert.at.description)
  }
}
