package import WorkerContract

extension MonitoringPolicySpec.Alerts.Channel {
  /// Slack's incoming webhook: https://api.slack.com/messaging/webhooks
  package struct Slack: HTTPAlertChannelSpec {
    package static let field = "slack"

    package var webhookSecretRef: SecretKeyReference

    package init(webhookSecretRef: SecretKeyReference) { self.webhookSecretRef = webhookSecretRef }

    package static let schema = Schema.object(
      "Slack, by incoming webhook.",
      [.required("webhookSecretRef", Schema.secretKey.described("Secret key that holds the webhook's URL."))])

    package var receiver: AlertReceiver { .secretURL(webhookSecretRef) }

    package struct Message: Encodable {
      struct Attachment: Encodable {
        var color: String
        var text: String
        var fallback: String
      }

      var text: String
      var attachments: [Attachment]
    }

    package func message(_ alert: Alert, secret: String) -> Message {
      let color =
        switch (alert.state, alert.severity) {
        case (.resolved, _): "good"
        case (.firing, .critical): "danger"
        case (.firing, .warning): "warning"
        case (.firing, .info): "#439FE0"
        }
      let text = Self.escaped(alert.message)
      return Message(
        text: Self.escaped("*\(alert.title)*"), attachments: [.init(color: color, text: text, fallback: text)])
    }

    /// The three characters that mean something in Slack's texts.
    private static func escaped(_ text: String) -> String { text.escaped(["&": "&amp;", "<": "&lt;", ">": "&gt;"]) }
  }
}
