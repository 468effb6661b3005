package import WorkerContract

extension MonitoringPolicySpec.Alerts.Channel {
  package struct Slack: AlertChannelSpec {
    package static let field = "slack"

    package var webhookSecretRef: SecretKeyReference

    package init(webhookSecretRef: SecretKeyReference) { self.webhookSecretRef = webhookSecretRef }

    package static let schema = Schema.object(
      "Slack, by incoming webhook.",
      [.required("webhookSecretRef", Schema.secretKey.described("Secret key that holds the webhook's URL."))])
  }
}
