import ApusAPI
import KubernetesModel
import WorkerContract

/// Objects in which every field is set, lists with one element: what schema and types must agree on.
enum Complete {
  static let time = Timestamp(secondsSince1970: 1_700_000_000)
  static let artifact = ArtifactReference(version: "v3", digest: "sha256:00")
  static let metrics = ModelMetrics(accuracy: 0.9, precision: 0.8, recall: 0.7, f1: 0.75, rocAUC: 0.95, brier: 0.1)
  static let conditions = [
    Condition(
      type: "Ready", status: .yes, observedGeneration: 2, lastTransitionTime: time, reason: "AsSpecified",
      message: "fine")
  ]

  private static let source: JSONValue = [
    "csv": ["uri": "file:///data.csv", "delimiter": "tab", "decimal": ","],
    "postgres": ["connectionSecretRef": ["name": "secret", "key": "key"], "query": "SELECT 1"],
    "s3": [
      "uri": "s3://bucket/key.csv", "endpoint": "https://s3.example", "region": "eu",
      "credentialsSecretRef": ["name": "s3"], "delimiter": "tab", "decimal": ",",
    ],
    "window": "1d",
  ]

  private static let resources: JSONValue = ["requests": ["cpu": "500m"], "limits": ["memory": "2Gi"]]
  private static let template: JSONValue = ["spec": ["nodeSelector": ["disk": "ssd"]]]

  static let modelDocument: JSONValue = [
    "schema": [
      "target": ["name": "y", "positive": "1", "classes": ["0", "1"]],
      "features": [
        [
          "name": "a", "type": "numeric", "nullable": true, "minimum": 0, "maximum": 1, "categories": ["x"],
          "onUnknown": "impute",
        ]
      ],
      "timestamp": "t", "primaryKey": ["id"], "missing": ["NA"], "encoding": "utf-16",
    ],
    "training": [
      "source": source,
      "split": ["validation": 0.1, "test": 0.3, "seed": 7, "by": "Time", "testSource": source],
      "algorithm": [
        "gradientBoosting": ["rounds": 10], "randomForest": ["trees": 10], "logisticRegression": ["l2": 2],
        "custom": ["image": "trainer", "command": ["run"], "args": ["fast"]],
      ],
      "limits": ["missing": 0.01],
      "schedule": ["cron": "0 3 * * 1", "timeZone": "Europe/Berlin"], "deadline": "90s", "retries": 1,
      "resources": resources, "template": template,
    ],
    "promotion": [
      "approval": "Automatic", "minimum": ["accuracy": 0.5, "f1": 0.5, "rocAUC": 0.5],
      "against": ["metric": "f1", "minimumImprovement": 0.01, "confidence": 0.9, "accuracyRatio": 0.98],
      "segments": [["feature": "a", "metric": "recall", "maximumLoss": 0.1]],
      "rollout": [
        "shadow": ["requests": 10], "steps": [["weight": 5, "duration": "90s"]],
        "analysis": ["maximumErrorRate": 0.1, "maximumP99Latency": "90s", "maximumPredictionPSI": 0.3],
      ],
      "keep": 3,
    ],
    "serving": [
      "version": "v7", "replicas": 3, "autoscaling": ["minimum": 1, "maximum": 4, "targetCPU": 60],
      "logging": ["sample": 0.5, "redact": ["a"], "retention": "90s"],
      "security": [
        "tokenSecretRef": ["name": "clients", "key": "tokens"], "tlsSecretRef": ["name": "tls"],
        "tokens": [["secretRef": ["name": "labels", "key": "tokens"], "rights": ["feedback"]]],
      ],
      "resources": resources, "template": template,
    ],
    "deletion": "Delete",
  ]

  static func modelSpec() throws -> ModelDeploymentSpec {
    try ModelDeploymentSpec.schema.filled(modelDocument).decode()
  }

