import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// One row of a table of sentences: a world is made, something happens, and this must hold.
struct Sentence: CustomTestStringConvertible, Sendable {
  let text: String
  let begin: @Sendable () -> World
  let happen: @Sendable (inout World) -> Void
  let holds: @Sendable (World) -> Bool

  init(
    _ text: String, from begin: @escaping @Sendable () -> World,
    _ happen: @escaping @Sendable (inout World) -> Void = { $0.settle() },
    holds: @escaping @Sendable (World) -> Bool
  ) {
    self.text = text
    self.begin = begin
    self.happen = happen
    self.holds = holds
  }

  var testDescription: String { text }

  func check() {
    var world = begin()
    happen(&world)
    #expect(
      holds(world), "\(text)\nstatus: \(String(describing: world.model?.status))\n\(world.announcements.map(\.message))"
    )
    #expect(world.contradictions == [], "\(text): Ready and Stalled exclude each other")
  }
}

@Suite struct ModelTrainingTests {
  static let sentences: [Sentence] = [
    Sentence("a model seen for the first time trains once", from: { World(aModel()) }) {
      $0.startedJobs == ["income-train-1"] && $0.model?.status.training?.trigger == .firstSight
        && $0.modelCondition(.reconciling)?.reason == "TrainingRunning" && $0.modelCondition(.ready)?.status == .no
    },
    Sentence("the data claim is made when it is missing", from: { World(aModel()) }) {
      $0.objects["persistentvolumeclaims/apus-data"] != nil
    },
    Sentence("a changed schema trains again", from: { .serving() }) {
      $0.model = aModel("income", ["schema": ["timestamp": "at"]]).keeping($0.model)
      $0.settle()
    } holds: {
      $0.startedJobs == ["income-train-1", "income-train-2"] && $0.model?.status.training?.trigger == .specChange
    },
    Sentence("a spec that changes while a run trains is trained after it, once", from: { World(aModel()) }) {
      $0.settle()
      $0.model = aModel("income", ["schema": ["timestamp": "at"]]).keeping($0.model)
      $0.settle()
      if $0.startedJobs.count != 1 { $0.startedJobs = [] }
      $0.trains(result("v1"))
      $0.trains(result("v2", against: "v1"))
    } holds: {
      $0.startedJobs == ["income-train-1", "income-train-2"] && $0.traffic == "v2 100%"
    },
    Sentence("a changed gate does not train again", from: { .serving() }) {
      $0.model = aModel("income", ["promotion": ["minimum": ["accuracy": 0.5]]]).keeping($0.model)
      $0.settle()
    } holds: {
      $0.startedJobs.count == 1
    },
    Sentence("a request trains once, however often it is seen", from: { .serving() }) {
      $0.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "today"
      $0.settle()
      $0.trains(result("v2", against: "v1"))
      $0.settle()
    } holds: {
      $0.startedJobs.count == 2 && $0.running == nil
    },
    Sentence("a request while a training runs waits and is not lost", from: { World(aModel()) }) {
      $0.settle()
      $0.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "now"
      $0.settle()
      let before = $0.startedJobs.count
      $0.trains(result("v1"))
      if before != 1 { $0.startedJobs = [] }
    } holds: {
      $0.startedJobs == ["income-train-1", "income-train-2"]
    },
    Sentence(
      "a request that is there from the start is met by the first training",
      from: {
        World(aModel(annotations: [ApusAnnotations.retrainRequestedAt: "early"]))
      }
    ) {
      $0.settle()
      $0.trains(result("v1"))
    } holds: {
      $0.startedJobs.count == 1
    },
    Sentence("the schedule trains when its time has come", from: { .serving() }) {
      $0.pass(TimeSpan(seconds: 7 * 86400))
      $0.settle()
    } holds: {
      $0.startedJobs.count == 2 && $0.model?.status.training?.trigger == .schedule
    },
    Sentence("however many instants were missed, one training makes up for them", from: { .serving() }) {
      $0.pass(TimeSpan(seconds: 60 * 86400))
      $0.settle()
      $0.trains(result("v2", against: "v1"))
      $0.settle()
    } holds: {
      $0.startedJobs.count == 2
    },
    Sentence(
      "a malformed cron expression stalls and starts nothing",
      from: {
        World(aModel("income", ["training": ["schedule": ["cron": "61 * * * *"]]]))
      }
    ) {
      $0.startedJobs.isEmpty && $0.modelCondition(.stalled)?.reason == "InvalidSpec"
        && $0.modelCondition(.stalled)?.message.contains("spec.training.schedule") == true && $0.objects.isEmpty
    },
    Sentence(
      "a host path that is not allowed stalls and names the field",
      from: {
        World(aModel("income", ["training": ["template": ["volumes": [["name": "x", "hostPath": ["path": "/etc"]]]]]]))
      }
    ) {
      $0.startedJobs.isEmpty && $0.modelCondition(.stalled)?.reason == "HostPathRefused"
        && $0.modelCondition(.stalled)?.message.contains("volumes[0].hostPath.path") == true
    },
    Sentence(
      "a service account of one's choice is refused",
      from: {
        World(aModel("income", ["serving": ["template": ["spec": ["serviceAccountName": "admin"]]]]))
      }
    ) { $0.modelCondition(.stalled)?.reason == "TemplateRefused" },
    Sentence(
      "a model whose spec is broken while it serves is no longer ready, and says what it still serves",
      from: { .serving() }
    ) {
      $0.model = aModel("income", ["training": ["schedule": ["cron": "61 * * * *"]]]).keeping($0.model)
      $0.settle()
    } holds: {
      $0.modelCondition(.stalled)?.status == .yes && $0.modelCondition(.ready)?.status == .no
        && $0.modelCondition(.ready)?.reason == "InvalidSpec" && $0.traffic == "v1 100%"
        && $0.modelCondition(.ready)?.message.hasSuffix("; meanwhile v1 100% is served") == true
    },
    Sentence("and is ready again as soon as it is mended", from: { .serving() }) {
      let good = $0.model
      $0.model = aModel("income", ["training": ["schedule": ["cron": "61 * * * *"]]]).keeping($0.model)
      $0.settle()
      $0.model?.spec = good?.spec ?? aModel().spec
      $0.settle()
    } holds: {
      $0.modelCondition(.stalled) == nil && $0.modelCondition(.ready)?.status == .yes
    },
    Sentence("a version that there is none of to serve makes a serving model not ready", from: { .serving() }) {
      $0.model?.spec.serving.version = "v9"
      $0.settle()
    } holds: {
      $0.modelCondition(.stalled)?.reason == "VersionNotFound" && $0.modelCondition(.ready)?.status == .no
        && $0.modelCondition(.ready)?.reason == "VersionNotFound" && $0.traffic == "v1 100%"
    },
    Sentence("a mended spec goes on", from: { World(aModel("income", ["training": ["schedule": ["cron": "x"]]])) }) {
      $0.settle()
      $0.model = aModel().keeping($0.model)
      $0.settle()
    } holds: {
      $0.modelCondition(.stalled) == nil && $0.startedJobs.count == 1
    },
    Sentence(
      "a failed training becomes a failed version with its reason, and is not repeated", from: { World(aModel()) }
    ) {
      $0.settle()
      let failure = RunFailure(
        reason: "TargetColumnMissing", message: "schema.target.name: no column 'income'", retryable: false,
        step: "validate")
      $0.end("income-train-1", exitCode: 65, message: termination(failure), jobFailed: false)
      $0.settle()
      $0.pass(TimeSpan(seconds: 3600))
      $0.settle()
    } holds: {
      $0.stage("v1") == .failed && $0.startedJobs.count == 1 && $0.jobs["income-train-1"]?.isStopped == true
        && $0.modelCondition(.trained)?.reason == "TargetColumnMissing"
        && $0.modelCondition(.stalled)?.reason == "TargetColumnMissing" && $0.announced("TargetColumnMissing")
    },
    Sentence("a failure that may pass is left to the Job's retries", from: { World(aModel()) }) {
      $0.settle()
      let failure = RunFailure(reason: "SourceUnreadable", message: "timeout", retryable: true, step: "ingest")
      $0.end("income-train-1", exitCode: 1, message: termination(failure), jobFailed: false)
      $0.settle()
    } holds: {
      $0.version("v1") == nil && $0.model?.status.training?.state == .running
    },
    Sentence("a worker without a readable result has crashed, and its exit code is told", from: { World(aModel()) }) {
      $0.settle()
      $0.end("income-train-1", exitCode: 139, message: "Segmentation fault")
      $0.settle()
    } holds: {
      $0.modelCondition(.trained)?.reason == "WorkerCrashed"
        && $0.modelCondition(.trained)?.message.contains("139") == true
    },
    Sentence("a failed training leaves production untouched", from: { .serving() }) {
      $0.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "again"
      $0.settle()
      $0.end("income-train-2", exitCode: 1, message: nil)
      $0.settle()
    } holds: {
      $0.stage("v2") == .failed && $0.traffic == "v1 100%" && $0.modelCondition(.ready)?.status == .yes
        && $0.modelCondition(.trained)?.status == .no
    },
    Sentence(
      "trainings that fail again and again are counted and said, while the model stays ready", from: { .serving() }
    ) {
      for number in 2...4 {
        $0.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "again \(number)"
        $0.settle()
        let failure = RunFailure(reason: "OutOfBounds", message: "column x", retryable: false, step: "validate")
        $0.end("income-train-\(number)", exitCode: 65, message: termination(failure))
        $0.settle()
      }
    } holds: {
      $0.model?.status.failedTrainings == 3 && $0.modelCondition(.ready)?.status == .yes
        && $0.modelCondition(.ready)?.message.hasSuffix(
          "; the last 3 trainings failed, most recently v4 (OutOfBounds): the condition Trained says what to do")
          == true
    },
    Sentence("a training that succeeds ends the count", from: { .serving() }) {
      $0.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "again"
      $0.settle()
      $0.end("income-train-2", exitCode: 1, message: nil)
      $0.settle()
      if $0.model?.status.failedTrainings != 1 { $0.startedJobs = [] }
      $0.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "once more"
      $0.settle()
      $0.trains(result("v3", against: "v1"))
    } holds: {
      $0.startedJobs.count == 3 && $0.model?.status.failedTrainings == nil
        && $0.modelCondition(.ready)?.message.contains("failed") == false
    },
    Sentence(
      "the limits of odd values reach the run; where they are the usual ones nothing is written",
      from: { World(aModel()) }
    ) {
      $0.settle()
      let usual = $0.objects.values.contains { "\($0.manifest)".contains("outOfRange") }
      $0.trains(result("v1"))
      if usual { $0.startedJobs = [] }
      $0.model = aModel("income", ["training": ["limits": ["outOfRange": 0.5]]]).keeping($0.model)
      $0.settle()
    } holds: {
      $0.startedJobs.count == 2
        && $0.objects.values.contains { "\($0.manifest)".contains("outOfRange") }
    },
    Sentence("a Job that is deleted before its end is a failed run", from: { World(aModel()) }) {
      $0.settle()
      $0.jobs = [:]
      $0.pass(TimeSpan(seconds: 61))
      $0.settle()
    } holds: {
      $0.stage("v1") == .failed && $0.modelCondition(.trained)?.reason == "ResultMissing"
    },
    Sentence("a number is never used again, though its version and Job are gone", from: { .serving() }) {
      $0.retrains(result("v2", against: "v1", difference: -0.1, lower: -0.2))
      $0.versions["income-v2"] = nil
      $0.jobs["income-train-2"] = nil
      $0.retrains(result("v3", against: "v1"))
    } holds: {
      $0.startedJobs.last == "income-train-3"
    },
    Sentence("the history of Jobs stays bounded, and their configurations with it", from: { .serving() }) {
      for number in 2...12 { $0.retrains(result("v\(number)", against: $0.model?.status.version)) }
    } holds: {
      $0.jobs.count <= 6 && $0.configurations.count <= 6 && $0.versions.count == 12
    },
    Sentence(
      "a model that is new to an operator with versions in the registry does not train again", from: { .serving() }
    ) {
      $0.model?.status = ModelDeploymentStatus()
      $0.settle()
    } holds: {
      $0.startedJobs.count == 1 && $0.traffic == "v1 100%"
    },
    Sentence("a policy's request trains once for each new id", from: { .serving(policy: aPolicy()) }) {
      $0.policy?.status.retraining.request = .init(id: "check-1", at: $0.now, reason: "CriticalDrift")
      $0.settle()
      $0.trains(result("v2", against: "v1"))
      $0.settle()
    } holds: {
      $0.startedJobs.count == 2 && $0.version("v2")?.spec.trigger == .monitoring
    },
  ]

  @Test(arguments: sentences) func training(_ sentence: Sentence) { sentence.check() }
}

extension ModelDeployment {
  /// This spec with the identity and the status of `other`, as after an edit.
  func keeping(_ other: ModelDeployment?) -> ModelDeployment {
    guard let other else { return self }
    var copy = other
    copy.spec = spec
    copy.metadata.generation = (other.metadata.generation ?? 0) + 1
    return copy
  }
}
