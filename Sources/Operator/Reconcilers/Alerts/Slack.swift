package import ApusAPI
package import Decisions
import WorkerContract

extension MonitoringPolicySpec.Alerts.Channel.Slack: AlertDestination {
  package typealias Sender = SlackChannel

  package var secretNames: [String] { [webhookSecretRef.name] }
}

/// Slack's incoming webhook: https://api.slack.com/messaging/webhooks
package struct SlackChannel: HTTPAlertChannel {
  package let url: Credential

  package init(
    _ spec: MonitoringPolicySpec.Alerts.Channel.Slack, _ secrets: ChannelSecrets
  ) async throws(ChannelProblem) {
    url = try await secrets.url(spec.webhookSecretRef)
  }

  package struct Message: Encodable {
    struct Attachment: Encodable {
      var color: String
      var text: String
      var fallback: String
    }

    var text: String
    var attachments: [Attachment]
  }

  package func message(_ alert: Alert) -> Message {
    let color =
      switch (alert.state, alert.severityName) {
      case (.resolved, _): "good"
      case (.firing, "critical"): "danger"
      case (.firing, "warning"): "warning"
      case (.firing, _): "#439FE0"
      }
    let text = Self.escaped(alert.message)
    return Message(
      text: Self.escaped("*\(alert.title)*"), attachments: [.init(color: color, text: text, fallback: text)])
  }

  /// The three characters that mean something in Slack's texts.
  private static func escaped(_ text: String) -> String { text.escaped(["&": "&amp;", "<": "&lt;", ">": "&gt;"]) }
}
