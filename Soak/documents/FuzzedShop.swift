import ApusAPI
import Decisions
import KubernetesModel
import WorkerContract

/// A cluster of values in which decisions are carried out and runs end, with results that are more or less right.
struct FuzzedShop {
  private(set) var problems: [String] = []
  private var now = Timestamp(secondsSince1970: 1_795_608_000)
  private var model: ModelDeployment
  private(set) var policy: MonitoringPolicy?
  private var versions: [String: ModelVersion] = [:]
  private var jobs: [String: WorkerJob] = [:]
  private var configurations: [RunConfiguration] = []
  /// By the Job that runs it.
  private var runs: [String: RunSpecification] = [:]
  private var objects: [String: JSONValue] = [:]
  private var routing: RoutingTable?
  private var pods: [ServerPod] = []
  private var confirmations: [String: Int] = [:]
  /// What an object of somebody else's claims to be.
  private var foreignNumber = 0
  private var draw: Draw
  /// Results are as workers write them.
  private var isSound = false

  init(model: ModelDeployment, draw: Draw) {
    self.model = model
    self.draw = draw
  }

  /// A model with a version in production.
  static let serving: FuzzedShop = {
    let document: JSONValue = [
      "metadata": [
        "name": "income", "namespace": "shop", "uid": "5f1c0e3a-0000-4000-8000-000000000001", "generation": 1,
      ],
      "spec": Example.specs(.model).first ?? [:],
    ]
    guard let model = try? ModelDeployment.decode(document) else {
      preconditionFailure("manifests/samples/income.yaml cannot be read")
    }
    var shop = FuzzedShop(model: model, draw: Draw(seed: 0, index: 0))
    shop.isSound = true
    for _ in 0..<8 {
      _ = shop.carryOut(shop.observeModel().decide())
      shop.goOn()
    }
    shop.isSound = false
    return shop
  }()

  /// From now on about this policy.
  mutating func begin(_ policy: MonitoringPolicy, _ draw: Draw) {
    self.policy = policy
    self.draw = draw
  }

  private static let settings = OperatorSettings(
    images: .init(worker: "apus-worker:test", server: "apus-server:test"), allowedHostPaths: ["/data"],
    // Nearly every model that is drawn would wait for a label otherwise.
    templates: .init(secrets: .all))

  func observeModel() -> ModelObservation {
    ModelObservation(
      now: now, model: model, settings: Self.settings, jobs: own(.train), runConfigurations: configurations,
      versions: versions.values.sorted { ($0.metadata.name ?? "") < ($1.metadata.name ?? "") }, routing: routing,
      pods: pods, deployment: objects["deployments"].map { DeploymentView($0) }, confirmations: confirmations,
      policies: [], claimExists: objects["persistentvolumeclaims"] != nil, highestForeignNumber: foreignNumber)
  }

  /// The model has been deleted with all its data.
  func observeDeparted() -> DepartedModel {
    DepartedModel(
      now: now, namespace: "shop", name: "income", uid: model.metadata.uid ?? "", since: now.advanced(bySeconds: -60),
      versions: versions.values.sorted { ($0.metadata.name ?? "") < ($1.metadata.name ?? "") }, settings: Self.settings,
      jobs: own(.remove), foreignDigests: [], claimExists: true)
  }

  mutating func carryOut(_ decision: DepartureDecision) { apply(decision.apply) }

  func observePolicy(policy: MonitoringPolicy) -> PolicyObservation {
    PolicyObservation(
      now: now, policy: policy, settings: Self.settings, model: model,
      versions: versions.values.sorted { ($0.metadata.name ?? "") < ($1.metadata.name ?? "") }, jobs: own(.check),
      runConfigurations: configurations)
  }

  private func own(_ component: ApusLabels.Component) -> [WorkerJob] {
    jobs.values.filter { $0.labels[ApusLabels.component] == component.rawValue }.sorted { $0.name < $1.name }
  }

  /// False: what was written cannot be read again.
  mutating func carryOut(_ decision: ModelDecision) -> Bool {
    apply(decision.apply)
    for change in decision.versionStatuses { versions[change.name]?.status = change.status }
    remove(decision.remove)
    for push in decision.pushes { confirmations[push.pod] = push.revision }
    return write(decision.status) { (shop: inout FuzzedShop, status: ModelDeploymentStatus) in
      shop.model.status = status
      shop.model.status.outbox = []
    }
  }

  mutating func carryOut(_ decision: PolicyDecision) -> Bool {
    apply(decision.apply)
    remove(decision.remove)
    return write(decision.status) { (shop: inout FuzzedShop, status: MonitoringPolicyStatus) in
      shop.policy?.status = status
      shop.policy?.status.outbox = []
    }
  }

  /// Through the API server and back.
  private mutating func write<Status: Codable & SchemaDescribed>(
    _ status: Status, _ keep: (inout FuzzedShop, Status) -> Void
  ) -> Bool {
    do {
      let text = JSONValue.document(status).bytes
      let read: Status = try Status.schema.filled(try JSONValue(parsing: text)).decode()
      keep(&self, read)
      return true
    } catch {
      problems.append("a status that cannot be read again: \(error)")
      return false
    }
  }

