import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// What becomes of results that no trainer should write.
@Suite struct ForeignResultTests {
  private static func termination(_ change: (inout JSONValue) -> Void, run: String = "run") -> String {
    var document = JSONValue.document(RunResult(run: run, trained: result("v1")))
    change(&document)
    return document.text
  }

  @Test(arguments: [
    (["artifact", "digest"], JSONValue.string("sha256:../../x"), "trained.artifact.digest"),
    (["artifact", "version"], "v2", "trained.artifact.version is v2, and this run makes v1"),
    (["metrics", "accuracy"], 5, "trained.metrics.accuracy is 5.0"),
    (["rows", "test"], -3, "trained.rows.test is -3"),
    (["positive"], 7, "trained.positive"),
  ])
  func `a result that is not used is a failed version, and the model goes on`(
    _ path: [String], _ value: JSONValue, _ words: String
  ) throws {
    var world = World(aModel())
    world.settle()
    let job = try #require(world.running)
    world.end(job.name, exitCode: 0, message: Self.termination { $0.set(value, at: ["trained"] + path) })
    world.settle()
    let version = try #require(world.version("v1"))
    let failure = try #require(version.spec.failure)
    #expect(["ResultInvalid", "ResultUnreadable"].contains(failure.reason) && !failure.retryable)
    #expect(failure.message.contains(words), "\(failure.message)")
    #expect(version.spec.artifact == nil && version.status.stage == .failed && world.traffic == nil)
    #expect(world.announced(failure.reason))
    // Tried once and not for ever; another training is asked for as after any failure.
    #expect(world.startedJobs == ["income-train-1"])
    world.retrains(result("v2"))
    #expect(world.stage("v2") == .production)
  }

  @Test func `what a failed run says is shown without what a terminal would obey`() throws {
    var world = World(aModel())
    world.settle()
    let job = try #require(world.running)
    let failure = RunFailure(
      reason: "Bad\u{1B}[2J", message: "\u{1B}[31mgone\u{202E}\u{0}", retryable: false, step: "in\u{200B}gest")
    world.end(job.name, exitCode: 65, message: DecisionsTests.termination(failure))
    world.settle()
    let shown = try #require(world.version("v1")?.spec.failure)
    #expect(shown.reason == "ResultInvalid" && shown.message.hasSuffix("the run said: gone"), "\(shown.message)")
    let words = world.announcements.map(\.message) + [shown.message]
    #expect(words.allSatisfy { $0.unicodeScalars.allSatisfy { $0.value >= 32 && $0 != "\u{202E}" } })
  }

  /// A Job with the namespace and the name that the run bears.
  private func seen(_ run: String) throws -> WorkerJob {
    let time = JSONValue.string(noon.description)
    let job: Job = try JSONValue.object([
      "metadata": [
        "name": "income-train-1", "namespace": "shop", "uid": "u",
        "labels": ["apus.dev/component": "train", "apus.dev/version": "v1"],
      ],
      "status": [
        "succeeded": 1, "completionTime": time,
        "conditions": [["type": "Complete", "status": "True", "lastTransitionTime": time]],
      ],
    ]).decode()
    let pod: Pod = try JSONValue.object([
      "metadata": ["name": "p", "uid": "p"],
      "status": [
        "containerStatuses": [
          [
            "name": "worker",
            "state": ["terminated": ["exitCode": 0, "message": .string(Self.termination({ _ in }, run: run))]],
          ]
        ]
      ],
    ]).decode()
    return try #require(WorkerJob(job, pods: [pod], at: noon))
  }

  @Test func `the result is that of the run that was asked for`() throws {
    guard case .ended = try seen("shop.income-train-1").outcome else {
      Issue.record("the run's own result is used")
      return
    }
    guard case .failed(let failure) = try seen("shop.income-train-2").outcome else {
      Issue.record("another run's result is used")
      return
    }
    #expect(failure.reason == "ResultInvalid")
    #expect(failure.message.hasSuffix("run is 'shop.income-train-2', and this run is 'shop.income-train-1'"))
  }

  @Test func `a guarded feature with an odd name is guarded by its result`() {
    let segment = TrainingResult.SegmentResult(
      feature: "zone name", level: "a", metric: .recall, challenger: 0.1, champion: 0.9, rows: 50)
    var trained = result("v2", against: "v1")
    trained.segments = [segment]
    let guarded: JSONValue = [
      "schema": [
        "features": [["name": "age", "type": "numeric"], ["name": "zone\tname", "type": "categorical"]]
      ],
      "promotion": ["segments": [["feature": "zone\tname", "metric": "recall", "maximumLoss": 0.02]]],
    ]
    var world = World.serving(aModel("income", guarded))
    world.retrains(trained)
    #expect(world.stage("v2") == .rejected)
  }
}
