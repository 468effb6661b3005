import ApusAPI
import Decisions
import KubernetesModel
import WorkerContract

/// A tiny cluster of values in which decisions are carried out, write by write: enough to see where a model or a policy
/// ends, also when the operator dies between two writes.
struct World: Equatable {
  var now = noon
  var model: ModelDeployment?
  var policy: MonitoringPolicy?
  var versions: [String: ModelVersion] = [:]
  var jobs: [String: WorkerJob] = [:]
  /// By name: the Job that mounts it.
  var configurations: [String: String] = [:]
  var objects: [String: DesiredObject] = [:]
  var routing: RoutingTable?
  var pods: [ServerPod] = []
  var confirmations: [String: Int] = [:]
  var announcements: [Announcement] = []
  var alerts: [Alert] = []
  /// So many servers have started; nil: as many as the model wants.
  var startedServers: Int?
  /// Where the operator's settings put artifacts and telemetry.
  var storage = settings.storage
  /// Servers do not take what they are told.
  var refusesTables = false
  /// What they say about it.
  var refusal: String?
  /// Number that a model of the same name, deleted since, has used last.
  var highestForeignNumber = 0
  var autoscalerUID: String?
  /// What conditions said at once although they exclude each other.
  var contradictions: [String] = []
  /// Names of all Jobs that were ever made.
  var startedJobs: [String] = []
  /// What was decided, step by step, where words are of interest.
  var decided: [WordlessDecision] = []

  init(_ model: ModelDeployment?, policy: MonitoringPolicy? = nil, highestForeignNumber: Int = 0) {
    self.model = model
    self.highestForeignNumber = highestForeignNumber
    self.policy = policy
  }

  /// Without what was said on the way: where the world stands.
  var silent: World {
    var copy = self
    copy.announcements = []
    copy.alerts = []
    copy.contradictions = []
    copy.decided = []
    copy.model?.status.outbox = []
    copy.policy?.status.outbox = []
    copy.policy?.status.alerting.pending = []
    return copy
  }

  func observeModel() -> ModelObservation? {
    guard let model else { return nil }
    var requests: [String: MonitoringPolicyStatus.RetrainingStatus.Request] = [:]
    if let policy, let name = policy.metadata.name, let request = policy.status.retraining.request {
      requests[name] = request
    }
    var deployment = objects["deployments/\(model.metadata.name ?? "")"].map { DeploymentView($0.manifest) }
    deployment?.replicas = model.spec.serving.replicas
    var observation = ModelObservation(
      now: now, model: model, settings: ownSettings, jobs: jobs(.train) + jobs(.load),
      runConfigurations: configurations(.train) + configurations(.load),
      versions: Array(versions.values), routing: routing, pods: pods,
      deployment: deployment,
      confirmations: confirmations,
      refusals: Dictionary(uniqueKeysWithValues: pods.compactMap { pod in refusal.map { (pod.uid, $0) } }),
      retrainingRequests: requests,
      policies: Set([policy?.metadata.name].compactMap(\.self)),
      claimExists: objects["persistentvolumeclaims/apus-data"] != nil, autoscalerUID: autoscalerUID,
      highestForeignNumber: highestForeignNumber)
    if Words.current == .crossedOut { observation.crossOut() }
    return observation
  }

  func observePolicy() -> PolicyObservation? {
    guard let policy else { return nil }
    var observation = PolicyObservation(
      now: now, policy: policy, settings: ownSettings, model: model, versions: Array(versions.values),
      jobs: jobs(.check), runConfigurations: configurations(.check))
    if Words.current == .crossedOut { observation.crossOut() }
    return observation
  }

  private var ownSettings: OperatorSettings {
    var own = settings
    own.storage = storage
    return own
  }

  private func jobs(_ component: ApusLabels.Component) -> [WorkerJob] {
    jobs.values.filter { $0.labels[ApusLabels.component] == component.rawValue }
  }

