import ApusAPI
import KubernetesModel
import WorkerContract

/// Objects in which every field is set, lists with one element: what schema and types must agree on.
enum Complete {
  private typealias Channel = MonitoringPolicySpec.Alerts.Channel

  static let time = Timestamp(secondsSince1970: 1_700_000_000)
  static let span = TimeSpan(seconds: 90)
  static let secretKey = SecretKeyReference(name: "secret", key: "key")
  static let artifact = ArtifactReference(version: "v3", digest: "sha256:00")
  static let metrics = ModelMetrics(accuracy: 0.9, precision: 0.8, recall: 0.7, f1: 0.75, rocAUC: 0.95, brier: 0.1)
  static let conditions = [
    Condition(
      type: "Ready", status: .yes, observedGeneration: 2, lastTransitionTime: time, reason: "AsSpecified",
      message: "fine")
  ]

  static let source = DataSource(
    csv: .init(uri: "file:///data.csv", delimiter: .tab, decimal: .comma),
    postgres: .init(connectionSecretRef: secretKey, query: "SELECT 1"),
    s3: .init(
      uri: "s3://bucket/key.csv", endpoint: "https://s3.example", region: "eu", credentialsSecretRef: .init(name: "s3"),
      delimiter: .tab, decimal: .comma),
    window: TimeSpan(seconds: 86400))

  static let resources = ContainerResources(requests: ["cpu": "500m"], limits: ["memory": "2Gi"])

  static var modelSpec: ModelDeploymentSpec {
    ModelDeploymentSpec(
      schema: FeatureSchema(
        target: .init(name: "y", positive: "1", classes: ["0", "1"]),
        features: [
          .init(
            name: "a", type: .numeric, nullable: true, minimum: 0, maximum: 1, categories: ["x"], onUnknown: .impute)
        ], timestamp: "t", primaryKey: ["id"], missing: ["NA"], encoding: .utf16),
      training: .init(
        source: source, split: .init(validation: 0.1, test: 0.3, seed: 7, by: .time, testSource: source),
        algorithm: .init(
          gradientBoosting: .init(), randomForest: .init(), logisticRegression: .init(),
          custom: .init(image: "trainer", command: ["run"], args: ["fast"])),
        schedule: .init(cron: "0 3 * * 1", timeZone: "Europe/Berlin"), deadline: span, retries: 1,
        resources: resources, template: ["spec": ["nodeSelector": ["disk": "ssd"]]]),
      promotion: .init(
        approval: .automatic, minimum: .init(accuracy: 0.5, f1: 0.5, rocAUC: 0.5),
        against: .init(metric: .f1, minimumImprovement: 0.01, confidence: 0.9, accuracyRatio: 0.98),
        segments: [.init(feature: "a", metric: .recall, maximumLoss: 0.1)],
        rollout: .init(
          shadow: .init(requests: 10), steps: [.init(weight: 5, duration: span)],
          analysis: .init(maximumErrorRate: 0.1, maximumP99Latency: span, maximumPredictionPSI: 0.3)),
        keep: 3),
      serving: .init(
        version: "v7", replicas: 3, autoscaling: .init(minimum: 1, maximum: 4, targetCPU: 60),
        logging: .init(sample: 0.5, redact: ["a"], retention: span),
        security: .init(tokenSecretRef: .init(name: "clients", key: "tokens"), tlsSecretRef: .init(name: "tls")),
        resources: resources, template: ["spec": [:]]))
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

  static var policySpec: MonitoringPolicySpec {
    MonitoringPolicySpec(
      modelRef: .init(name: "income"), schedule: .init(cron: "@hourly", timeZone: "Etc/UTC"), window: span,
      minimumSamples: 10, maximumSamples: 1000, drift: .init(), quality: .init(),
      performance: .init(
        window: span,
        queries: [.init(name: "q", server: "http://prometheus:9090", promql: "up", below: 0.5, above: 2)]),
      retraining: .init(),
      alerts: .init(
        routes: [.init(severities: [.critical], channels: ["c"])],
        channels: [
          .init(
            name: "c", Channel.Slack(webhookSecretRef: secretKey), Channel.PagerDuty(routingKeySecretRef: secretKey),
            Channel.Email(
              server: "smtp://mail:25", from: "a@b.example", to: ["c@d.example"],
              credentialsSecretRef: .init(name: "m"), caSecretRef: secretKey),
            Channel.Webhook(urlSecretRef: secretKey), Channel.Alertmanager(url: "http://alertmanager:9093"),
            Channel.Log())
        ], deduplicate: span), suspend: true, resources: resources,
      template: ["spec": ["nodeSelector": ["disk": "ssd"]]])
  }

  static var policyStatus: MonitoringPolicyStatus {
    let record = MonitoringPolicyStatus.CheckRecord(
      job: "income-check-202601010000", time: time, version: "v3", rows: 100, outcome: .critical,
      triggers: [.criticalDrift], findings: [.criticalDrift, .qualityFailure], result: check, message: "drift")
    return MonitoringPolicyStatus(
      observedGeneration: 2, modelUID: "uid", conditions: conditions, drift: "critical", quality: "passed",
      performance: "0.871 (62%)", settled: [.driftDetected],
      lastCheck: record, history: [record], runningCheck: "job", blocker: blocker, lastCheckTime: time,
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
            retryAt: time)
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
