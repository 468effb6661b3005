import ApusAPI
@testable import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// What becomes of the data of a model that was deleted with `spec.deletion: Delete`.
@Suite struct DepartureTests {
  private static let uid = "6f0c2a1e-0000-4000-8000-000000000000"

  private static func version(_ number: Int, digest: String? = nil, files: ModelVersionStatus.Files = .kept)
    -> ModelVersion
  {
    var version = ModelVersion(
      metadata: ObjectMeta(name: "income-v\(number)", namespace: "shop"),
      spec: ModelVersionSpec(
        modelRef: .init(name: "income"), version: "v\(number)", number: number, job: "income-train-\(number)",
        trigger: .firstSight, trainingInput: "x",
        artifact: digest.map { ArtifactReference(version: "v\(number)", digest: $0) }))
    version.status.files = files
    version.metadata.deletionTimestamp = noon
    version.metadata.finalizers = [ApusFinalizers.data]
    return version
  }

  private static func model(after seconds: Double = 0) -> DepartedModel {
    DepartedModel(
      now: noon.advanced(bySeconds: seconds), namespace: "shop", name: "income", uid: uid, since: noon,
      versions: [version(2, digest: "sha256:b"), version(1, digest: "sha256:a")], settings: settings)
  }

  private static func job(
    _ attempt: Int = 1, created: Double = 0, result: RunResult? = nil, failure: String? = nil, exitCode: Int = 0,
    ended: Double = 5
  ) -> WorkerJob {
    let name = ResourceName.removalJob(model: "income", uid: uid, attempt: attempt)
    let end = noon.advanced(bySeconds: created + ended)
    return WorkerJob(
      name: name, uid: "uid-\(name)", labels: [ApusLabels.component: "remove"],
      annotations: [RunAnnotation.attempt: String(attempt), RunAnnotation.removedFiles: "2"],
      createdAt: noon.advanced(bySeconds: created),
      succeeded: result != nil && exitCode == 0, failure: failure,
      finishedAt: failure == nil && result == nil ? nil : end,
      ends: result.map {
        [.init(exitCode: exitCode, message: JSONValue.document($0).text, finishedAt: end)]
      } ?? [])
  }

  private static func failed(_ attempt: Int, retryable: Bool = true, created: Double = 0) -> WorkerJob {
    job(
      attempt, created: created,
      result: RunResult(
        run: "r",
        failed: RunFailure(
          reason: "TelemetryUnavailable", message: "The telemetry store does not answer.", retryable: retryable,
          step: "remove")), failure: "BackoffLimitExceeded", exitCode: retryable ? 1 : 65)
  }

  private static let done = RunResult(run: "r", removed: RemovalResult(rows: 1200, reports: 3, versions: 2))

  private func messages(_ decision: DepartureDecision) -> [String] {
    decision.events.map { "\($0.reason): \($0.message)" }
  }

  private func specification(_ decision: DepartureDecision) throws -> RunSpecification {
    let map = try #require(decision.apply.first { $0.resource == Resource.configMaps })
    return try #require(map.manifest[path: "data", "run.json"]?.string.flatMap { JSONValue.value(in: $0) })
  }

  @Test func `a Job that nobody owns removes rows by UID and the files of the versions`() throws {
    let decision = Self.model().decide()
    let job = try #require(decision.apply.last { $0.resource == Resource.jobs })
    #expect(job.name == "income-remove-6f0c2a1e-1" && !decision.letsGo)
    #expect(decision.apply.allSatisfy { $0.manifest[path: "metadata", "ownerReferences"] == nil })
    let specification = try specification(decision)
    #expect(specification.identity == ModelIdentity(uid: Self.uid) && specification.train == nil)
    #expect(specification.remove?.artifacts.map(\.digest) == ["sha256:a", "sha256:b"])
    #expect(decision.events.isEmpty, "it is told once the Job is there")
  }