  private func configurations(_ component: ApusLabels.Component) -> [RunConfiguration] {
    configurations.filter { objects["configmaps/\($0.key)"]?.label(ApusLabels.component) == component.rawValue }
      .map { RunConfiguration(name: $0.key, uid: "uid-\($0.key)", job: $0.value) }
  }

  /// Decides and writes; of the writes only the first `limit`. Returns how many there were.
  @discardableResult
  mutating func reconcileModel(writing limit: Int = .max) -> Int {
    guard let decision = observeModel()?.decide() else { return 0 }
    if Words.current != .ofNoInterest { decided.append(WordlessDecision(decision)) }
    var writes: [(inout World) -> Void] = []
    if decision.hasEffects { writes.append { $0.model?.status.outbox = decision.status.outbox } }
    writes += decision.apply.map { object in { $0.apply(object) } }
    writes += decision.versionStatuses.map { change in { $0.versions[change.name]?.status = change.status } }
    writes += decision.stop.map { target in { $0.jobs[target.name]?.isStopped = true } }
    writes += decision.remove.map { target in { $0.remove(target) } }
    note(decision.status.conditions, of: "model")
    if decision.status != model?.status { writes.append { $0.model?.status = decision.status } }
    for write in writes.prefix(limit) { write(&self) }
    if limit >= writes.count {
      announcements += decision.announcements
      model?.status.outbox = []
      for push in decision.pushes where !refusesTables { confirmations[push.pod] = push.revision }
    }
    return writes.count
  }

  /// A resource that is as its spec wants it does not wait for a person.
  private mutating func note(_ conditions: [Condition], of subject: String) {
    guard conditions.isTrue("Ready"), let stalled = conditions["Stalled"], stalled.status == .yes else { return }
    contradictions.append("the \(subject) is Ready and Stalled: \(stalled.message)")
  }

  @discardableResult
  mutating func reconcilePolicy(writing limit: Int = .max) -> Int {
    guard let decision = observePolicy()?.decide() else { return 0 }
    if Words.current != .ofNoInterest { decided.append(WordlessDecision(decision)) }
    var writes: [(inout World) -> Void] = []
    if decision.hasEffects { writes.append { $0.policy?.status.outbox = decision.status.outbox } }
    writes += decision.apply.map { object in { $0.apply(object) } }
    writes += decision.stop.map { target in { $0.jobs[target.name]?.isStopped = true } }
    writes += decision.remove.map { target in { $0.remove(target) } }
    note(decision.status.conditions, of: "policy")
    if decision.status != policy?.status { writes.append { $0.policy?.status = decision.status } }
    for write in writes.prefix(limit) { write(&self) }
    if limit >= writes.count {
      announcements += decision.announcements
      alerts += decision.alerts
      policy?.status.outbox = []
      policy?.status.alerting.pending = []
    }
    return writes.count
  }

  /// Until nothing changes any more.
  mutating func settle() {
    for _ in 0..<20 {
      let before = self
      reconcileModel()
      reconcilePolicy()
      startServers()
      if silent.isLike(before.silent) { return }
    }
  }

  private mutating func apply(_ object: DesiredObject) {
    objects["\(object.resource.resource)/\(object.name)"] = object
    switch object.resource {
    case Resource.jobs: makeJob(object)
    case Resource.configMaps:
      if let job = object.manifest[path: "metadata", "annotations", RunAnnotation.job]?.string {
        configurations[object.name] = job
      } else if let text = object.manifest[path: "data", RoutingTable.fileName]?.string {
        routing = JSONValue.value(in: text)
      }
    case ApusGroup.modelVersions:
      guard versions[object.name] == nil, var version = try? ModelVersion.decode(object.manifest) else { return }
      version.metadata.uid = "uid-\(object.name)"
      version.metadata.generation = 1
      versions[object.name] = version
    default: break
    }
  }

