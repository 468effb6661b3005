import ApusAPI
@testable import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// Versions of other people's trainers: a worker loads them before they are registered.
@Suite struct LoadTests {
  private static let custom: JSONValue = [
    "training": [
      "algorithm": ["custom": ["image": "mine:1"]],
      "template": [
        "spec": [
          "nodeSelector": ["disk": "fast"],
          "containers": [["name": "worker", "env": [["name": "A", "value": "b"]]]],
        ]
      ],
    ]
  ]

  /// The training has ended well.
  private static func trained() throws -> World {
    var world = World(aModel("income", custom))
    world.settle()
    world.trains(result("v1"))
    return world
  }

  private static func ends(_ world: inout World, exitCode: Int = 0, _ result: RunResult?) {
    world.end("income-load-1", exitCode: exitCode, message: result.map { JSONValue.document($0).text })
    world.settle()
  }

  private static let loaded = RunResult(run: "run", loaded: LoadResult(artifact: artifact("v1"), rows: 3))

  @Test func `the operator's own worker loads the version, and nothing is promoted before`() throws {
    var world = try Self.trained()
    #expect(world.versions.isEmpty && world.traffic == nil && world.startedJobs == ["income-train-1", "income-load-1"])
    #expect(world.model?.status.training?.state == .running && world.modelCondition(.trained)?.status == .unknown)
    let pod = try #require(world.objects["jobs/income-load-1"]?.manifest[path: "spec", "template", "spec"])
    let container = try #require(pod["containers"]?[0])
    #expect(container["image"] == "apus-worker:test" && container["command"] == nil && container["args"]?[0] == "load")
    #expect(pod[path: "nodeSelector", "disk"] == "fast")
    #expect(container["env"]?.array?.contains { $0["name"] == "A" } == true)
    let configuration = try #require(world.configurations.first { $0.value == "income-load-1" }?.key)
    let run = try #require(
      world.objects["configmaps/\(configuration)"]?.manifest[path: "data", "run.json"]?.string
        .flatMap { JSONValue.value(RunSpecification.self, in: $0) })
    #expect(run.load?.artifact == artifact("v1") && run.train == nil && run.run == "shop.income-load-1")
    // Nothing else starts meanwhile, whatever is asked for.
    world.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "now"
    world.settle()
    #expect(world.startedJobs.count == 2 && world.configurations.values.contains("income-load-1"))
    Self.ends(&world, Self.loaded)
    #expect(world.stage("v1") == .production && world.traffic == "v1 100%")
    #expect(world.startedJobs == ["income-train-1", "income-load-1", "income-train-2"])
    #expect(!world.configurations.values.contains("income-load-1"))
  }

  @Test func `no template makes it another program`() {
    let containers: JSONValue = [
      [
        "name": "worker", "image": "mine:2", "command": ["x"], "args": ["y"], "lifecycle": [:], "workingDir": "/x",
        "ports": [["containerPort": 1]], "livenessProbe": [:], "readinessProbe": [:], "startupProbe": [:],
        "terminationMessagePath": "/x", "terminationMessagePolicy": "FallbackToLogsOnError",
        "env": [["name": "LD_PRELOAD", "value": "/x.so"], ["name": "GLIBC_TUNABLES", "value": "x"]],
      ],
      ["name": "proxy", "image": "proxy:1"],
    ]
    let bare: JSONValue = [["name": "worker", "env": []], ["name": "proxy", "image": "proxy:1"]]
    #expect(LoadPass.withoutProgram(["spec": ["containers": containers]]) == ["spec": ["containers": bare]])
    #expect(LoadPass.withoutProgram(["containers": containers]) == ["containers": bare])
    #expect(LoadPass.withoutProgram(["spec": ["nodeName": "a"]]) == ["spec": ["nodeName": "a"]])
    #expect(LoadPass.withoutProgram(nil) == nil)
  }

  @Test func `a version that does not load is a failed one`() throws {
    var world = try Self.trained()
    let failure = RunFailure(
      reason: "VersionUnservable", message: "num_feature is '2147483646'.", retryable: false, step: "load")
    Self.ends(&world, exitCode: 65, RunResult(run: "run", failed: failure))
    let recorded = try #require(world.version("v1")?.spec.failure)
    #expect(recorded.reason == "VersionUnservable" && recorded.step == "load")
    #expect(recorded.message == "v1 cannot be served: num_feature is '2147483646'.")
    #expect(world.stage("v1") == .failed && world.traffic == nil)
    // Its Job stays for its log, and its files go with the next training.
    #expect(world.jobs["income-load-1"] != nil)
    #expect(world.version("v1")?.spec.artifact == artifact("v1") && world.version("v1")?.status.files == .retired)
    world.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "now"
    world.settle()
    let configuration = try #require(world.configurations.first { $0.value == "income-train-2" }?.key)
    let run = try #require(
      world.objects["configmaps/\(configuration)"]?.manifest[path: "data", "run.json"]?.string
        .flatMap { JSONValue.value(RunSpecification.self, in: $0) })
    #expect(run.train?.retired == [artifact("v1")])
  }

  private static let both = ["income-train-1", "income-load-1"]

  /// How a Job fails whose version is good.
  static let passing: [(String, @Sendable (inout World) -> Void)] = [
    ("the worker crashes", { $0.end("income-load-1", exitCode: 137, message: nil) }),
    (
      "the bucket is away",
      {
        let failure = RunFailure(reason: "StoreUnavailable", message: "no answer", retryable: true, step: "load")
        $0.end("income-load-1", exitCode: 1, message: JSONValue.document(RunResult(run: "run", failed: failure)).text)
      }
    ),
    ("its pod was evicted", { $0.fail("income-load-1", "BackoffLimitExceeded") }),
    ("no node has room until its deadline", { $0.fail("income-load-1", "DeadlineExceeded") }),
  ]

  @Test(arguments: passing.indices) func `passing trouble costs no training: the version is loaded again`(
    _ index: Int
  ) throws {
    let (what, fail) = Self.passing[index]
    var world = try Self.trained()
    fail(&world)
    world.settle()
    #expect(world.versions.isEmpty && world.startedJobs == Self.both && world.jobs["income-load-1"] != nil, "\(what)")
    let blocker = try #require(world.model?.status.training?.blocker)
    #expect(blocker.message.hasPrefix("v1 could not be loaded, the next try is at "), "\(blocker.message)")
    #expect(world.observeModel()?.decide().requeueAfter.map { $0 <= 60 } == true)
    world.pass(TimeSpan(seconds: 61))
    world.settle()
    #expect(world.startedJobs == Self.both + ["income-load-1"])
    Self.ends(&world, Self.loaded)
    #expect(world.stage("v1") == .production && world.startedJobs.count == 3)
  }

  @Test func `trouble that lasts a day ends it, and the files are known`() throws {
    var world = try Self.trained()
    for _ in 0..<200 where world.versions.isEmpty {
      if world.jobs["income-load-1"]?.failure == nil { world.fail("income-load-1", "BackoffLimitExceeded") }
      world.settle()
      world.pass(TimeSpan(seconds: 1800))
      world.settle()
    }
    let version = try #require(world.version("v1"))
    #expect(version.spec.failure?.message.hasPrefix("v1 could not be loaded within a day, and was given up: ") == true)
    #expect(version.spec.failure?.retryable == true && version.spec.artifact == artifact("v1"))
    #expect(version.status.files == .retired && world.startedJobs.count < 60)
  }

  @Test func `a Job that cannot start makes room when it would be another, and not before`() throws {
    var world = try Self.trained()
    world.jobs["income-load-1"]?.trouble = PodTrouble(pod: "p", reason: "ImagePullBackOff", message: "no such image")
    world.settle()
    #expect(world.startedJobs == Self.both && world.model?.status.training?.blocker != nil)
    var spec = Self.custom
    spec.set("slow", at: ["training", "template", "spec", "nodeSelector", "disk"])
    world.model = aModel("income", spec).keeping(world.model)
    world.settle()
    #expect(world.startedJobs == Self.both + ["income-load-1"])
    let pod = world.objects["jobs/income-load-1"]?.manifest[path: "spec", "template", "spec"]
    #expect(pod?[path: "nodeSelector", "disk"] == "slow")
    // One that has failed does not wait for its pause then either.
    world.fail("income-load-1", "BackoffLimitExceeded")
    spec.set("new", at: ["training", "template", "spec", "nodeSelector", "disk"])
    world.model = aModel("income", spec).keeping(world.model)
    world.settle()
    #expect(world.startedJobs == Self.both + ["income-load-1", "income-load-1"] && world.versions.isEmpty)
  }

  @Test func `once its version is registered the Job goes`() throws {
    var world = try Self.trained()
    Self.ends(&world, Self.loaded)
    #expect(world.stage("v1") == .production && world.jobs["income-load-1"] == nil)
    #expect(world.jobs["income-train-1"] != nil)
  }

  @Test func `a load of something else does not count, one by an older worker does`() throws {
    var world = try Self.trained()
    Self.ends(&world, RunResult(run: "run", loaded: LoadResult(artifact: artifact("v2"), rows: 3)))
    #expect(world.version("v1")?.spec.failure?.reason == "ResultInvalid")
    world = try Self.trained()
    Self.ends(&world, exitCode: 64, nil)
    #expect(world.stage("v1") == .production)
  }

  @Test func `a training of the release before, and of the operator's own worker, is registered as it ends`() throws {
    var world = World(aModel("income", Self.custom))
    world.settle()
    world.jobs["income-train-1"]?.annotations[RunAnnotation.loads] = nil
    world.trains(result("v1"))
    #expect(world.stage("v1") == .production && world.startedJobs == ["income-train-1"])
    world = World.serving()
    #expect(world.startedJobs == ["income-train-1"])
  }

  @Test func `an operator that dies at any write ends where it would have ended`() throws {
    func life(dyingAt death: Int?) throws -> World {
      var world = World(aModel("income", Self.custom))
      world.settle()
      let job = try #require(world.running)
      world.end(job.name, exitCode: 0, message: termination(result("v1")))
      if let death { world.reconcileModel(writing: death) }
      world.settle()
      world.end("income-load-1", exitCode: 0, message: JSONValue.document(Self.loaded).text)
      if let death { world.reconcileModel(writing: death) }
      world.settle()
      return world
    }
    let undisturbed = try life(dyingAt: nil)
    #expect(undisturbed.stage("v1") == .production)
    for death in 0..<8 {
      let world = try life(dyingAt: death)
      #expect(world.stage("v1") == .production && world.startedJobs == undisturbed.startedJobs, "\(death)")
    }
  }
}