  private mutating func apply(_ desired: [DesiredObject]) {
    for object in desired {
      let name = object.name
      switch object.resource {
      case Resource.jobs:
        guard jobs[name] == nil else { continue }
        let metadata = object.manifest["metadata"]
        jobs[name] = WorkerJob(
          name: name, uid: "uid-\(name)", labels: metadata?["labels"]?.stringMap ?? [:],
          annotations: metadata?["annotations"]?.stringMap ?? [:], createdAt: now)
      case Resource.configMaps:
        let data = object.manifest["data"]?.stringMap ?? [:]
        if let job = object.manifest[path: "metadata", "annotations", RunAnnotation.job]?.string {
          configurations.append(RunConfiguration(name: name, uid: "uid-\(name)", job: job))
          runs[job] = data.values.lazy.compactMap { JSONValue.value(RunSpecification.self, in: $0) }.first
        } else if let text = data[RoutingTable.fileName] {
          routing = JSONValue.value(in: text)
        }
      case ApusGroup.modelVersions:
        guard versions[name] == nil else { continue }
        do {
          var version = try ModelVersion.decode(try JSONValue(parsing: object.manifest.bytes))
          for problem in ModelVersionSpec.schema.problems(in: object.manifest["spec"] ?? [:], at: "spec").prefix(3) {
            problems.append("a ModelVersion that the CRD refuses: \(problem.description.prefix(300))")
          }
          version.metadata.uid = "uid-\(name)"
          version.metadata.generation = 1
          versions[name] = version
        } catch {
          problems.append("a ModelVersion that cannot be read: \("\(error)".prefix(300))")
        }
      default: objects[object.resource.resource] = object.manifest
      }
    }
  }

  private mutating func remove(_ removals: [Removal]) {
    for removal in removals {
      switch removal.resource {
      case Resource.jobs: jobs[removal.name] = nil
      case Resource.configMaps: configurations.removeAll { $0.name == removal.name }
      default: break
      }
    }
  }

  /// Time passes, servers start, and the runs end somehow.
  mutating func goOn() {
    now = now.advanced(bySeconds: Double(isSound ? 60 : draw.pick([1, 60, 7_200, 700_000])))
    if objects["deployments"] != nil {
      pods = (0..<2).map {
        ServerPod(
          name: "server-\($0)", uid: "uid-server-\($0)", address: "10.0.0.\($0 + 1)",
          isReady: isSound || !draw.once(in: 4))
      }
    }
    for name in jobs.keys.sorted() where jobs[name]?.finishedAt == nil {
      if !isSound, draw.once(in: 6) { continue }
      let code = isSound ? 0 : draw.pick([0, 0, 0, 0, 1, 64, 65, 137])
      let result = WorkerAnswer.make(runs[name], job: name, isSound: isSound, &draw)
      jobs[name]?.ends.append(.init(exitCode: code, message: result, finishedAt: now))
      jobs[name]?.succeeded = code == 0
      if code != 0 { jobs[name]?.failure = draw.pick(["BackoffLimitExceeded", "DeadlineExceeded"]) }
      jobs[name]?.finishedAt = now
    }
    guard !isSound else { return }
    meddle()
    guard draw.once(in: 3) else { return }
    for annotation in [ApusAnnotations.retrainRequestedAt, ApusAnnotations.checkRequestedAt, ApusAnnotations.approve]
    where draw.once(in: 2) {
      let text = draw.once(in: 2) ? OddValue.text(&draw) : draw.pick(["v1", "v2", "again"])
      model.metadata.annotations[annotation] = text
      policy?.metadata.annotations[annotation] = text
    }
  }

  /// Who may write in the namespace changes the operator's own objects.
  private mutating func meddle() {
    if draw.once(in: 6), let table = routing {
      var document = JSONValue.document(table)
      if draw.once(in: 2) {
        document["revision"] = OddValue.number(&draw)
      } else {
        Damage.apply(to: &document, &draw)
      }
      routing = JSONValue.value(in: document.text)
    }
    if draw.once(in: 6) { foreignNumber = OddValue.number(&draw).integer ?? 0 }
    for name in jobs.keys.sorted() where draw.once(in: 6) {
      if draw.once(in: 2) {
        let text = draw.pick(["v\(OddValue.number(&draw).text)", "v1", OddValue.text(&draw)])
        jobs[name]?.labels[ApusLabels.version] = text
      } else {
        let known = [
          RunAnnotation.handled, RunAnnotation.version, RunAnnotation.attempt, RunAnnotation.removedFiles,
          RunAnnotation.keptFiles, ApusAnnotations.trainingInput, ApusAnnotations.trigger,
        ]
        let text = draw.once(in: 2) ? OddValue.number(&draw).text : OddValue.text(&draw)
        jobs[name]?.annotations[draw.pick(known)] = text
      }
    }
    for name in versions.keys.sorted() where draw.once(in: 12) {
      guard let version = versions[name] else { continue }
      var spec = JSONValue.document(version.spec)
      var status = JSONValue.document(version.status)
      if draw.once(in: 2) { Damage.apply(to: &spec, &draw) } else { Damage.apply(to: &status, &draw) }
      let document: JSONValue = ["metadata": .document(version.metadata), "spec": spec, "status": status]
      guard Damage.fits(document, 3 << 20), ModelVersionSpec.schema.problems(in: spec).isEmpty,
        ModelVersionStatus.schema.problems(in: status).isEmpty, let other = try? ModelVersion.decode(document)
      else { continue }
      versions[name] = other
    }
  }
}
