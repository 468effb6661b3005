import ApusAPI
import Decisions
import Foundation
import KubernetesModel
import SpecFields
import Testing
import WorkerContract

/// A field that people can set and that changes nothing is a promise that nobody keeps.
///
/// A model and its policy live twice, with specs that differ in one field. Something must come out differently: an object,
/// a status, an Event or an alert. Digests of the spec do not count, nor what hands parts of it on whole: run
/// specifications and the routing table. For fields that show only there, `readers` names the files that read them. A
/// channel's fields may show in the request that it sends.
@Suite struct FieldEffectTests {
  /// Fields of features that are still to come. The operator says that it ignores them.
  private static let ignored: Set<String> = [
    "promotion.rollout.analysis.maximumErrorRate", "promotion.rollout.analysis.maximumP99Latency",
    "promotion.rollout.analysis.maximumPredictionPSI", "promotion.rollout.shadow.requests",
  ]

  /// Who reads the fields below a path; the longest path that fits counts. Each field must be taken as a member there.
  private static let readers: [String: [String]] = [
    "schema": [
      "Tabular/TableReading", "Tabular/TargetEncoding", "Workers/Training/TrainingJob", "Engine/Reading/FeatureReader",
    ],
    "training.source": ["Workers/Sources/SourceReader", "Workers/Sources/PostgresSource"],
    "training.split.testSource": ["Workers/Sources/SourceReader", "Workers/Sources/PostgresSource"],
    "training.split": ["Tabular/DataSplit", "Tabular/SplitRecipe"],
    "training.algorithm.gradientBoosting": ["Learning/Training/Trainer", "Learning/Training/Trainer+parameters"],
    "training.algorithm.randomForest": ["Learning/Training/Trainer+parameters"],
    "training.algorithm.logisticRegression": ["Learning/Training/Trainer+parameters"],
    "training.limits": ["Tabular/TableReading", "Tabular/RowChoice"],
    "serving.logging": ["Engine/Predicting/RowPredictor", "Serving/Services/RetentionService"],
    "maximumSamples": ["Workers/Checking/CheckJob"],
    "minimumSamples": ["Monitoring/Reports/MonitoringReport"],
    "drift.numeric": ["Monitoring/Tests/DriftTests", "Monitoring/Reports/DriftReport+comparing"],
    "drift.categorical": ["Monitoring/Tests/DriftTests", "Monitoring/Reports/DriftReport+comparing"],
    "drift.psi": ["Monitoring/Reports/DriftReport", "Monitoring/Reports/FeatureComparison"],
    "drift.minimumEffect": ["Monitoring/Reports/DriftReport+comparing"],
    "drift.correction": ["Monitoring/Reports/DriftReport+comparing"],
    "drift.source": ["Workers/Checking/CheckJob"],
    "quality.missing": ["Checks/MissingRateCheck"],
    "quality.outOfRange": ["Checks/OutOfRangeCheck"],
    "quality.unknownCategory": ["Checks/UnknownCategoryCheck"],
    "quality.meanConfidence": ["Checks/MeanConfidenceCheck"],
    "quality.duplicateRequestIDs": ["Checks/DuplicateRequestIDsCheck"],
    "performance.queries": ["Reconcilers/PrometheusReader", "Decisions/Policy/CheckJudgement"],
    "alerts.routes": ["Decisions/Alert"],
    "alerts.channels": [
      "Reconcilers/Alerts/AlertChannel", "Reconcilers/Alerts/ChannelSecrets", "Reconcilers/Alerts/Email",
    ],
  ]

  // MARK: Fields

  private static let modelSpec: JSONValue = [
    "schema": [
      "target": ["name": "income", "positive": ">50K"],
      "features": [["name": "age", "type": "numeric"], ["name": "sex", "type": "categorical"]], "timestamp": "seen_at",
    ],
    "training": ["source": ["csv": ["uri": "file:///data/adult.csv"]]],
    "promotion": [
      "approval": "Automatic", "keep": 1,
      "segments": [["feature": "sex", "metric": "recall", "maximumLoss": 0.1]],
      "rollout": ["steps": [["weight": 5, "duration": "10m"], ["weight": 50, "duration": "10m"]]],
    ],
  ]

  private static let policySpec: JSONValue = [
    "modelRef": ["name": "income"],
    "performance": ["queries": [["name": "errors", "server": "http://prometheus", "promql": "up", "above": 5]]],
    "alerts": [
      "routes": [["severities": ["critical", "warning", "info"], "channels": ["chat"]]],
      "channels": [["name": "book", "log": [:]], ["name": "chat", "log": [:]]],
    ],
  ]

