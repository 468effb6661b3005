package import KubernetesModel
package import WorkerContract

extension MonitoringPolicyStatus {
  package struct CheckRecord: Codable, Sendable, Equatable {
    package var job: String
    package var time: Timestamp
    /// The version it looked at.
    package var version: String
    package var rows: Int
    package var outcome: Outcome
    /// Which of the policy's triggers fired: of what was critical, what a training can mend.
    package var triggers: [MonitoringPolicySpec.Retraining.Trigger]
    /// What was critical, whether a training can mend it or not; nil: written by release 0.1.0, where all of it triggered.
    package var findings: [MonitoringPolicySpec.Retraining.Trigger]?
    /// Of the last check only.
    package var result: CheckResult?
    package var message: String?

    package init(
      job: String, time: Timestamp, version: String, rows: Int, outcome: Outcome,
      triggers: [MonitoringPolicySpec.Retraining.Trigger] = [],
      findings: [MonitoringPolicySpec.Retraining.Trigger]? = nil, result: CheckResult? = nil, message: String? = nil
    ) {
      self.job = job
      self.time = time
      self.version = version
      self.rows = rows
      self.outcome = outcome
      self.triggers = triggers
      self.findings = findings
      self.result = result
      self.message = message
    }

    package var critical: [MonitoringPolicySpec.Retraining.Trigger] { findings ?? triggers }

    package enum Outcome: String, Codable, Sendable, CaseIterable {
      case healthy = "Healthy"
      case warning = "Warning"
      case critical = "Critical"
      case inconclusive = "Inconclusive"
      case failed = "Failed"
    }
  }
}

extension MonitoringPolicyStatus.CheckRecord: SchemaDescribed {
  package static let schema = Schema.object(
    "One check.",
    [
      .required("job", .string("Its Job.")),
      .required("time", .timestamp("When it ended.")),
      .required("version", .string("The version it looked at.", maximum: 12)),
      .required("rows", .integer("Predictions it looked at.", minimum: 0)),
      .required("outcome", .enumeration(Outcome.self, "What it found.")),
      .optional(
        "triggers",
        .list(
          "Which of the policy's triggers fired: what was critical and a training can mend.",
          of: .enumeration(MonitoringPolicySpec.Retraining.Trigger.self, "A trigger."), maximum: 3
        ).implying([])),
      .optional(
        "findings",
        .list(
          "What was critical, whether a training can mend it or not.",
          of: .enumeration(MonitoringPolicySpec.Retraining.Trigger.self, "A kind of finding."), maximum: 3)),
      .optional("result", CheckResult.schema),
      .optional("message", .string("For people.", maximum: 32768)),
    ])
}