  static var modelStatus: ModelDeploymentStatus {
    ModelDeploymentStatus(
      observedGeneration: 2, conditions: conditions,
      traffic: [.init(version: "v3", digest: "sha256:00", weight: 100, role: .production)], routingRevision: 4,
      trafficSummary: "v3 100%", version: "v3", previousVersion: "v2", candidate: "v4",
      rollout: .init(version: "v4", phase: .weighted, step: 2, since: time),
      training: .init(
        job: "income-train-4", version: "v4", state: .running, trigger: .request, startedAt: time, finishedAt: time,
        message: "running", blocker: blocker),
      failedTrainings: 2, lastTrained: time, nextTraining: time,
      schedule: .init(.init(cron: "@hourly", timeZone: "Europe/Berlin"), since: time), accuracy: 0.87, rocAUC: 0.92,
      serving: .init(
        replicas: 2, readyReplicas: 1, confirmedReplicas: 1, selector: "apus.dev/model=income", blocker: blocker),
      handled: .init(
        trainingInput: "ab", retrainRequest: "cd", approval: "v4", forcedPromotion: "v4",
        monitoringRequests: ["income": "id"], scheduledUntil: time), obstructed: true, outbox: [pendingEvent])
  }

  static let blocker = Blocker(
    reason: "ImagePullBackOff", message: "pod p cannot start", pod: "p", detail: "not found", attempt: 1)

  static let pendingEvent = PendingEvent(
    type: .normal, reason: "CheckStarted", message: "starts", at: MicroTime(time),
    regarding: "income-check-202601010000")

  static let policyDocument: JSONValue = [
    "modelRef": ["name": "income"], "schedule": ["cron": "@hourly", "timeZone": "Europe/Berlin"], "window": "90s",
    "minimumSamples": 10, "maximumSamples": 1000,
    "performance": [
      "window": "90s",
      "queries": [["name": "q", "server": "http://prometheus:9090", "promql": "up", "below": 0.5, "above": 2]],
    ],
    "alerts": [
      "routes": [["severities": ["critical"], "channels": ["c"]]],
      "channels": [channel], "deduplicate": "90s",
    ],
    "suspend": true, "resources": resources, "template": template,
  ]

  /// Of every kind at once, each with all that its schema has.
  private static let channel: JSONValue = {
    var channel: JSONValue = ["name": "c"]
    for kind in MonitoringPolicySpec.Alerts.Channel.allKinds { channel[kind.field] = kind.schema.complete }
    return channel
  }()

  static func policySpec() throws -> MonitoringPolicySpec {
    try MonitoringPolicySpec.schema.filled(policyDocument).decode()
  }

  static var policyStatus: MonitoringPolicyStatus {
    let record = MonitoringPolicyStatus.CheckRecord(
      job: "income-check-202601010000", time: time, version: "v3", rows: 100, outcome: .critical,
      triggers: [.criticalDrift], findings: [.criticalDrift, .qualityFailure], result: check, message: "drift")
    return MonitoringPolicyStatus(
      observedGeneration: 2, modelUID: "uid", conditions: conditions, drift: "critical", quality: "passed",
      performance: "0.871 (62%)", lastCheck: record, history: [record], runningCheck: "job", blocker: blocker,
      lastCheckTime: time,
      nextCheck: time,
      schedule: .init(.init(cron: "@hourly", timeZone: "Europe/Berlin"), since: time),
      retraining: .init(
        request: .init(id: "1", at: time, reason: "drift"), recent: [time],
        decision: .init(action: .retrain, reason: "CriticalDrift", message: "two of three", at: time)),
      handled: .init(checkRequest: "x", scheduledUntil: time), outbox: [pendingEvent],
      alerting: .init(
        pending: [
          .init(
            rule: "FeatureDrift", state: "firing", message: "drift", at: MicroTime(time), channels: ["c"], attempts: 1,
            retryAt: time, unconfirmed: ["c"])
        ],
        last: [.init(rule: "FeatureDrift", state: "firing", at: time)]))
  }

