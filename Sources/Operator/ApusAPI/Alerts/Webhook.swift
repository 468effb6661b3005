package import WorkerContract

extension MonitoringPolicySpec.Alerts.Channel {
  package struct Webhook: AlertChannelSpec {
    package static let field = "webhook"

    package var urlSecretRef: SecretKeyReference

    package init(urlSecretRef: SecretKeyReference) { self.urlSecretRef = urlSecretRef }

    package static let schema = Schema.object(
      "Any receiver of a JSON document.",
      [.required("urlSecretRef", Schema.secretKey.described("Secret key that holds the URL."))])
  }
}
