import KubernetesModel
package import WorkerContract

extension ModelDeploymentSpec: SchemaDescribed {
  package static let schema = Schema.object(
    "What people say about a model.",
    [
      .required("schema", FeatureSchema.schema),
      .required("training", Training.schema),
      .optional("promotion", Promotion.schema.with(default: [:])),
      .optional("serving", Serving.schema.with(default: [:])),
      .optional(
        "deletion",
        .enumeration(
          Deletion.self,
          "What happens to predictions, labels, checks, reports and files when the model is deleted. Keep: they stay. Delete: "
            + "a Job removes them; until then the model's ModelVersions stay.", default: .keep)),
    ])
}

extension ModelDeploymentSpec.Training: SchemaDescribed {
  package static let schema = Schema.object(
    "How versions are trained.",
    [
      .required("source", DataSource.schema),
      .optional("split", SplitPlan.schema.with(default: [:])),
      // Not published: a stored default would stay beside the algorithm that a later apply names.
      .optional("algorithm", Algorithm.schema.implying(["gradientBoosting": [:]])),
      .optional("limits", DataLimits.schema.with(default: [:])),
      .optional("schedule", Schedule.schema(cron: "0 2 * * 0").described("When a new version is trained anyway.")),
      .optional("deadline", .timeSpan("A run that takes longer is ended and counts as failed.", default: "2h")),
      .optional("retries", .integer("How often a failed run is tried again.", minimum: 0, maximum: 20, default: 2)),
      .optional(
        "resources", ContainerResources.schema.described("CPU, memory and more for the container worker.").nullable),
      .optional(
        "template",
        Schema.podTemplate.described(
          "A partial pod template, merged into the Job's pod (container worker): nodeSelector, volumes, sidecars …."
        ).nullable),
    ])
}

extension ModelDeploymentSpec.Promotion: SchemaDescribed {
  package static let schema = Schema.object(
    "When a version is good enough for production.",
    [
      .optional(
        "approval",
        .enumeration(
          ModelDeploymentSpec.Approval.self,
          "Manual: a version that passed its gates waits for the annotation apus.dev/approve. Automatic: it is promoted.",
          default: .manual)),
      .optional("minimum", ModelDeploymentSpec.MinimumMetrics.schema.with(default: [:])),
      .optional("against", ModelDeploymentSpec.Against.schema.with(default: [:])),
      .optional(
        "segments",
        .list("Parts of the rows that may not get worse.", of: SegmentGuard.schema, maximum: 64).with(default: [])),
      .optional("rollout", ModelDeploymentSpec.Rollout.schema.nullable),
      .optional(
        "keep",
        .integer(
          "Versions out of use (archived, rejected) whose files are kept, besides production and the one before it; "
            + "of older ones only the files go: they stay listed, and cannot be served again.", minimum: 1,
          maximum: 1000, default: 10)),
    ])
}

extension ModelDeploymentSpec.MinimumMetrics: SchemaDescribed {
  package static let schema = Schema.object(
    "Least metrics on the test rows.",
    [
      .optional("accuracy", .share("Accuracy.", default: 0.8)),
      .optional("f1", .share("F1 of the positive class.", default: 0.7)),
      .optional("rocAUC", .share("Area under the ROC curve.", default: 0.75)),
    ])
}

extension ModelDeploymentSpec.Against: SchemaDescribed {
  package static let schema = Schema.object(
    "The gate against the version in production, on the same test rows.",
    [
      .optional("metric", .enumeration(MetricName.self, "What is compared.", default: .rocAUC)),
      .optional(
        "minimumImprovement",
        .number("The metric must be better by at least this.", minimum: -1, maximum: 1, default: 0.001)),
      .optional(
        "confidence",
        .number("Confidence of the interval around the difference.", above: 0.5, below: 1, default: 0.95)),
      .optional(
        "accuracyRatio",
        .share(
          "With this set, a version also passes when its accuracy is at least this share of production's, e.g. 0.98."
        ).nullable),
    ])
}

extension SegmentGuard: SchemaDescribed {
  package static let schema = Schema.object(
    "A version may not lose more than maximumLoss of metric on any level of feature.",
    [
      .required("feature", .columnName("A categorical feature.")),
      .required("metric", .enumeration(MetricName.self, "What is compared.")),
      .required("maximumLoss", .share("The most that may be lost.")),
    ])
}

extension ModelDeploymentSpec.Rollout: SchemaDescribed {
  package static let schema = Schema.object(
    "How a promoted version gets its traffic; all at once where absent.",
    [
      .optional("shadow", Shadow.schema.nullable),
      .optional(
        "steps",
        .list("Shares of traffic, ascending; full traffic follows the last.", of: Step.schema, maximum: 32)
          .with(default: [])),
      .optional("analysis", Analysis.schema.nullable),
    ])
}