  /// What to change a field to where its schema does not tell enough.
  private static let values: [String: JSONValue] = [
    "serving.security.tokens.0.rights": ["logs"],
    "schema.timestamp": "day", "schema.primaryKey": ["age"], "schema.target.classes": ["<=50K", ">50K"],
    "schema.features.0.type": "categorical", "training.source.window": "90d", "training.split.testSource.window": "90d",
    "training.schedule.cron": "30 3 * * 1", "schedule.cron": "15 */6 * * *", "schedule.timeZone": "Asia/Kolkata",
    "training.schedule.timeZone": "Asia/Kolkata", "serving.version": "v2",
    "promotion.rollout.steps.0.weight": 6, "serving.logging.redact": ["age"], "alerts.routes.0.channels": ["book"],
    "alerts.routes.0.severities": ["critical"], "retraining.dailyLimit": 0,
    "training.resources.requests": ["cpu": "500m"], "training.resources.limits": ["memory": "2Gi"],
    "serving.resources.requests": ["cpu": "500m"], "serving.resources.limits": ["memory": "2Gi"],
    "resources.requests": ["cpu": "500m"], "resources.limits": ["memory": "2Gi"],
  ]

  private static func model(_ spec: JSONValue) throws(ResourceError) -> ModelDeployment {
    var model = try ModelDeployment.decode([
      "metadata": ["name": "income", "namespace": "shop", "uid": "uid-md", "generation": 1], "spec": spec,
    ])
    model.metadata.creationTimestamp = noon
    return model
  }

  private static func policy(_ spec: JSONValue) throws(ResourceError) -> MonitoringPolicy {
    var policy = try MonitoringPolicy.decode([
      "metadata": ["name": "watch", "namespace": "shop", "uid": "uid-mp", "generation": 1], "spec": spec,
    ])
    policy.metadata.creationTimestamp = noon
    return policy
  }

  private static let modelFields = SpecField.all(of: ModelDeploymentSpec.schema, in: modelSpec, values: values) {
    (try? model($0))?.problems().allSatisfy { $0.weight != .error } ?? false
  }

  private static let policyFields = SpecField.all(of: MonitoringPolicySpec.schema, in: policySpec, values: values) {
    (try? policy($0))?.problems().allSatisfy { $0.weight != .error } ?? false
  }

  /// Fields that no reader takes, and whose change is not seen in what comes out.
  private static func unread() throws -> [String] {
    let usual = life(try model(modelSpec), try policy(policySpec))
    var unseen: [String] = []
    for field in modelFields.fields where isUntaken(field.name) {
      let before = field.unchanged == modelSpec ? usual : life(try model(field.unchanged), try policy(policySpec))
      if isLife(before, of: try model(field.changed), try policy(policySpec)) { unseen.append(field.name) }
    }
    for field in policyFields.fields where isUntaken(field.name) {
      let before = field.unchanged == policySpec ? usual : life(try model(modelSpec), try policy(field.unchanged))
      let isSent = requests(of: try policy(field.unchanged)) != requests(of: try policy(field.changed))
      if !isSent, isLife(before, of: try model(modelSpec), try policy(field.changed)) { unseen.append(field.name) }
    }
    return unseen
  }

  /// What channels that send by HTTP make of an alert, and of their fields.
  private static func requests(of policy: MonitoringPolicy) -> [String] {
    let alert = Alert(
      key: "key", id: "id", at: noon, rule: .drift, state: .firing, title: "title", message: "message",
      namespace: "shop", policy: "watch", model: "income", channels: [], expiry: noon)
    return (policy.spec.alerts?.channels ?? []).flatMap(\.kinds).map { kind in
      guard let kind = kind as? any HTTPAlertChannelSpec else { return "" }
      return "\(kind.receiver) \(kind.messageSecretRef as Any) \(kind.message(alert, secret: "secret"))"
    }
  }

  @Test func `every field makes a difference, or one of its readers takes it`() throws {
    // A feature that is a number has no categories, and there is one log.
    #expect(Self.modelFields.unknown == ["schema.features.0.categories"])
    #expect(Self.policyFields.unknown == ["alerts.channels.0.log"])
    #expect(Self.modelFields.fields.count > 60 && Self.policyFields.fields.count > 40)
    let unread = Set(try Self.unread())
    #expect(unread == Self.ignored)
    let missing = Self.readers.values.joined().filter { file in !Self.paths.contains { $0.hasSuffix("/\(file).swift") }
    }
    #expect(missing == [], "there are no such files")
  }

