import KubernetesModel
import Values
import WorkerContract

extension MonitoringPolicySpec.Alerts.Channel {
  /// Prometheus Alertmanager's API v2: labels identify the alert, `endsAt` in the past resolves it.
  package struct Alertmanager: HTTPAlertChannelSpec {
    package static let field = "alertmanager"

    /// Without `/api/v2/alerts`.
    package var url: String

    package init(url: String) { self.url = url }

    package static let schema = Schema.object(
      "Prometheus Alertmanager.",
      [
        .required(
          "url",
          .string("Its URL.", minimum: 8, maximum: 2048, pattern: "^https?://.+$", form: "http://alertmanager:9093"))
      ])

    package func problems(at path: String) -> [Problem] {
      uriProblems(url, at: "\(path).url", schemes: ["http", "https"])
        + addressProblems(url, at: "\(path).url", weight: .warning)
    }

    /// Behind a gateway the URL may have a path, and a query.
    package var receiver: AlertReceiver {
      var path = url.prefix { $0 != "?" && $0 != "#" }
      let rest = url[path.endIndex...]
      while path.hasSuffix("/") { path.removeLast() }
      let endpoint = "/api/v2/alerts"
      if !path.hasSuffix(endpoint) { path += endpoint }
      return .url("\(path)\(rest)")
    }

    package struct Entry: Encodable {
      var labels: [String: String]
      var annotations: [String: String]
      var startsAt: String?
      var endsAt: String
    }

    package func message(_ alert: Alert, secret: String) -> [Entry] {
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
}