  @Test func `files that another model has stay, and those that are gone are not asked for`() throws {
    var model = Self.model()
    model.versions += [
      Self.version(3, digest: "sha256:b"), Self.version(4, digest: "sha256:c", files: .removed), Self.version(5),
      Self.version(6, digest: "sha256:d", files: .retired),
    ]
    model.foreignDigests = ["sha256:a"]
    #expect(try specification(model.decide()).remove?.artifacts.map(\.digest) == ["sha256:b", "sha256:d"])
    let request = try #require(model.decide().apply.last?.manifest[path: "metadata", "annotations"])
    #expect(request[RunAnnotation.removedFiles] == "2" && request[RunAnnotation.keptFiles] == "v1")
    model.jobs = [Self.job(result: Self.done)]
    model.jobs[0].annotations[RunAnnotation.keptFiles] = "v1"
    #expect(messages(model.decide()).last?.hasSuffix("; kept the files of v1, which another model shares") == true)
  }

  @Test func `where no version can be read, nothing waits for ever, and people are told whose files stay`() {
    var model = Self.model(after: 600)
    model.versions = []
    model.unreadable = ["income-v2", "income-v1"]
    model.writers = ["income-5d9-abcde"]
    #expect(model.decide().apply.contains { $0.resource == Resource.jobs })
    model.jobs = [Self.job(result: Self.done)]
    #expect(
      messages(model.decide()).last?.hasSuffix(
        "; the files of income-v1, income-v2 stay, as these objects cannot be read") == true)
    model.jobs = []
    model.refusal = .init("exceeded quota: jobs", since: noon)
    let early = model.decide()
    model.now = noon.advanced(bySeconds: 700)
    #expect(model.decide().events == early.events, "told once")
    model.now = noon.advanced(bySeconds: 15_600)
    #expect(model.decide().letsGo)
  }

  @Test func `who may still write is waited for, but not for ever`() {
    var model = Self.model(after: 30)
    model.writers = ["income-5d9-abcde"]
    #expect(model.decide() == DepartureDecision(requeueAfter: 5))
    model.now = noon.advanced(bySeconds: 600)
    #expect(model.decide().apply.contains { $0.resource == Resource.jobs })
  }

  @Test func `a removal that went well is told with its figures, and all that was made for it goes`() {
    var model = Self.model(after: 60)
    model.jobs = [Self.job(result: Self.done)]
    let decision = model.decide()
    #expect(decision.letsGo && decision.apply.isEmpty)
    #expect(
      messages(decision) == [
        "RemovingData: Job income-remove-6f0c2a1e-1 is removing the model's rows, its reports and the files of 2 versions",
        "DataRemoved: removed 1200 rows from the telemetry store, 3 reports and the files of 2 versions",
      ])
    // An operator that dies before it has let all of them go tells the same once more: one Event.
    model.now = noon.advanced(bySeconds: 90)
    model.versions.removeLast()
    #expect(model.decide() == decision)
  }

  @Test func `when nothing waits any more, what was made for a removal goes; a failed Job stays a week for its log`() {
    func left(_ jobs: [WorkerJob], after seconds: Double = 60) -> [String] {
      let configurations = (1...4).map {
        RunConfiguration(
          name: "c\($0)", uid: "u\($0)", job: ResourceName.removalJob(model: "income", uid: Self.uid, attempt: $0))
      }
      return FinishedRemovals(
        now: noon.advanced(bySeconds: seconds), namespace: "shop", jobs: jobs, runConfigurations: configurations
      ).decide().map(\.name)
    }
    let jobs = [Self.failed(1), Self.job(2, result: Self.done), Self.job(3)]
    // A Job that goes on although nobody waits for it is ended.
    let (one, two, three) = ("income-remove-6f0c2a1e-1", "income-remove-6f0c2a1e-2", "income-remove-6f0c2a1e-3")
    #expect(left(jobs) == [two, three, "c2", "c3", "c4"])
    #expect(left(jobs, after: 604_900) == [one, two, three, "c1", "c2", "c3", "c4"])
  }

  @Test func `a Job that runs is waited for; one that does not start has failed at its deadline`() {
    var model = Self.model(after: 100)
    model.jobs = [Self.job()]
    #expect(model.decide().requeueAfter == 3560 && messages(model.decide()).count == 1)
    model.now = noon.advanced(bySeconds: 3660)
    let decision = model.decide()
    #expect(!decision.letsGo && decision.requeueAfter == 600)
    #expect(messages(decision).last?.contains("did not start: no pod of it started") == true)
    // A queue that lets it go on later must not.
    #expect(decision.stop.map(\.name) == ["income-remove-6f0c2a1e-1"])
  }

  @Test func `a Job that somebody deletes is made again once it has gone, and an earlier one counts`() {
    var model = Self.model(after: 4_000)
    model.jobs = [Self.job(created: 3_900)]
    model.jobs[0].isBeingDeleted = true
    #expect(model.decide().apply.isEmpty && !model.decide().letsGo)
    model.jobs = []
    #expect(
      model.decide().apply.map(\.name).last == ResourceName.removalJob(model: "income", uid: Self.uid, attempt: 1))
    model.jobs = [Self.failed(1)]
    #expect(
      model.decide().apply.map(\.name).last == ResourceName.removalJob(model: "income", uid: Self.uid, attempt: 2))
  }

  @Test func `a Job that the cluster refuses is told, tried for hours, and holds nothing up for ever`() {
    var model = Self.model(after: 100)
    model.refusal = .init(
      #"jobs.batch is forbidden: exceeded quota: jobs, requested: count/jobs.batch=1, used: 4, limited: 4"#,
      since: noon)
    let decision = model.decide()
    #expect(decision.requeueAfter == 60 && !decision.letsGo && decision.apply.isEmpty)
    #expect(messages(decision).first?.hasPrefix("DataNotRemoved: the cluster refuses the removal Job: ") == true)
    model.now = noon.advanced(bySeconds: 200)
    #expect(model.decide().events == decision.events, "told once")
    model.now = noon.advanced(bySeconds: 15_600)
    #expect(model.decide().letsGo && messages(model.decide()).last?.contains("(uid \(Self.uid)) stays") == true)
    // An operator that was away for these hours tries for a while.
    model.refusal?.since = noon.advanced(bySeconds: 15_100)
    #expect(!model.decide().letsGo && model.decide().events == decision.events)
    model.refusal?.since = noon.advanced(bySeconds: 15_000)
    #expect(model.decide().letsGo)
  }

  @Test func `what the operator's configuration says of removals is part of their pods`() throws {
    var model = Self.model()
    model.settings.removalTemplate = ["spec": ["nodeSelector": ["disk": "ssd"]]]
    let job = try #require(model.decide().apply.last?.manifest)
    #expect(job[path: "spec", "template", "spec", "nodeSelector", "disk"] == "ssd")
    #expect(PodFields.removal.resource("limits.memory").hasSuffix("containers[name=worker].resources.limits.memory"))
  }

  @Test(arguments: [(1, 599.0, false), (1, 600, true), (2, 3599, false), (2, 3600, true)])
  func `a removal that failed is tried again after ten minutes, and after an hour`(
    attempt: Int, after: Double, starts: Bool
  ) {
    var model = Self.model(after: after + 5)
    model.jobs = (1...attempt).map { Self.failed($0) }
    let decision = model.decide()
    let next = ResourceName.removalJob(model: "income", uid: Self.uid, attempt: attempt + 1)
    #expect(decision.apply.contains { $0.name == next } == starts && !decision.letsGo)
    if !starts {
      #expect(decision.requeueAfter == (attempt == 1 ? 600 : 3600) - after)
      #expect(
        messages(decision).dropFirst() == [
          "DataNotRemoved: removal Job \(attempt) of 3 failed: The telemetry store does not answer."
        ])
    }
  }

  @Test func `a worker image of before, which has no such step, is told of at once, and no try follows`() {
    var model = Self.model(after: 60)
    var job = Self.job()
    job.ends = [.init(exitCode: 64, message: "Error: Unexpected argument 'remove'", finishedAt: noon)]
    job.retries = 3
    model.jobs = [job]
    let decision = model.decide()
    #expect(decision.letsGo && decision.stop.map(\.name) == [job.name])
    let last = messages(decision).last ?? ""
    #expect(
      last.hasPrefix("DataNotRemoved: gave up after 1 Job: the worker image does not know the step remove"), "\(last)")
    #expect(last.contains("images.worker of the operator's configuration"))
    // A result counts, and trainers of other people may mean something else by their exit code.
    job.ends = [.init(exitCode: 64, message: JSONValue.document(Self.done).text, finishedAt: noon)]
    #expect(job.outcome == .running)
    job.ends = [.init(exitCode: 64, finishedAt: noon)]
    job.labels = [ApusLabels.component: "train"]
    #expect(job.outcome == .running)
  }

  @Test func `after three tries, or where no try can help, people are told and nothing hangs`() {
    var model = Self.model(after: 9_000)
    model.jobs = [Self.failed(1), Self.failed(2), Self.failed(3, created: 4_000)]
    var decision = model.decide()
    #expect(decision.letsGo && decision.apply.isEmpty)
    #expect(
      messages(decision).last?.hasPrefix(
        "DataNotRemoved: gave up after 3 Jobs: The telemetry store does not answer; the rest") == true)
    #expect(messages(decision).last?.contains(Self.uid) == true && decision.events.last?.type == .warning)
    model.jobs = [Self.failed(1, retryable: false)]
    decision = model.decide()
    #expect(decision.letsGo && messages(decision).last?.hasPrefix("DataNotRemoved: gave up after 1 Job:") == true)
  }

  @Test func `where all of it lay in a claim that is gone there is nothing to do`() {
    var model = Self.model()
    model.claimExists = false
    let decision = model.decide()
    #expect(decision.letsGo && decision.apply.isEmpty)
    #expect(messages(decision) == ["DataRemoved: nothing to remove: the volume claim apus-data no longer exists"])
    model.settings.storage.telemetrySecret = .init(name: "db", key: "url")
    #expect(model.decide().apply.map(\.resource) == [Resource.claims, Resource.configMaps, Resource.jobs])
  }

  @Test func `versions of a model get the finalizer as the spec says, new ones from the start`() throws {
    var world = World.serving(aModel("income", ["deletion": "Delete"]))
    let made = try #require(world.objects["modelversions/income-v1"]).manifest
    #expect(made[path: "metadata", "finalizers"] == [.string(ApusFinalizers.data)])
    world.versions["income-v1"]?.metadata.finalizers = []
    #expect(world.observeModel()?.decide().finalizers == [.init(version: "income-v1", isSet: true)])
    world.versions["income-v1"]?.metadata.finalizers = [ApusFinalizers.data]
    #expect(world.observeModel()?.decide().finalizers == [])
    world.model?.spec.deletion = .keep
    #expect(world.observeModel()?.decide().finalizers == [.init(version: "income-v1", isSet: false)])
    let kept = World.serving(aModel("income"))
    #expect(kept.objects["modelversions/income-v1"]?.manifest[path: "metadata", "finalizers"] == nil)
  }

  @Test func `a namesake trains only when the data of the earlier model is removed`() throws {
    let world = World(aModel("income"))
    var observed = try #require(world.observeModel())
    observed.predecessorIsBeingRemoved = true
    let waiting = observed.decide()
    #expect(!waiting.apply.contains { $0.resource == Resource.jobs } && waiting.requeueAfter == 5)
    #expect(waiting.status.conditions[ConditionType.trained.rawValue]?.reason == "PredecessorBeingRemoved")
    observed.model.status = waiting.status
    observed.predecessorIsBeingRemoved = false
    #expect(observed.decide().apply.contains { $0.resource == Resource.jobs })
  }
}
