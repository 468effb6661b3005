import KubernetesModel
import Monitoring
package import WorkerContract

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
        .timeSpan("Drift and quality are about the predictions of this long before a check.", default: "6h")),
      .optional(
        "minimumSamples",
        .integer("Fewer rows make a check inconclusive.", minimum: 1, maximum: 1_000_000_000, default: 30)),
      .optional(
        "maximumSamples",
        .integer(
          "At most so many of the window's predictions are read, the latest; null: all.", minimum: 1,
          maximum: 1_000_000_000
        ).nullable),
      .optional("drift", DriftRules.schema.with(default: [:])),
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

extension MonitoringPolicySpec.ModelReference: SchemaDescribed {
  package static let schema = Schema.object(
    "A ModelDeployment of the same namespace.", [.required("name", .objectName("Its name."))])
}

extension DriftRules: SchemaDescribed {
  /// `KolmogorovSmirnov: Kolmogorov–Smirnov D. …`
  private static func effects(of tests: [any DriftTest]) -> String {
    tests.map { "\($0.name.rawValue): \($0.effectName ?? $0.statisticName)." }.joined(separator: " ")
  }

  package static let schema = Schema.object(
    "How drift against the training data of the version in production is judged.",
    [
      .optional(
        "numeric",
        .object(
          "Numeric features.",
          [
            .optional("test", .driftTest(DriftTests.numeric.map(\.name), default: .kolmogorovSmirnov)),
            .optional("significance", .significance),
          ]
        ).with(default: [:])),
      .optional(
        "categorical",
        .object(
          "Categorical features.",
          [
            .optional("test", .driftTest(DriftTests.categorical.map(\.name), default: .chiSquare)),
            .optional("significance", .significance),
          ]
        ).with(default: [:])),
      .optional("psi", PSI.schema.with(default: [:])),
      .optional(
        "correction",
        .enumeration(
          Correction.self,
          "For many features at once. None reproduces the plain rules, under which 30 quiet features raise an alarm in "
            + "most checks.", default: .benjaminiHochberg)),
      .optional(
        "minimumEffect",
        .object(
          "An effect below its floor is no drift, whatever its p-value: 0 is no difference, 1 nothing in common. A floor of 0 "
            + "reproduces the plain rules.",
          [
            .optional("numeric", .share(effects(of: DriftTests.numeric), default: 0.1)),
            .optional("categorical", .share(effects(of: DriftTests.categorical), default: 0.1)),
          ]
        ).with(default: [:])),
      .optional(
        "source",
        .enumeration(
          Source.self,
          "What is compared: the logged rows, the profiles that servers keep of all rows by minute, or the rows where all "
            + "are logged and else the profiles.", default: .auto)),
    ])
}

extension Schema {
  fileprivate static func driftTest(_ names: [DriftTestName], default name: DriftTestName) -> Schema {
    let bounds = StringBounds(maximum: 0, values: names.map(\.rawValue))
    return Schema(.string(bounds), "The test.").with(default: .string(name.rawValue))
  }

  fileprivate static let significance = Schema.number(
    "A p-value below this counts as drift.", above: 0, below: 1, default: 0.05)
}

extension DriftRules.PSI: SchemaDescribed {
  package static let schema = Schema.object(
    "Population stability index over quantile bins of the reference.",
    [
      .optional("bins", .integer("Number of bins.", minimum: 2, maximum: 100, default: 10)),
      .optional("warning", .number("From here on a warning.", maximum: 100, above: 0, default: 0.1)),
      .optional("critical", .number("From here on critical.", maximum: 100, above: 0, default: 0.2)),
    ],
    rules: [
      .init("self.warning <= self.critical", "warning is above critical: swap them", fieldPath: ".warning")
    ])
}

