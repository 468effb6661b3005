import Values
package import WorkerContract

extension MonitoringPolicySpec.Alerts.Channel {
  /// The alert as it is, for servers of one's own.
  package struct Webhook: HTTPAlertChannelSpec {
    package static let field = "webhook"

    package var urlSecretRef: SecretKeyReference

    package init(urlSecretRef: SecretKeyReference) { self.urlSecretRef = urlSecretRef }

    package static let schema = Schema.object(
      "Any receiver of a JSON document.",
      [.required("urlSecretRef", Schema.secretKey.described("Secret key that holds the URL."))])

    package var receiver: AlertReceiver { .secretURL(urlSecretRef) }

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

    package func message(_ alert: Alert, secret: String) -> Message {
      Message(
        id: alert.id, key: alert.key, rule: alert.rule.rawValue, severity: alert.severityName,
        state: alert.state.rawValue, title: alert.title, message: alert.message, namespace: alert.namespace,
        policy: alert.policy, model: alert.model, time: alert.at.description)
    }
  }
}