  private mutating func makeJob(_ object: DesiredObject) {
    guard jobs[object.name] == nil else { return }
    startedJobs.append(object.name)
    jobs[object.name] = WorkerJob(
      name: object.name, uid: "uid-\(object.name)",
      labels: object.manifest[path: "metadata", "labels"]?.stringMap ?? [:],
      annotations: object.manifest[path: "metadata", "annotations"]?.stringMap ?? [:], createdAt: now)
  }

  private mutating func remove(_ target: Removal) {
    objects["\(target.resource.resource)/\(target.name)"] = nil
    jobs[target.name] = target.resource == Resource.jobs ? nil : jobs[target.name]
    if target.resource == Resource.configMaps { configurations[target.name] = nil }
  }

  private mutating func startServers() {
    guard let model, objects["deployments/\(model.metadata.name ?? "")"] != nil else { return }
    pods = (0..<(startedServers ?? model.spec.serving.replicas)).map {
      ServerPod(name: "server-\($0)", uid: "uid-server-\($0)", address: "10.0.0.\($0 + 1)", isReady: true)
    }
  }
}

// What happens in the world, in the words of the tests.
extension World {
  var running: WorkerJob? { jobs.values.filter { !$0.isEnded }.max { $0.createdAt < $1.createdAt } }

  mutating func pass(_ time: TimeSpan) { now = now.advanced(bySeconds: time.seconds) }

  mutating func end(_ job: String, exitCode: Int, message: String?, jobFailed: Bool = true) {
    jobs[job]?.ends.append(.init(exitCode: exitCode, message: message, finishedAt: now))
    jobs[job]?.succeeded = exitCode == 0
    if exitCode != 0, jobFailed { jobs[job]?.failure = "BackoffLimitExceeded" }
    jobs[job]?.finishedAt = now
  }

  /// The Job fails, and no pod of it is left.
  mutating func fail(_ job: String, _ reason: String) {
    jobs[job]?.failure = reason
    jobs[job]?.finishedAt = now
  }

  /// The running training ends with this result, and the world settles.
  mutating func trains(_ result: TrainingResult) {
    guard let job = running else { return }
    pass(TimeSpan(seconds: 60))
    end(job.name, exitCode: 0, message: termination(result))
    settle()
  }

  /// Served, with `v1` in production.
  static func serving(
    _ model: ModelDeployment = aModel(), policy: MonitoringPolicy? = nil, at now: Timestamp = noon
  ) -> World {
    var world = World(model, policy: policy)
    world.now = now
    world.settle()
    world.trains(result("v1"))
    return world
  }

  /// Trained and promoted, with so many of its servers.
  static func starting(_ servers: Int) -> World {
    var world = World(aModel())
    world.startedServers = servers
    world.settle()
    world.trains(result("v1"))
    return world
  }

  /// One more version by request, with this result.
  mutating func retrains(_ result: TrainingResult) {
    model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "request for \(result.artifact.version)"
    settle()
    trains(result)
  }

  mutating func checks(_ result: CheckResult) {
    pass(TimeSpan(seconds: 3600))
    policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "\(now)"
    settle()
    guard let job = jobs.values.first(where: { !$0.isEnded && $0.labels[ApusLabels.component] == "check" }) else {
      return
    }
    end(job.name, exitCode: 0, message: JSONValue.document(RunResult(run: "run", checked: result)).text)
    settle()
  }

  func version(_ version: String) -> ModelVersion? { versions.values.first { $0.spec.version == version } }
  func stage(_ version: String) -> ModelVersionStatus.Stage? { self.version(version)?.status.stage }
  var traffic: String? { model?.status.trafficSummary }

  func modelCondition(_ type: ConditionType) -> Condition? { model?.status.conditions[type.rawValue] }
  func policyCondition(_ type: ConditionType) -> Condition? { policy?.status.conditions[type.rawValue] }
  func announced(_ reason: String) -> Bool { announcements.contains { $0.reason == reason } }
}

extension DesiredObject {
  func label(_ name: String) -> String? { manifest[path: "metadata", "labels", name]?.string }
}
