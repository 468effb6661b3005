import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// An operator that dies after any of its writes and starts again ends where one that did not die ends.
@Suite struct CrashTests {
  struct Moment: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let world: @Sendable () -> World

    init(_ text: String, _ world: @escaping @Sendable () -> World) {
      testDescription = text
      self.world = world
    }
  }

  static let moments: [Moment] = [
    Moment("a model is seen for the first time") { World(aModel()) },
    Moment("the first training has ended") {
      var world = World(aModel())
      world.settle()
      world.pass(TimeSpan(seconds: 60))
      world.end("income-train-1", exitCode: 0, message: termination(result("v1")))
      return world
    },
    Moment("a better version was trained") {
      var world = World.serving()
      world.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "now"
      world.settle()
      world.pass(TimeSpan(seconds: 60))
      world.end("income-train-2", exitCode: 0, message: termination(result("v2", against: "v1")))
      return world
    },
    Moment("a run failed for good") {
      var world = World.serving()
      world.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "now"
      world.settle()
      let failure = RunFailure(reason: "NoRows", message: "the source has no rows", retryable: false, step: "validate")
      world.end("income-train-2", exitCode: 65, message: termination(failure), jobFailed: false)
      return world
    },
    Moment("a scheduled run found the data unchanged") {
      var world = World(aModel("income", ["training": ["schedule": ["cron": "@hourly"]]]))
      world.settle()
      world.trains(result("v1"))
      world.pass(TimeSpan(seconds: 3600))
      world.settle()
      let unchanged = UnchangedData(version: "v1", dataDigest: "sha256:11", removed: ["v1"])
      world.end(
        "income-train-2", exitCode: 0, message: JSONValue.document(RunResult(run: "run", unchanged: unchanged)).text)
      return world
    },
    Moment("the gates are changed while versions are rejected and wait") {
      var world = World.serving()
      world.retrains(result("v2", against: "v1", difference: 0.0005, lower: 0.0002))
      world.retrains(result("v3", against: "v1", difference: 0.0006, lower: 0.0002))
      world.retrains(JudgementTests.narrower)
      world.model?.spec.promotion.against.minimumImprovement = 0.0004
      return world
    },
    Moment("a version of another target was trained") {
      var world = World.serving()
      world.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "now"
      world.settle()
      world.end("income-train-2", exitCode: 0, message: termination(JudgementTests.other))
      return world
    },
    Moment("several triggers at once") {
      var world = World.serving(policy: aPolicy())
      world.model = aModel("income", ["schema": ["timestamp": "at"]]).keeping(world.model)
      world.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "now"
      world.policy?.status.retraining.request = .init(id: "c1", at: world.now, reason: "drift")
      world.pass(TimeSpan(seconds: 8 * 86400))
      return world
    },
    Moment("a person pins an earlier version") {
      var world = World.serving()
      world.retrains(result("v2", against: "v1"))
      world.model?.spec.serving.version = "v1"
      return world
    },
    Moment("a person forces a rejected version") {
      var world = World.serving()
      world.retrains(result("v2", against: "v1", difference: -0.1, lower: -0.2))
      world.model?.metadata.annotations[ApusAnnotations.forcePromote] = "v2"
      return world
    },
    Moment("a person approves a version") {
      var world = ModelPromotionTests.manual()
      world.model?.metadata.annotations[ApusAnnotations.approve] = "v1"
      return world
    },
    Moment("a version is given a first share of the requests") {
      var world = World.serving(ModelPromotionTests.inSteps)
      world.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "now"
      world.settle()
      world.pass(TimeSpan(seconds: 60))
      world.end("income-train-2", exitCode: 0, message: termination(result("v2", against: "v1")))
      return world
    },
    Moment("a rollout is due for its next step") {
      var world = World.serving(ModelPromotionTests.inSteps)
      world.retrains(result("v2", against: "v1"))
      world.pass(TimeSpan(seconds: 601))
      return world
    },
    Moment("a rollout is due for its end") {
      var world = World.serving(ModelPromotionTests.inSteps)
      world.retrains(result("v2", against: "v1"))
      for _ in 0..<2 {
        world.settle()
        world.pass(TimeSpan(seconds: 601))
      }
      return world
    },
    Moment("a check is due") {
      var world = World.serving(policy: aPolicy())
      world.pass(TimeSpan(seconds: 6 * 3600))
      return world
    },
    Moment("a schedule has changed while a training is due for another reason") {
      var world = World.serving(policy: aPolicy())
      world.pass(TimeSpan(seconds: 86400))
      world.model?.spec.training.schedule = Schedule(cron: "0 2 * * *")
      world.policy?.spec.schedule = Schedule(cron: "0 * * * *")
      world.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "now"
      return world
    },
    Moment("a check found critical drift") {
      var world = World.serving(policy: aPolicy("income", ["retraining": ["debounce": ["failures": 1, "of": 1]]]))
      world.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "now"
      world.settle()
      if let job = world.running {
        let text = JSONValue.document(RunResult(run: "r", checked: checkResult(drift: .critical))).text
        world.end(job.name, exitCode: 0, message: text)
      }
      return world
    },
  ]

  @Test(arguments: moments) func `the end is the same after a crash at any write`(_ moment: Moment) {
    let begin = moment.world()
    check(begin, moment.testDescription) { $0.reconcileModel(writing: $1) }
    check(begin, moment.testDescription) { $0.reconcilePolicy(writing: $1) }
  }

  private func check(_ begin: World, _ text: String, _ reconcile: (inout World, Int) -> Int) {
    var expected = begin
    let writes = reconcile(&expected, .max)
    expected.settle()
    for count in 0...writes {
      var world = begin
      _ = reconcile(&world, count)
      // Another decision of the same kind comes first, as after a restart.
      _ = reconcile(&world, .max)
      world.settle()
      #expect(world.silent == expected.silent, "\(text): died after write \(count) of \(writes)")
    }
  }
}