extension ModelDeploymentSpec.Rollout.Shadow: SchemaDescribed {
  package static let schema = Schema.object(
    "The version first predicts beside production without answering.",
    [
      .optional("requests", .integer("For so many requests.", minimum: 1, maximum: 10_000_000, default: 500))
    ])
}

extension ModelDeploymentSpec.Rollout.Step: SchemaDescribed {
  package static let schema = Schema.object(
    "One step of a canary.",
    [
      .required("weight", .integer("Percent of requests.", minimum: 1, maximum: 100)),
      .required("duration", .timeSpan("How long.")),
    ])
}

extension ModelDeploymentSpec.Rollout.Analysis: SchemaDescribed {
  package static let schema = Schema.object(
    "What ends a rollout and restores production.",
    [
      .optional("maximumErrorRate", .share("Share of requests that fail.", default: 0.01)),
      .optional("maximumP99Latency", .timeSpan("99th percentile of the answer time.", default: "200ms")),
      .optional(
        "maximumPredictionPSI",
        .number("Distance of the predicted classes from production's.", minimum: 0, maximum: 100, default: 0.2)),
    ])
}

extension ModelDeploymentSpec.Serving: SchemaDescribed {
  package static let schema = Schema.object(
    "How predictions are served.",
    [
      .optional(
        "version",
        Schema.version("Pins a version, which is also how to roll back; null: the registry decides.").nullable),
      .optional(
        "replicas", .integer("Server pods; ignored under autoscaling.", minimum: 0, maximum: 1000, default: 2)),
      .optional("autoscaling", ModelDeploymentSpec.Autoscaling.schema.nullable),
      .optional("logging", LoggingRules.schema.with(default: [:])),
      .optional("security", ModelDeploymentSpec.Security.schema.nullable),
      .optional(
        "resources",
        ContainerResources.schema.described(
          "CPU, memory and more for the container server; autoscaling needs requests.cpu."
        ).nullable),
      .optional(
        "template",
        Schema.podTemplate.described(
          "A partial pod template, merged into the Deployment's pod (container server): nodeSelector, volumes, sidecars …."
        ).nullable),
    ])
}

extension ModelDeploymentSpec.Security: SchemaDescribed {
  package static let schema = Schema.object(
    "Who may ask for predictions, and how. Secrets are of the same namespace; servers follow their changes.",
    [
      .optional(
        "tokenSecretRef",
        Schema.secretKey.described(
          "Secret key that holds the bearer tokens of clients, one a line; null: none is asked for."
        )
        .nullable),
      .optional(
        "tlsSecretRef",
        Schema.secret.described(
          "Secret of type kubernetes.io/tls that both ports of the servers show; null: plain HTTP."
        ).nullable),
    ])
}

extension ModelDeploymentSpec.Autoscaling: SchemaDescribed {
  package static let schema = Schema.object(
    "Replicas by CPU.",
    [
      .optional("minimum", .integer("Least pods.", minimum: 1, maximum: 1000, default: 2)),
      .optional("maximum", .integer("Most pods.", minimum: 1, maximum: 1000, default: 10)),
      .optional("targetCPU", .integer("Percent of the requested CPU.", minimum: 1, maximum: 1000, default: 70)),
    ],
    rules: [.init("self.minimum <= self.maximum", "minimum is above maximum: swap them", fieldPath: ".minimum")])
}

extension LoggingRules: SchemaDescribed {
  package static let schema = Schema.object(
    "How predictions are logged.",
    [
      .optional("sample", .share("Share of predictions that are logged.", default: 1)),
      .optional(
        "redact",
        .list("Features whose values are never stored.", of: .columnName("A feature."), maximum: 2000).with(default: [])
      ),
      .optional("retention", .timeSpan("Older predictions are deleted.", default: "30d")),
    ])
}

extension Schedule {
  /// The schema with a default of its own for each place.
  static func schema(cron: String) -> Schema {
    Schema.object(
      "A cron expression and the time zone it is meant in.",
      [
        .optional(
          "cron",
          .string(
            "Minute, hour, day of month, month, day of week; or @hourly, @daily, @weekly, @monthly, @yearly.",
            minimum: 6,
            maximum: 256, default: cron)),
        .optional("timeZone", .string("IANA name of the time zone.", minimum: 1, maximum: 64, default: "Etc/UTC")),
      ]
    ).with(default: [:])
  }
}