extension QualityRules: SchemaDescribed {
  package static let schema = Schema.object(
    "Limits of the data quality checks.",
    [
      .optional(
        "missing",
        .object(
          "Share of rows without a feature.",
          [
            .optional("warning", .share("Above this a warning.", default: 0.05)),
            .optional("critical", .share("Above this a failure.", default: 0.15)),
          ],
          rules: [
            .init("self.warning <= self.critical", "warning is above critical: swap them", fieldPath: ".warning")
          ]
        ).with(default: [:])),
      .optional(
        "outOfRange",
        .object(
          "Share of rows with a number outside of its bounds.",
          [.optional("critical", .share("Above this a failure.", default: 0.1))]
        ).with(default: [:])),
      .optional(
        "unknownCategory",
        .object(
          "Share of rows with a level that training has not seen.",
          [.optional("warning", .share("Above this a warning.", default: 0.05))]
        ).with(default: [:])),
      .optional(
        "meanConfidence",
        .object(
          "Mean confidence of predictions.", [.optional("warning", .share("Below this a warning.", default: 0.55))]
        ).with(default: [:])),
      .optional(
        "duplicateRequestIDs",
        .object(
          "Share of requests that repeat an id; of those only the first is logged.",
          [.optional("warning", .share("Above this a warning.", default: 0.01))]
        ).with(default: [:])),
    ])
}

extension PerformanceRules: SchemaDescribed {
  package static let schema = Schema.object(
    "When performance counts as lost.",
    [
      .optional("minimumAccuracy", .share("Accuracy on labelled predictions below this.", default: 0.9)),
      .optional(
        "maximumP95Latency", .timeSpan("95th percentile of the answer time above this.", default: "300ms")),
      .optional(
        "labelDelay",
        .timeSpan("How long labels take: accuracy is that of predictions at least so old.", default: "24h")),
      .optional(
        "window",
        .timeSpan(
          "Accuracy is that of the predictions of this long, up to labelDelay before a check; absent: spec.window."
        ).nullable),
      .optional(
        "queries",
        .list(
          "Triggers read from a Prometheus server.", of: Query.schema, maximum: 32, type: .map(keys: ["name"])
        ).with(default: [])),
    ])
}

extension PerformanceRules.Query: SchemaDescribed {
  package static let schema = Schema.object(
    "A trigger read from a Prometheus server: it fires below or above a value.",
    [
      .required("name", .string("Its name.", minimum: 1, maximum: 64)),
      .required(
        "server",
        .string(
          "URL of the server.", minimum: 8, maximum: 2048, pattern: "^https?://.+$", form: "http://prometheus:9090")),
      .required("promql", .string("The expression; one value.", minimum: 1, maximum: 4096)),
      .optional("below", .number("Fires when the value is below this.")),
      .optional("above", .number("Fires when the value is above this.")),
    ],
    rules: [.init("has(self.below) || has(self.above)", "a query needs below or above, or it never fires")])
}

extension MonitoringPolicySpec.Retraining: SchemaDescribed {
  package static let schema = Schema.object(
    "When the operator retrains on its own.",
    [
      // YAML 1.1, which kubectl reads, takes the unquoted key `on` for true; both arrive here.
      .optional(
        "triggers", aliases: ["on", "true"],
        .list(
          "What may start a training; all three where absent, nothing where empty.",
          of: .enumeration(Trigger.self, "A trigger."), maximum: 3, type: .set
        ).implying(.array(Trigger.allCases.map { .string($0.rawValue) }))),
      .optional("debounce", Debounce.schema.with(default: [:])),
      .optional("cooldown", .timeSpan("No retraining for this long after one was requested.", default: "12h")),
      .optional("dailyLimit", .integer("Most retrainings in 24 hours.", minimum: 0, maximum: 1000, default: 2)),
      .optional("dryRun", .boolean("Decide and say so, but do not train.", default: false)),
    ])
}

extension MonitoringPolicySpec.Retraining.Debounce: SchemaDescribed {
  package static let schema = Schema.object(
    "failures of the last of conclusive checks must have triggered.",
    [
      .optional("failures", .integer("So many.", minimum: 1, maximum: 10, default: 2)),
      .optional("of", .integer("Of so many.", minimum: 1, maximum: 10, default: 3)),
    ],
    rules: [.init("self.failures <= self.of", "failures is above of: it could never fire", fieldPath: ".failures")])
}