  static let observed = ObservedSpan(from: "2026-01-01T00:00:00Z", to: "2026-01-01T06:00:00Z")

  static let check = CheckResult(
    version: "v3", rows: 100, conclusive: true,
    drift: .init(
      severity: .critical, features: 3, critical: 1, warning: 1, share: 0.5,
      worst: [.init(feature: "a", severity: .critical, psi: 0.4, pValue: 0.001, effect: 0.3)]),
    predictionDrift: .init(
      drifted: true, severity: .warning, psi: 0.1, pValue: 0.01, meanConfidence: 0.7, referenceMeanConfidence: 0.8),
    quality: .init(
      severity: .warning,
      failed: [.init(check: .missingRate, feature: "a", severity: .warning, value: 0.1, limit: 0.05)]),
    performance: .init(
      coverage: 0.6, labelled: 60, expected: 100, span: observed, metrics: metrics, p95Latency: 0.01, positiveRate: 0.2,
      meanConfidence: 0.7),
    span: observed, mendable: .init(drift: .critical, quality: .warning), report: "reports/x.html")

  static var versionSpec: ModelVersionSpec {
    ModelVersionSpec(
      modelRef: .init(name: "income"), version: "v3", number: 3, job: "income-train-3", trigger: .schedule,
      trainedAt: time, trainingInput: "ab", artifact: artifact,
      result: TrainingResult(
        artifact: artifact, rows: .init(train: 60, validation: 20, test: 20), metrics: metrics, positive: "1",
        comparison: .init(
          champion: artifact, championMetrics: metrics, challengerMetrics: metrics, metric: .rocAUC, difference: 0.01,
          lower: 0.001, upper: 0.02, pValue: 0.01, rows: 20, confidence: 0.95, caveat: "some rows may have trained v2"),
        notCompared: "its artifact is lost",
        schemaChange: .init(champion: artifact, incomparable: ["the target is a"], refused: ["feature b is new"]),
        segments: [.init(feature: "a", level: "x", metric: .recall, challenger: 0.7, champion: 0.6, rows: 5)],
        calibrationError: 0.02, warnings: ["soft"], seconds: ["train": 1.5], dataDigest: "sha256:11",
        removed: ["v1"]),
      failure: .init(reason: "NoRows", message: "no rows", retryable: false, step: "ingest"))
  }

  static var versionStatus: ModelVersionStatus {
    ModelVersionStatus(
      observedGeneration: 1, conditions: conditions, stage: .production, reason: "better",
      gates: [
        .init(
          gate: GateName("minimumF1"), passed: true, value: 0.8, limit: 0.7, held: true, cause: .notCompared,
          message: "fine")
      ],
      history: [.init(from: .candidate, to: .production, at: time, by: .operator, reason: "better", step: 1)],
      judgedBy: "r1:00")
  }
}

extension Schema {
  /// A value with every field.
  fileprivate var complete: JSONValue {
    if let defaultValue, defaultValue != [:], defaultValue != [] { return defaultValue }
    switch kind {
    case .object(let properties):
      return .object(Dictionary(uniqueKeysWithValues: properties.map { ($0.name, $0.schema.complete) }))
    case .list(_, let element): return [element.complete]
    case .map(_, let element): return ["key": element.complete]
    case .string(let bounds):
      if let value = bounds.values.first { return .string(value) }
      let forms = [
        bounds.form?.split(separator: " ").last.map(String.init), "http://host", "smtp://mail", "a@b.example",
      ]
      let fitting = forms.compactMap(\.self).first { form in
        bounds.pattern.flatMap { try? Regex($0) }.map { form.wholeMatch(of: $0) != nil } ?? false
      }
      return .string(fitting ?? "a")
    case .integer(let minimum, _): return .integer(Int64(minimum ?? 1))
    case .number(let bounds): return .number(bounds.minimum ?? 0.5)
    case .boolean: return true
    case .integerOrString: return "a"
    case .anyObject: return ["any": 1]
    }
  }
}
