import ApusAPI
import Decisions
import Foundation
import KubernetesModel
import Testing
import WorkerContract

/// What release 0.1.0 has written, with its statuses as they were: nothing is started, rolled out or announced because of the
/// operator's new release.
@Suite struct ReleaseTests {
  /// The objects of a file, at the time when they were written.
  private static func world(_ name: String) throws -> World {
    let file = GoldenTests.folder.appending(path: "../Releases/0.1.0/status-\(name).json")
    let document = try JSONValue(parsing: String(contentsOf: file, encoding: .utf8))
    let model = try document["model"].map { try ModelDeployment.decode($0) }
    var world = World(model, policy: try document["policy"].map { try MonitoringPolicy.decode($0) })
    world.now = try #require(try document["now"]?.decode(as: Timestamp.self))
    for object in document["versions"]?.array ?? [] {
      let version = try ModelVersion.decode(object)
      world.versions[version.metadata.name ?? ""] = version
    }
    return world
  }

  @Test func `a rollout goes on from the step that its history says, and says nothing of it`() throws {
    var world = try Self.world("rollout")
    #expect(world.model?.status.rollout == nil)
    let since = try #require(world.version("v2")?.status.history.last?.at)
    world.pass(TimeSpan(seconds: 30))
    var decision = try #require(world.observeModel()).decide()
    #expect(decision.status.rollout == RolloutStatus(version: "v2", phase: .weighted, step: 2, since: since))
    #expect(decision.announcements.isEmpty && decision.versionStatuses.isEmpty)
    #expect(decision.status.traffic == world.model?.status.traffic && decision.status.routingRevision == 3)
    #expect(!decision.apply.contains { $0.resource == Resource.jobs })
    // Written down once: the history is not counted again.
    world.model?.status = decision.status
    let first = try #require(world.version("v2")?.status.history.first)
    world.versions["income-v2"]?.status.history.insert(first, at: 0)
    decision = try #require(world.observeModel()).decide()
    #expect(decision.status.rollout?.step == 2)
    world.pass(TimeSpan(seconds: 600))
    decision = try #require(world.observeModel()).decide()
    #expect(decision.status.rollout == nil && decision.announcements.map(\.reason) == ["Promoted"])
  }

  @Test func `a check that it has announced starts as announced, under the same name`() throws {
    var world = try Self.world("announced")
    let announced = try #require(world.policy?.status.outbox)
    #expect(announced.map(\.regarding) == [nil])
    world.pass(TimeSpan(seconds: 59))
    let decision = try #require(world.observePolicy()).decide()
    #expect(decision.status.runningCheck == "watch-check-202610281311")
    #expect(decision.status.outbox == announced && decision.alerts.isEmpty)
    #expect(decision.status.retraining == world.policy?.status.retraining)
  }

  @Test func `a check that it has announced too long ago is announced under its new name only`() throws {
    var world = try Self.world("announced")
    world.pass(TimeSpan(seconds: 61))
    let decision = try #require(world.observePolicy()).decide()
    #expect(decision.status.runningCheck == "watch-check-202610281312")
    #expect(decision.status.outbox.map(\.regarding) == ["watch-check-202610281312"])
  }

  @Test func `an approval that it has followed is not followed again`() throws {
    var world = try Self.world("approved")
    #expect(world.stage("v1") == .production && world.model?.status.handled.approval == nil)
    world.pass(TimeSpan(seconds: 30))
    let decision = try #require(world.observeModel()).decide()
    #expect(decision.announcements.isEmpty && decision.status.handled.approval == "v1")
    #expect(decision.versionStatuses.isEmpty && decision.status.version == "v1")
  }

  @Test func `a run that it has seen held up is neither started anew nor told of again`() throws {
    var world = try Self.world("blocker")
    #expect(world.model?.status.training?.blocker == nil)
    var job = WorkerJob(
      name: "income-train-1", uid: "uid-income-train-1", labels: [ApusLabels.version: "v1"], createdAt: world.now)
    job.labels[ApusLabels.component] = ApusLabels.Component.train.rawValue
    job.trouble = PodTrouble(
      pod: "income-train-1-abc", reason: "ImagePullBackOff", message: "rpc error: not found", container: "worker")
    world.jobs = [job.name: job]
    world.pass(TimeSpan(seconds: 30))
    let decision = try #require(world.observeModel()).decide()
    #expect(decision.announcements.isEmpty && !decision.apply.contains { $0.resource == Resource.jobs })
    #expect(decision.status.conditions == world.model?.status.conditions)
    #expect(decision.status.training?.blocker?.pod == "income-train-1-abc")
    #expect(decision.status.training?.blocker?.detail == "rpc error: not found")
  }
}
