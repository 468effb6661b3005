import KubernetesModel
package import WorkerContract

/// Status is written by the operator alone: nothing in it is published as a default, and what is missing is implied, so
/// that a status cut short by hand is never a reason to stop.
extension ModelDeploymentStatus: SchemaDescribed {
  package static let schema = Schema.object(
    "What the operator knows about the model.",
    [
      .optional("observedGeneration", .observedGeneration),
      .optional("conditions", .conditions),
      .optional(
        "traffic",
        .list(
          "What should be served now; mirrored to the ConfigMap that servers read.", of: RoutingTable.Entry.schema,
          maximum: 64
        ).implying([])),
      .optional("routingRevision", .integer("Grows with every change of traffic.", minimum: 0).implying(0)),
      .optional("trafficSummary", .string("traffic in a few words.", maximum: 256)),
      .optional("version", .version("The version in production.")),
      .optional("previousVersion", .version("The version in production before it.")),
      .optional("candidate", .version("Passed its gates; waits for approval or for its rollout.")),
      .optional("rollout", RolloutStatus.schema),
      .optional("training", TrainingStatus.schema),
      .optional(
        "failedTrainings", .integer("Trainings that failed since the last one that did not; absent: none.", minimum: 0)),
      .optional("lastTrained", .timestamp("End of the last successful training.")),
      .optional("nextTraining", .timestamp("When the schedule trains next.")),
      .optional("schedule", ScheduleInForce.schema),
      .optional("accuracy", .share("Of the version in production, on its test rows.")),
      .optional("rocAUC", .share("Of the version in production, on its test rows.")),
      .optional("serving", ServingStatus.schema),
      .optional("handled", Handled.schema.implying([:])),
      .optional("obstructed", .boolean("True: somebody else's object has a name that is needed.")),
      .optional("outbox", PendingEvent.listSchema),
    ])
}

extension RoutingTable.Entry: SchemaDescribed {
  package static let schema = Schema.object(
    "One version and its share of requests.",
    [
      .required("version", .version("The version.")),
      .required("digest", .string("SHA-256 of its manifest.", maximum: 128)),
      .required("weight", .integer("Percent of requests.", minimum: 0, maximum: 100)),
      .required("role", .enumeration(RoutingTable.Role.self, "What it is for.")),
    ])
}

extension ModelDeploymentStatus.TrainingStatus: SchemaDescribed {
  package static let schema = Schema.object(
    "The last training run.",
    [
      .required("job", .string("Its Job.")),
      .required("version", .version("The version it makes.")),
      .required("state", .enumeration(State.self, "How it stands.")),
      .required("trigger", .enumeration(ModelDeploymentStatus.Trigger.self, "Why it was started.")),
      .optional("startedAt", .timestamp("When it started.")),
      .optional("finishedAt", .timestamp("When it ended.")),
      .optional("message", .string("What came out, for people.", maximum: 32768)),
      .optional("blocker", Blocker.schema),
    ])
}

extension ModelDeploymentStatus.ServingStatus: SchemaDescribed {
  package static let schema = Schema.object(
    "The servers.",
    [
      .optional("replicas", .integer("Pods.", minimum: 0).implying(0)),
      .optional("readyReplicas", .integer("Pods that are ready.", minimum: 0).implying(0)),
      .optional(
        "confirmedReplicas", .integer("Pods that confirmed the current routing revision.", minimum: 0).implying(0)),
      .optional("selector", .string("Labels of the pods, for the scale subresource.", maximum: 512)),
      .optional("blocker", Blocker.schema),
    ])
}

extension ModelDeploymentStatus.Handled: SchemaDescribed {
  package static let schema = Schema.object(
    "What was acted on already, so that nothing is done twice.",
    [
      .optional("trainingInput", .string("Digest of what a training depends on.", maximum: 128)),
      .optional("retrainRequest", .string("Last value of apus.dev/retrain-requested-at.", maximum: 1024)),
      .optional("approval", .string("Last value of apus.dev/approve.", maximum: 1024)),
      .optional("forcedPromotion", .string("Last value of apus.dev/force-promote.", maximum: 1024)),
      .optional(
        "monitoringRequests",
        .map("Last request of each MonitoringPolicy.", of: .string("Its id.", maximum: 256), maximum: 256)
          .implying([:])),
      .optional("scheduledUntil", .timestamp("Scheduled instants up to this one are done.")),
    ])
}

