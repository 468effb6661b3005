package import KubernetesModel
import Monitoring
package import WorkerContract

/// How one model is watched and when that makes the operator act.
package struct MonitoringPolicySpec: Codable, Sendable, Equatable {
  package var modelRef: ModelReference
  package var schedule: Schedule
  /// A check looks at the predictions of this long before it.
  package var window: TimeSpan
  /// Fewer rows make a check inconclusive.
  package var minimumSamples: Int
  /// At most this many of the window's predictions are read, the latest; nil: all.
  package var maximumSamples: Int?
  package var drift: DriftRules
  package var quality: QualityRules
  package var performance: PerformanceRules
  package var retraining: Retraining
  package var alerts: Alerts?
  /// No checks and no retraining while true.
  package var suspend: Bool
  /// Of the container `worker` of checks.
  package var resources: ContainerResources?
  /// A partial pod template, merged into the pods of checks; the container is `worker`.
  package var template: JSONValue?
}

extension MonitoringPolicySpec: SchemaDescribed {
  package static let schema = Schema.object(
    "How one model is watched and when that makes the operator act.",
    [
      .required(
        "modelRef",
        ModelReference.schema.with(rules: [
          .init("self == oldSelf", "modelRef cannot change: make another MonitoringPolicy for another model")
        ])),
      .optional("schedule", Schedule.schema(cron: "0 */6 * * *").described("When the model is checked.")),
      .optional(
        "window",
        .timeSpan("How far back from a check predictions are read for drift and quality.", default: "6h")),
      .optional(
        "minimumSamples",
        .integer("Fewer rows make a check inconclusive.", minimum: 1, maximum: 1_000_000_000, default: 30)),
      .optional(
        "maximumSamples",
        .integer(
          "At most this many of the window's predictions are read, the latest first; null: all.", minimum: 1,
          maximum: 1_000_000_000
        ).nullable),
      .optional(
        "drift",
        DriftRules.schema(
          numeric: DriftTests.numeric.map(DriftTestChoice.init),
          categorical: DriftTests.categorical.map(DriftTestChoice.init)
        ).with(default: [:])),
      .optional("quality", QualityRules.schema.with(default: [:])),
      .optional("performance", PerformanceRules.schema.with(default: [:])),
      .optional("retraining", Retraining.schema.with(default: [:])),
      .optional("alerts", Alerts.schema.nullable),
      .optional("suspend", .boolean("No checks and no retraining while true.", default: false)),
      .optional(
        "resources",
        ContainerResources.schema.described("CPU, memory and more for the container worker of checks.").nullable),
      .optional(
        "template",
        Schema.podTemplate.described(
          "A partial pod template, merged into the pods of checks (container worker): nodeSelector, volumes, sidecars …."
        ).nullable),
    ])
}

extension DriftTestChoice {
  fileprivate init(_ test: any DriftTest) { self.init(test.name, effect: test.effectName ?? test.statisticName) }
}
