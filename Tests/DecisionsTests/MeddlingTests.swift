import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// Who may write in a namespace may change what the operator has made there. One object of his must not end the operator for
/// all others.
@Suite("Objects that others have changed") struct MeddlingTests {
  @Test(
    "a routing table's revision counts as long as it leaves room for others", arguments: [Int.max, .min, -1, 1 << 60])
  func revision(_ revision: Int) throws {
    var world = World.serving()
    let before = try #require(world.model?.status.routingRevision)
    world.routing?.revision = revision
    world.retrains(result("v2", against: "v1"))
    #expect(world.model?.status.version == "v2")
    #expect(world.model?.status.routingRevision == before + 1)
  }

  @Test("a status at the end of all numbers stays there")
  func lastRevision() {
    var world = World.serving()
    world.model?.status.routingRevision = .max
    world.routing = nil
    world.retrains(result("v2", against: "v1"))
    #expect(world.model?.status.routingRevision == .max)
  }

  @Test(
    "a foreign object's number leaves room for the model's own",
    arguments: [Int.max, Int.max - 1, .min, 99_999_999_999])
  func foreignNumber(_ number: Int) {
    var world = World(aModel(), highestForeignNumber: number)
    world.settle()
    world.trains(result("v1"))
    #expect(world.model?.status.version == "v1")
  }

  @Test(
    "a request that is longer than a status can hold counts once, by what the status holds",
    arguments: ["x", "e\u{301}", "🇨🇭"])
  func longRequest(_ text: String) throws {
    let long = String(repeating: text, count: 5_000)
    var world = World.serving(policy: aPolicy("watch"))
    world.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = long
    world.model?.metadata.annotations[ApusAnnotations.approve] = long
    world.model?.metadata.annotations[ApusAnnotations.forcePromote] = long
    world.settle()
    world.trains(result("v2", against: "v1"))
    world.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = long
    world.settle()
    let model = try #require(world.model?.status.handled)
    let check = world.policy?.status.handled.checkRequest
    for kept in [model.retrainRequest, model.approval, model.forcedPromotion, check] {
      let kept = try #require(kept)
      #expect(kept.unicodeScalars.count == 1_024 && long.unicodeScalars.starts(with: kept.unicodeScalars))
    }
    let jobs = world.startedJobs
    #expect(jobs.filter { $0.hasPrefix("income-train-") } == ["income-train-1", "income-train-2"])
    #expect(jobs.count { $0.hasPrefix("watch-check-") } == 1)
    world.pass(TimeSpan(seconds: 60))
    world.settle()
    #expect(world.startedJobs == jobs)
    #expect(world.announcements.count { $0.reason == "VersionNotServable" } == 1)
    // Another that begins otherwise is another request.
    world.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "again " + long
    world.settle()
    #expect(world.startedJobs.last == "income-train-3")
  }

  @Test(
    "what no version can be called is no version", arguments: ["v9223372036854775807", "v100000000000", "v99999999999"])
  func names(_ name: String) {
    #expect((VersionNumber(name) == nil) == (name != "v99999999999"))
    #expect(VersionNumber(VersionNumber.highest).next.value == VersionNumber.highest)
  }

  @Test(
    "a removal whose Job has lost its number goes on with the first",
    arguments: ["0", "-1", "\(Int.min)", "\(Int.max)", "x", ""])
  func attempt(_ text: String) {
    let job = WorkerJob(
      name: "income-remove-1", uid: "uid-job", labels: [ApusLabels.component: "remove"],
      annotations: [RunAnnotation.attempt: text, RunAnnotation.removedFiles: "\(Int.min)"], createdAt: noon,
      failure: "BackoffLimitExceeded", finishedAt: noon)
    let departed = DepartedModel(
      now: noon.advanced(bySeconds: 60), namespace: "shop", name: "income", uid: "uid-md", since: noon, versions: [],
      settings: settings, jobs: [job])
    let decision = departed.decide()
    #expect(!decision.events.isEmpty)
    #expect(decision.letsGo == (text == "\(Int.max)"))
  }
}
