import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// A name is given again; what was known of the model before is not the new one's.
@Suite struct IdentityTests {
  private static let never: JSONValue = ["cron": "0 2 1 1 *"]

  private func watched() -> World {
    .serving(
      aModel("income", ["training": ["schedule": Self.never]]),
      policy: aPolicy(
        "watch", ["schedule": Self.never, "retraining": ["debounce": ["failures": 1, "of": 1], "cooldown": "1s"]]))
  }

  /// The configuration of the check that runs.
  private func check(_ world: World) throws -> RunSpecification {
    let job = try #require(world.running?.name)
    let name = try #require(world.configurations.first { $0.value == job }?.key)
    let text = try #require(world.objects["configmaps/\(name)"]?.manifest[path: "data", "run.json"]?.string)
    return try #require(JSONValue.value(in: text))
  }

  private static let spans: [(JSONValue, String, String)] = [
    ([:], "2026-10-27T06:01:00Z", "2026-10-27T12:01:00Z"),
    (["labelDelay": "0s"], "2026-10-28T06:01:00Z", "2026-10-28T12:01:01Z"),
    (["labelDelay": "2d", "window": "7d"], "2026-10-19T12:01:00Z", "2026-10-26T12:01:00Z"),
  ]

  @Test(arguments: spans)
  func `a check looks for labels where they are due`(_ performance: JSONValue, _ from: String, _ to: String) throws {
    var world = watched()
    world.policy = aPolicy("watch", ["schedule": Self.never, "performance": performance])
    world.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "now"
    world.settle()
    let run = try #require(try check(world).check)
    #expect(run.from == "2026-10-28T06:01:00Z" && run.to == "2026-10-28T12:01:01Z")
    #expect(run.labelled == ObservedSpan(from: from, to: to))
  }

  @Test func `servers and checks are told which model of the name it is, and a training is not`() throws {
    var world = watched()
    let identity = ModelIdentity(uid: "uid-md", created: "2026-10-28T12:00:00Z")
    #expect(world.routing?.identity == identity)
    #expect(!world.objects.values.contains { $0.name.contains("train-1") && $0.manifest.text.contains("uid\\\"") })
    world.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "now"
    world.settle()
    #expect(try check(world).identity == identity)
  }

  @Test func `a table of the release before gets the identity with one new revision, and pods stay as they are`() throws
  {
    var world = watched()
    let known = try #require(world.routing?.revision)
    let deployment = world.objects["deployments/income"]
    world.routing?.identity = nil
    world.confirmations = world.confirmations.mapValues { _ in known }
    world.settle()
    #expect(world.routing?.identity?.uid == "uid-md" && world.routing?.revision == known + 1)
    #expect(world.confirmations.values.allSatisfy { $0 == known + 1 } && !world.confirmations.isEmpty)
    #expect(world.objects["deployments/income"] == deployment)
    let settled = world
    world.settle()
    #expect(world.routing == settled.routing)
  }

  @Test func `what a policy found of a deleted model is not the new one's`() throws {
    var world = watched()
    world.checks(checkResult(drift: .critical))
    world.trains(result("v2", against: "v1", difference: -0.1, lower: -0.2))
    let old = try #require(world.policy?.status)
    #expect(old.modelUID == "uid-md" && !old.history.isEmpty && old.retraining.request != nil)
    // A check of the old one is still under way.
    world.pass(TimeSpan(seconds: 60))
    world.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "again"
    world.settle()
    let left = try #require(world.policy?.status.runningCheck)
    world.pass(TimeSpan(seconds: 60))
    var next = try #require(world.model).madeAnew
    next.metadata.creationTimestamp = world.now
    world.model = next
    world.versions = [:]
    world.jobs = world.jobs.filter { !$0.key.contains("train") }
    world.settle()
    let new = try #require(world.policy?.status)
    #expect(new.modelUID == "uid-md-2" && new.history.isEmpty && new.lastCheck == nil && new.runningCheck == nil)
    #expect(new.retraining.request == nil && new.drift == nil)
    #expect(world.policyCondition(.driftDetected)?.reason == "NotCheckedYet")
    #expect(world.jobs[left] == nil)
    world.trains(result("v1"))
    #expect(world.model?.status.training?.state != .running)
    #expect(world.startedJobs.filter { $0.contains("train") }.count == 3)
  }
}