  @Test func `what is ignored is told`() throws {
    for rollout: JSONValue in [["shadow": [:]], ["analysis": [:]]] {
      let spec = Self.modelSpec.merged(with: ["promotion": ["rollout": rollout]])
      let told = JSONValue.array(Self.life(try Self.model(spec), try Self.policy(Self.policySpec))).text
      #expect(told.contains(Reason.rolloutAnalysisIgnored.rawValue))
    }
  }

  @Test(arguments: [
    "training.algorithm.gradientBoosting.shadow", "training.algorithm.randomForest.learnRate", "serving.invented",
    "drift.numeric.bins", "invented",
  ])
  func `a field that nothing reads is found`(name: String) { #expect(Self.isUntaken(name)) }

  // MARK: Readers

  private static func reader(of name: String) -> String? {
    readers.keys.filter { name == $0 || name.hasPrefix($0 + ".") }.max { $0.count < $1.count }
  }

  private static func isUntaken(_ name: String) -> Bool {
    guard let reader = reader(of: name), let leaf = name.split(separator: ".").last else { return true }
    return !(readers[reader] ?? []).contains { takes($0, String(leaf)) }
  }

  private static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources")

  /// Paths of all sources but those that declare the fields.
  private static let paths: [String] = {
    let names = FileManager.default.enumerator(atPath: sources.path())?.compactMap { $0 as? String } ?? []
    return names.filter { $0.hasSuffix(".swift") && !$0.contains("/ApusAPI/") && !$0.hasPrefix("Contract/") }
  }()

  /// Whether a source takes a member of this name, comments aside.
  private static func takes(_ file: String, _ member: String) -> Bool {
    guard let path = paths.first(where: { $0.hasSuffix("/\(file).swift") }),
      let text = try? String(contentsOf: sources.appending(path: path), encoding: .utf8)
    else { return false }
    return text.split(separator: "\n").contains { line in
      let code = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
      return code.ranges(of: ".\(member)").contains { range in
        !(code[range.upperBound...].first.map { $0.isLetter || $0.isNumber } ?? false)
      }
    }
  }

  // MARK: Lives

  /// What comes out of each step of what a model and its policy go through.
  private static func life(_ model: ModelDeployment, _ policy: MonitoringPolicy) -> [JSONValue] {
    var world = World(model, policy: policy)
    return steps.map { world.page(after: $0) }
  }

  /// Whether this comes out of them too.
  private static func isLife(_ pages: [JSONValue], of model: ModelDeployment, _ policy: MonitoringPolicy) -> Bool {
    var world = World(model, policy: policy)
    return zip(steps, pages).allSatisfy { world.page(after: $0) == $1 }
  }

  private static let steps: [@Sendable (inout World) -> Void] = [
    { _ in },
    { $0.endTraining { version, _ in trained(version) } },
    { $0.endCheck(checkResult(accuracy: 0.95, latency: 0.01)) },
    { $0.endCheck(checkResult(drift: .critical, accuracy: 0.895, latency: 0.305)) },
    { $0.endCheck(checkResult(quality: .critical, failing: .missingRate)) },
    { $0.endCheck(checkResult(rows: 7, conclusive: false)) },
    { $0.endCheck(checkResult(drift: .critical, quality: .critical)) },
    { $0.endTraining { version, champion in trained(version, against: champion) } },
    { $0.pass(TimeSpan(seconds: 660)) },
    { $0.pass(TimeSpan(seconds: 660)) },
    // Twice the same within the cooldown.
    { $0.endCheck(checkResult(drift: .critical)) },
    { $0.endCheck(checkResult(drift: .critical)) },
    { $0.request() },
    {
      $0.endTraining { version, champion in
        trained(version, against: champion, difference: 0.0005, lower: -0.001, metrics(accuracy: 0.5))
      }
    },
    { $0.request() },
    { $0.failTraining(jobFails: false) },
    { $0.failTraining(jobFails: true) },
    { $0.pass(TimeSpan(seconds: 8 * 86_400)) },
    { $0.endTraining { version, champion in trained(version, against: champion) } },
    { $0.pass(TimeSpan(seconds: 660)) },
    { $0.pass(TimeSpan(seconds: 660)) },
    { $0.request() },
    { $0.endTraining { version, champion in trained(version, against: champion) } },
    { $0.pass(TimeSpan(seconds: 660)) },
    { $0.pass(TimeSpan(seconds: 660)) },
    { $0.failTraining(jobFails: true) },
    // Long enough after the last promotion for files to be given up.
    { $0.pass(TimeSpan(seconds: 7200)) },
    { $0.model?.metadata.deletionTimestamp = $0.now },
  ]
}

/// The message of a training that has measured all that a gate may ask for.
private func trained(
  _ version: String, against champion: String? = nil, difference: Double = 0.004, lower: Double = 0.001,
  _ own: ModelMetrics = metrics()
) -> String {
  var training = result(version, against: champion, difference: difference, lower: lower, metrics: own)
  training.comparison?.confidence = 0.95
  training.segments = MetricName.allCases.enumerated().map { index, metric in
    TrainingResult.SegmentResult(
      feature: "sex", level: "female", metric: metric, challenger: 0.7, champion: 0.71 + Double(index) / 100, rows: 50)
  }
  return termination(training)
}

extension World {
  fileprivate mutating func request() {
    pass(TimeSpan(seconds: 60))
    model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "\(now)"
  }

