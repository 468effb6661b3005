package import ApusAPI
package import Decisions
import KubernetesModel

extension MonitoringPolicySpec.Alerts.Channel.Alertmanager: AlertDestination {
  package typealias Sender = AlertmanagerChannel
}

/// Prometheus Alertmanager's API v2: labels identify the alert, `endsAt` in the past resolves it.
package struct AlertmanagerChannel: HTTPAlertChannel {
  package let url: Credential

  package init(
    _ spec: MonitoringPolicySpec.Alerts.Channel.Alertmanager, _ secrets: ChannelSecrets
  ) async throws(ChannelProblem) {
    // Behind a gateway the URL may have a path, and a query.
    var path = spec.url.prefix { $0 != "?" && $0 != "#" }
    let rest = spec.url[path.endIndex...]
    while path.hasSuffix("/") { path.removeLast() }
    let endpoint = "/api/v2/alerts"
    if !path.hasSuffix(endpoint) { path += endpoint }
    url = Credential("\(path)\(rest)")
  }

  package struct Entry: Encodable {
    var labels: [String: String]
    var annotations: [String: String]
    var startsAt: String?
    var endsAt: String
  }

  package func message(_ alert: Alert) -> [Entry] {
    // Without an end it would be over after Alertmanager's resolve_timeout, five minutes by default. Each check that finds it
    // again moves this end.
    let end = alert.state == .firing ? alert.expiry : alert.at
    return [
      Entry(
        labels: [
          "alertname": alert.rule.rawValue, "severity": alert.severityName, "namespace": alert.namespace,
          "policy": alert.policy, "model": alert.model,
        ], annotations: ["summary": alert.title, "description": alert.message],
        startsAt: alert.state == .firing ? alert.at.description : nil, endsAt: end.description)
    ]
  }
}
