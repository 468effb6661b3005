import WorkerContract

extension MonitoringPolicySpec.Alerts.Channel {
  package struct Alertmanager: AlertChannelSpec {
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
  }
}