extension MonitoringPolicyStatus: SchemaDescribed {
  package static let schema = Schema.object(
    "What the operator knows from watching the model.",
    [
      .optional("observedGeneration", .observedGeneration),
      .optional("modelUID", .string("UID of the model that all of this is about.", maximum: 128)),
      .optional("conditions", .conditions),
      .optional("drift", .string("none, warning, critical or inconclusive.", maximum: 64)),
      .optional("quality", .string("passed, warning, failed or inconclusive.", maximum: 64)),
      .optional("performance", .string("Accuracy and label coverage.", maximum: 64)),
      .optional(
        "settled",
        .list(
          "Conditions that a check has settled for the version in production.",
          of: .enumeration(ConditionType.self, "A condition."), maximum: 32)),
      .optional("lastCheck", CheckRecord.schema),
      .optional(
        "history", .list("The latest checks, newest first.", of: CheckRecord.schema, maximum: 10).implying([])),
      .optional("runningCheck", .string("The Job of the check that runs now.")),
      .optional("blocker", Blocker.schema),
      .optional("lastCheckTime", .timestamp("End of the last check.")),
      .optional("nextCheck", .timestamp("When the next check starts.")),
      .optional("schedule", ScheduleInForce.schema),
      .optional("retraining", RetrainingStatus.schema.implying([:])),
      .optional(
        "handled",
        .object(
          "What was acted on already.",
          [
            .optional("checkRequest", .string("Last value of apus.dev/check-requested-at.", maximum: 1024)),
            .optional("scheduledUntil", .timestamp("Scheduled instants up to this one are done.")),
          ]
        ).implying([:])),
      .optional("outbox", PendingEvent.listSchema),
      .optional("alerting", AlertingStatus.schema.implying([:])),
    ])
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

extension MonitoringPolicyStatus.RetrainingStatus: SchemaDescribed {
  package static let schema = Schema.object(
    "The retraining loop's memory.",
    [
      .optional(
        "request",
        .object(
          "The request in force; the model trains once for each new id.",
          [
            .required("id", .string("Its id.")),
            .required("at", .timestamp("When it was made.")),
            .required("reason", .string("Why.", maximum: 1024)),
          ])),
      .optional(
        "recent",
        .list("When requests were made, newest first, at most a day back.", of: .timestamp("A time."), maximum: 1000)
          .implying([])),
      .optional(
        "decision",
        .object(
          "The last decision, also the one not to act.",
          [
            .required("action", .enumeration(Action.self, "What was decided.")),
            .required("reason", .string("One CamelCase word.", maximum: 1024)),
            .required("message", .string("For people.", maximum: 32768)),
            .required("at", .timestamp("Since when it holds.")),
          ])),
    ])
}

extension ModelVersionStatus: SchemaDescribed {
  package static let schema = Schema.object(
    "Where the version stands.",
    [
      .optional("observedGeneration", .observedGeneration),
      .optional("conditions", .conditions),
      .optional("stage", .enumeration(Stage.self, "Its place in the life of a version.").implying("Candidate")),
      .optional("reason", .string("Why it is in that stage.", maximum: 1024)),
      .optional("gates", .list("What the gates said.", of: GateResult.schema, maximum: 128).implying([])),
      .optional(
        "history", .list("The audit trail, oldest first.", of: Transition.schema, maximum: 1000).implying([])),
      .optional(
        "files",
        .enumeration(
          Files.self, "Kept; Retired: given up by promotion.keep, removed by the next training; Removed."
        )
        .implying("Kept")),
      .optional("judgedBy", .string("Digest of the gates' rules that judged it.", maximum: 128)),
    ])
}

extension ModelVersionStatus.GateResult: SchemaDescribed {
  package static let schema = Schema.object(
    "What one gate said.",
    [
      .required("gate", .string("Its name.", maximum: 320)),
      .required("passed", .boolean("Whether the version passed.")),
      .optional("value", .number("What was measured.")),
      .optional("limit", .number("What was asked for.")),
      .optional("held", .boolean("True: not refused either; the version waits for a person.")),
      .optional("cause", .enumeration(Cause.self, "Why it was not passed; absent: by its value.")),
      .required("message", .string("For people.", maximum: 4096)),
    ])
}

extension ModelVersionStatus.Transition: SchemaDescribed {
  package static let schema = Schema.object(
    "One change of stage.",
    [
      .optional("from", .enumeration(ModelVersionStatus.Stage.self, "The stage before.")),
      .required("to", .enumeration(ModelVersionStatus.Stage.self, "The stage since.")),
      .required("at", .timestamp("When.")),
      .required("by", .string("operator, or what a person did.", maximum: 1024)),
      .optional("actor", .enumeration(ModelVersionStatus.Actor.self, "The same in one word.")),
      .optional("step", .integer("The step of a rollout that it began, from 1.", minimum: 1)),
      .required("reason", .string("Why.", maximum: 4096)),
    ])
}
