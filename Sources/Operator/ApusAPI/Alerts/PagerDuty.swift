package import WorkerContract

extension MonitoringPolicySpec.Alerts.Channel {
  package struct PagerDuty: AlertChannelSpec {
    package static let field = "pagerDuty"

    package var routingKeySecretRef: SecretKeyReference

    package init(routingKeySecretRef: SecretKeyReference) { self.routingKeySecretRef = routingKeySecretRef }

    package static let schema = Schema.object(
      "PagerDuty, Events API v2.",
      [.required("routingKeySecretRef", Schema.secretKey.described("Secret key that holds the routing key."))])
  }
}
