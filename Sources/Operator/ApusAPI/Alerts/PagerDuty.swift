import KubernetesModel
package import WorkerContract

extension MonitoringPolicySpec.Alerts.Channel {
  /// PagerDuty's Events API v2: a `dedup_key` ties the resolution to its trigger.
  package struct PagerDuty: HTTPAlertChannelSpec {
    package static let field = "pagerDuty"

    package var routingKeySecretRef: SecretKeyReference

    package init(routingKeySecretRef: SecretKeyReference) { self.routingKeySecretRef = routingKeySecretRef }

    package static let schema = Schema.object(
      "PagerDuty, Events API v2.",
      [.required("routingKeySecretRef", Schema.secretKey.described("Secret key that holds the routing key."))])

    package var receiver: AlertReceiver { .url("https://events.pagerduty.com/v2/enqueue") }
    package var messageSecretRef: SecretKeyReference? { routingKeySecretRef }

    package struct Message: Encodable {
      struct Payload: Encodable {
        var summary: String
        var source: String
        var severity: String
        var component: String
        var group: String
        var `class`: String
        var custom_details: [String: String]
      }

      var routing_key: String
      var event_action: String
      var dedup_key: String
      var payload: Payload?
    }

    package func message(_ alert: Alert, secret: String) -> Message {
      var message = Message(
        routing_key: secret, event_action: alert.state == .firing ? "trigger" : "resolve",
        dedup_key: Self.deduplicationKey(alert.key))
      guard alert.state == .firing else { return message }
      message.payload = Message.Payload(
        summary: String("\(alert.title): \(alert.message)".prefix(1024)), source: "apus", severity: alert.severityName,
        component: alert.model, group: alert.namespace, class: alert.rule.rawValue,
        custom_details: ["policy": alert.policy, "message": alert.message])
      return message
    }

    /// At most 255 characters. A long key ends with its hash: the rule stands at the end, and two rules are two incidents.
    private static func deduplicationKey(_ key: String) -> String {
      key.utf8.count <= 255 ? key : "\(key.prefix(200))-\(StableHash.hexadecimal(key.utf8))"
    }
  }
}