  private func runningJob(_ component: ApusLabels.Component) -> WorkerJob? {
    jobs.values.filter { !$0.isEnded && $0.labels[ApusLabels.component] == component.rawValue }
      .min { $0.name < $1.name }
  }

  /// The running training ends with what `message` says of its version and of the one in production.
  fileprivate mutating func endTraining(_ message: (String, String?) -> String) {
    guard let job = runningJob(.train), let version = job.labels[ApusLabels.version] else { return }
    pass(TimeSpan(seconds: 60))
    end(job.name, exitCode: 0, message: message(version, model?.status.version))
  }

  fileprivate mutating func failTraining(jobFails: Bool) {
    guard let job = runningJob(.train) else { return }
    pass(TimeSpan(seconds: 60))
    let failure = RunFailure(reason: "SourceUnreadable", message: "no answer", retryable: true, step: "ingest")
    end(job.name, exitCode: 75, message: termination(failure), jobFailed: jobFails)
  }

  /// A check that is asked for, with a result about the version in production.
  fileprivate mutating func endCheck(_ result: CheckResult) {
    pass(TimeSpan(seconds: 3600))
    policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "\(now)"
    settle()
    guard let job = runningJob(.check) else { return }
    var result = result
    result.version = model?.status.version ?? result.version
    end(job.name, exitCode: 0, message: JSONValue.document(RunResult(run: "run", checked: result)).text)
  }

  fileprivate mutating func page(after step: (inout World) -> Void) -> JSONValue {
    step(&self)
    settle()
    return page
  }

  /// All that came out so far, without what only copies the specs.
  private var page: JSONValue {
    var page: JSONValue = [:]
    page["model"] = model.map { .document($0.status) }
    page["policy"] = policy.map { .document($0.status) }
    page["versions"] = .object(
      versions.mapValues { version -> JSONValue in
        ["spec": .document(version.spec), "status": .document(version.status)]
      })
    page["announcements"] = .array(announcements.map { .string("\($0)") })
    page["alerts"] = .array(alerts.map { .string("\($0)") })
    page["jobs"] = .array(startedJobs.map(JSONValue.string))
    page["objects"] = .object(
      Dictionary(
        objects.map { name, object in (copies[object.name].map { "configmaps/\($0)" } ?? name, object.manifest) },
        uniquingKeysWith: { $1 }))
    return page.withoutCopies(named: copies)
  }

  /// Names of run configurations, which hold a hash of what is in them, with names that do not.
  private var copies: [String: String] { configurations.mapValues { "run of \($0)" } }
}

extension JSONValue {
  private static let digests: Set<String> = [
    "trainingInput", "judgedBy", ApusAnnotations.trainingInput, ApusAnnotations.appliedDigest,
    ApusAnnotations.configurationDigest,
  ]

  fileprivate func withoutCopies(named names: [String: String]) -> JSONValue {
    switch self {
    case .object(let members):
      var kept = members.filter { !Self.digests.contains($0.key) }
      if let run = kept["run.json"]?.string.flatMap({ try? JSONValue(parsing: $0) }) {
        // The times of a check are decided; the rest is handed on.
        kept["run.json"] = .object(
          (run["check"]?.object ?? [:]).filter { ["from", "to", "labelled"].contains($0.key) })
      }
      for key in [RunAnnotation.handled, RoutingTable.fileName] {
        guard var inner = kept[key]?.string.flatMap({ try? JSONValue(parsing: $0) }) else { continue }
        inner["logging"] = nil
        kept[key] = inner
      }
      return .object(kept.mapValues { $0.withoutCopies(named: names) })
    case .array(let elements): return .array(elements.map { $0.withoutCopies(named: names) })
    case .string(let text): return .string(names[text] ?? text)
    default: return self
    }
  }
}
