import KubernetesModel
extension MonitoringPolicySpec.Alerts: SchemaDescribed {
  package static let schema = Schema.object(
    "Who is told.",
    [
      .optional(
        "routes", .list("Which severities go where.", of: Route.schema, maximum: 32).with(default: [])),
      .optional(
        "channels",
        .list("Where alerts go.", of: Channel.schema, maximum: 32, type: .map(keys: ["name"])).with(default: [])),
      .optional("deduplicate", .timeSpan("The same alert is not sent again within this time.", default: "5m")),
    ],
    rules: [
      .init(
        "self.routes.all(r, r.channels.all(n, self.channels.exists(c, c.name == n)))",
        "a route names a channel that is not in channels: add it", fieldPath: ".routes")
    ])
}

extension MonitoringPolicySpec.Alerts.Route: SchemaDescribed {
  package static let schema = Schema.object(
    "One route.",
    [
      .required(
        "severities",
        .list(
          "Alerts of these severities.",
          of: .enumeration(MonitoringPolicySpec.Alerts.AlertSeverity.self, "A severity."), minimum: 1, maximum: 3,
          type: .set)),
      .required(
        "channels",
        .list(
          "Go to these channels.", of: .string("A channel.", minimum: 1, maximum: 63), minimum: 1, maximum: 32,
          type: .set)
      ),
    ])
}

extension MonitoringPolicySpec.Alerts.Channel: SchemaDescribed {
  package static let schema = Schema.object(
    "A channel: exactly one kind besides the name.",
    [
      .required("name", .string("How routes name it.", minimum: 1, maximum: 63)),
      .optional(
        "slack",
        .object(
          "Slack, by incoming webhook.",
          [.required("webhookSecretRef", Schema.secretKey.described("Secret key that holds the webhook's URL."))])),
      .optional(
        "pagerDuty",
        .object(
          "PagerDuty, Events API v2.",
          [.required("routingKeySecretRef", Schema.secretKey.described("Secret key that holds the routing key."))])),
      .optional("email", Email.schema),
      .optional(
        "webhook",
        .object(
          "Any receiver of a JSON document.",
          [.required("urlSecretRef", Schema.secretKey.described("Secret key that holds the URL."))])),
      .optional(
        "alertmanager",
        .object(
          "Prometheus Alertmanager.",
          [
            .required(
              "url",
              .string(
                "Its URL.", minimum: 8, maximum: 2048, pattern: "^https?://.+$", form: "http://alertmanager:9093"))
          ])),
      .optional("log", .object("The operator's log.", [])),
    ],
    rules: [
      .exactlyOne(
        of: ["slack", "pagerDuty", "email", "webhook", "alertmanager", "log"],
        "a channel is exactly one of slack, pagerDuty, email, webhook, alertmanager and log")
    ])
}

extension MonitoringPolicySpec.Alerts.Channel.Email: SchemaDescribed {
  package static let schema = Schema.object(
    "E-mail, by SMTP.",
    [
      .required(
        "server",
        .string(
          "smtp://host:port or smtps://host:port", minimum: 8, maximum: 512, pattern: "^smtps?://.+$",
          form: "smtp://host:port")),
      .required("from", .address),
      .required("to", .list("The receivers.", of: .address, minimum: 1, maximum: 64)),
      .optional(
        "credentialsSecretRef", Schema.secret.described("Secret with the keys username and password.").nullable),
    ])
}

extension Schema {
  fileprivate static let address = Schema.string(
    "A mail address.", minimum: 3, maximum: 320, pattern: "^[^@ ]+@[^@ ]+$", form: "name@host")
}
