package import ApusAPI
package import Decisions
import KubernetesModel

/// Prometheus Alertmanager's API v2: labels identify the alert, `endsAt` in the past resolves it.
package struct AlertmanagerChannel: HTTPAlertChannel {
  package let url: Credential

  package init(
    _ spec: MonitoringPolicySpec.Alerts.Channel.Alertmanager, _ secrets: ChannelSecrets
  ) async throws(ChannelProblem) {
    url = Credential(spec.url + (spec.url.hasSuffix("/") ? "" : "/") + "api/v2/alerts")
  }

  package struct Entry: Encodable {
    var labels: [String: String]
    var annotations: [String: String]
    var startsAt: String?
    var endsAt: String?
  }

  package func message(_ alert: Alert) -> [Entry] {
    let time = alert.at.description
    return [
      Entry(
        labels: [
          "alertname": alert.rule.rawValue, "severity": alert.severityName, "namespace": alert.namespace,
          "policy": alert.policy, "model": alert.model,
        ], annotations: ["summary": alert.title, "description": alert.message],
        startsAt: alert.state == .firing ? time : nil, endsAt: alert.state == .firing ? nil : time)
    ]
  }
}
