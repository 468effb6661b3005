import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// What the gates say of measures that are not defined, of versions that cannot be compared, and when they change.
@Suite struct JudgementTests {
  static func changed(_ change: (inout SchemaChange) -> Void, compared: Bool = true) -> TrainingResult {
    var made = result("v2", against: compared ? "v1" : nil)
    var schema = SchemaChange(champion: artifact("v1"))
    change(&schema)
    made.schemaChange = schema
    return made
  }

  static let other = changed({ $0.incomparable = ["the target is species, it was income"] }, compared: false)
  static let narrower = changed { $0.refused = ["feature age is new and not nullable"] }

  static let sentences: [Sentence] = [
    Sentence("a measure that is not defined refuses, and says what to do", from: { World(aModel()) }) {
      $0.settle()
      var made = result("v1")
      made.metrics.f1 = nil
      made.metrics.rocAUC = nil
      made.positive = ">50K"
      $0.trains(made)
    } holds: {
      let reason = $0.version("v1")?.status.history.last?.reason ?? ""
      return $0.stage("v1") == .rejected && reason.contains("f1 of '>50K' is not defined on the 200 test rows")
        && reason.contains("rocAUC is not defined") && reason.contains("spec.promotion.minimum.rocAUC")
        && $0.version("v1")?.spec.rocAUC == nil
    },
    Sentence(
      "where no minimum is asked for, a measure may be undefined",
      from: { World(aModel("income", ["promotion": ["minimum": ["f1": 0]]])) }
    ) {
      $0.settle()
      var made = result("v1")
      made.metrics.f1 = nil
      $0.trains(made)
    } holds: {
      $0.stage("v1") == .production
    },
    Sentence("the gate names the class that f1 is about", from: { World(aModel()) }) {
      $0.settle()
      var made = result("v1", metrics: metrics(f1: 0.6))
      made.positive = ">50K"
      $0.trains(made)
    } holds: {
      $0.version("v1")?.status.reason == "f1 of '>50K' 0.600 is below the minimum of 0.700"
    },
    Sentence("a version of another target waits for a person, whatever its measures", from: { .serving() }) {
      $0.retrains(other)
    } holds: {
      $0.stage("v2") == .awaitingApproval && $0.traffic == "v1 100%" && $0.announced("SchemaChanged")
        && $0.version("v2")?.status.gates.contains { $0.gate == GateName("againstProduction") && $0.held == true }
          == true
        && $0.version("v2")?.status.reason
          == "not comparable with v1, which is in production: the target is species, it was income"
        && $0.modelCondition(.promoted)?.message.contains("not comparable") == true
        && $0.version("v2")?.status.conditions["Accepted"]?.status == .unknown
    },
    Sentence("a version of another target that is below a minimum is rejected", from: { .serving() }) {
      var poor = other
      poor.metrics.accuracy = 0.5
      $0.retrains(poor)
    } holds: {
      $0.stage("v2") == .rejected
    },
    Sentence("a person lets a version of another target take over", from: { .serving() }) {
      $0.retrains(other)
      $0.model?.metadata.annotations[ApusAnnotations.approve] = "v2"
      $0.settle()
    } holds: {
      $0.traffic == "v2 100%" && $0.version("v2")?.status.history.last?.by == "annotation apus.dev/approve"
    },
    Sentence("a version that refuses what clients send waits, though it is better", from: { .serving() }) {
      $0.retrains(narrower)
      $0.pass(TimeSpan(seconds: 3600))
      $0.settle()
    } holds: {
      $0.stage("v2") == .awaitingApproval && $0.traffic == "v1 100%" && $0.announced("SchemaChanged")
        && $0.version("v2")?.status.reason?.contains("refuses requests (422) that v1 answers") == true
        && $0.announcements.count { $0.reason == "SchemaChanged" } == 1
    },
    Sentence(
      "a version that waits for its clients is superseded by a better one that serves them", from: { .serving() }
    ) {
      $0.retrains(narrower)
      $0.retrains(result("v3", against: "v1"))
    } holds: {
      $0.traffic == "v3 100%" && $0.stage("v2") == .archived
    },
    Sentence("an undefined comparison names its reason", from: { .serving() }) {
      var made = result("v2")
      made.notCompared = "precision is not defined on the rows compared"
      $0.retrains(made)
    } holds: {
      $0.stage("v2") == .rejected
        && $0.version("v2")?.status.reason?.contains("precision is not defined on the rows compared") == true
    },
    Sentence("what limits a comparison stands in its sentence", from: { .serving() }) {
      var made = result("v2", against: "v1")
      made.comparison?.caveat = "compared on 40 of 200 test rows, the others may have trained v1"
      $0.retrains(made)
    } holds: {
      $0.traffic == "v2 100%"
        && $0.version("v2")?.status.history.last?.reason.contains("compared on 40 of 200 test rows") == true
    },
    Sentence("a lower minimum lets a rejected version pass without a training", from: { World(aModel()) }) {
      $0.settle()
      $0.trains(result("v1", metrics: metrics(accuracy: 0.7)))
      $0.model?.spec.promotion.minimum.accuracy = 0.65
      $0.settle()
    } holds: {
      $0.stage("v1") == .production && $0.startedJobs == ["income-train-1"]
        && $0.version("v1")?.status.history.map(\.to) == [.rejected, .production]
        && $0.version("v1")?.status.history.last?.reason.contains("judged anew") == true
    },
    Sentence("a smaller improvement lets a rejected version pass, the newest one that does", from: { .serving() }) {
      $0.retrains(result("v2", against: "v1", difference: 0.0006, lower: 0.0002))
      $0.retrains(result("v3", against: "v1", difference: 0.0005, lower: 0.0002))
      $0.retrains(result("v4", against: "v1", difference: -0.1, lower: -0.2))
      $0.model?.spec.promotion.against.minimumImprovement = 0.0004
      $0.settle()
    } holds: {
      $0.traffic == "v3 100%" && $0.stage("v2") == .rejected && $0.stage("v4") == .rejected
        && $0.version("v4")?.status.history.count == 2
    },
    Sentence("a higher minimum rejects a version that waits", from: ModelPromotionTests.manual) {
      $0.model?.spec.promotion.minimum.accuracy = 0.99
      $0.settle()
    } holds: {
      $0.stage("v1") == .rejected && $0.announced("GatesFailed")
    },
    Sentence("a version that a release without digests rejected is judged anew by changed limits", from: { .serving() })
    {
      $0.retrains(result("v2", against: "v1", difference: 0.0005, lower: 0.0002))
      $0.versions["income-v2"]?.status.judgedBy = nil
      $0.settle()
      if $0.stage("v2") != .rejected { $0.versions = [:] }
      $0.model?.spec.promotion.against.minimumImprovement = 0.0004
      $0.settle()
    } holds: {
      $0.traffic == "v2 100%"
    },
    Sentence("a guard that came after the training has not measured anything", from: { .serving() }) {
      $0.retrains(result("v2", against: "v1", difference: 0.0005, lower: 0.0002))
      $0.model?.spec.promotion.against.minimumImprovement = 0.0004
      $0.model?.spec.promotion.segments = [.init(feature: "sex", metric: .recall, maximumLoss: 0.02)]
      $0.settle()
    } holds: {
      $0.stage("v2") == .rejected
        && $0.version("v2")?.status.reason?.contains("sex was not guarded when v2 was trained") == true
    },
    Sentence(
      "a comparison by another measure than the spec asks for now says nothing", from: ModelPromotionTests.manual
    ) {
      $0.model?.metadata.annotations[ApusAnnotations.approve] = "v1"
      $0.settle()
      $0.retrains(result("v2", against: "v1"))
      $0.model?.spec.promotion.against.metric = .f1
      $0.settle()
    } holds: {
      $0.stage("v2") == .rejected
        && $0.version("v2")?.status.reason?.contains("spec.promotion.against.metric is f1; train again") == true
    },
    Sentence("what a second change of the rules leaves as it was is not said again", from: { .serving() }) {
      $0.retrains(result("v2", against: "v1", difference: -0.1, lower: -0.2))
      for accuracy in [0.7, 0.6] {
        $0.model?.spec.promotion.minimum.accuracy = accuracy
        $0.settle()
      }
    } holds: {
      $0.stage("v2") == .rejected && $0.version("v2")?.status.history.count == 2
        && $0.announcements.count { $0.reason == "GatesFailed" } == 2
    },
    Sentence("a refusal for another cause is said, whatever value and limit are", from: { .serving() }) {
      var own = result("v2", against: "v1", difference: -0.1, lower: -0.2)
      let confidence = $0.model?.spec.promotion.against.confidence ?? 0.9
      own.comparison?.confidence = confidence
      $0.retrains(own)
      $0.model?.spec.promotion.against.metric = .f1
      $0.settle()
      $0.model?.spec.promotion.against.metric = .rocAUC
      $0.model?.spec.promotion.against.confidence = (confidence + 1) / 2
      $0.settle()
    } holds: {
      $0.version("v2")?.status.history.count == 3 && $0.announcements.count { $0.reason == "GatesFailed" } == 3
        && $0.version("v2")?.status.gates.last { !$0.passed }?.cause == .otherConfidence
    },
    Sentence("a change that is no gate's judges nothing", from: { .serving() }) {
      $0.retrains(result("v2", against: "v1", difference: -0.1, lower: -0.2))
      $0.model?.spec.promotion.keep = 9
      $0.settle()
    } holds: {
      $0.version("v2")?.status.history.count == 1
    },
  ]

  @Test(arguments: sentences) func judgement(_ sentence: Sentence) { sentence.check() }

  // MARK: - The same data

  /// Served, with a schedule that is due, and the digest of the data known.
  private static func due(_ digest: String = "sha256:11") -> World {
    var world = World(aModel("income", ["training": ["schedule": ["cron": "@hourly"]]]))
    world.settle()
    var first = result("v1")
    first.dataDigest = digest
    world.trains(first)
    world.pass(TimeSpan(seconds: 3600))
    world.settle()
    return world
  }

  private static func finds(_ world: inout World, _ unchanged: UnchangedData) {
    guard let job = world.running else { return }
    world.pass(TimeSpan(seconds: 60))
    world.end(job.name, exitCode: 0, message: JSONValue.document(RunResult(run: "run", unchanged: unchanged)).text)
    world.settle()
  }

  private static func asked(_ world: World, _ job: String) -> UnchangedData? {
    let name = world.configurations.first { $0.value == job }?.key ?? ""
    let text = world.objects["configmaps/\(name)"]?.manifest[path: "data", "run.json"]?.string ?? ""
    return JSONValue.value(RunSpecification.self, in: text)?.train?.unless
  }

  static let sameData: [Sentence] = [
    Sentence("a scheduled run is told which data needs no training", from: { due() }) {
      asked($0, "income-train-2") == UnchangedData(version: "v1", dataDigest: "sha256:11")
        && $0.model?.status.training?.trigger == .schedule
    },
    Sentence("a run by request trains whatever the data is", from: { due() }) {
      finds(&$0, .init(version: "v1", dataDigest: "sha256:11"))
      $0.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "now"
      $0.settle()
    } holds: {
      $0.startedJobs.last == "income-train-3" && asked($0, "income-train-3") == nil
    },
    Sentence("a run that is due and requested trains", from: { .serving() }) {
      $0.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "now"
      $0.pass(TimeSpan(seconds: 8 * 86_400))
      $0.settle()
    } holds: {
      $0.startedJobs.last == "income-train-2" && asked($0, "income-train-2") == nil
    },
    Sentence("on unchanged data a schedule makes no version and says so, once", from: { due() }) {
      finds(&$0, .init(version: "v1", dataDigest: "sha256:11"))
    } holds: {
      $0.versions.count == 1 && $0.startedJobs.count == 2 && $0.traffic == "v1 100%"
        && $0.model?.status.training?.state == .unchanged
        && $0.model?.status.training?.message == "data unchanged since version v1; no training"
        && $0.announcements.count { $0.reason == "DataUnchanged" } == 1
        && $0.modelCondition(.trained)?.status == .yes
        && $0.modelCondition(.trained)?.message.contains("income-train-2") == true
        && $0.modelCondition(.ready)?.status == .yes && $0.model?.status.nextTraining != nil
    },
    Sentence("the next instant trains again where the data has changed meanwhile", from: { due() }) {
      finds(&$0, .init(version: "v1", dataDigest: "sha256:11"))
      $0.pass(TimeSpan(seconds: 3600))
      $0.settle()
      var next = result("v3", against: "v1")
      next.dataDigest = "sha256:22"
      $0.trains(next)
    } holds: {
      $0.traffic == "v3 100%" && $0.startedJobs == ["income-train-1", "income-train-2", "income-train-3"]
        && $0.model?.status.training?.state == .succeeded
    },
    Sentence("an operator that died before it wrote the status handles the run once", from: { due() }) {
      let before = $0.model?.status
      if let job = $0.running {
        $0.end(
          job.name, exitCode: 0,
          message: JSONValue.document(
            RunResult(run: "run", unchanged: .init(version: "v1", dataDigest: "sha256:11"))
          ).text)
      }
      // The status of before the run's start: only the Job was written.
      $0.model?.status = before ?? .init()
      $0.model?.status.training = .init(
        job: "income-train-1", version: "v1", state: .succeeded, trigger: .firstSight)
      $0.model?.status.handled.scheduledUntil = noon
      $0.settle()
    } holds: {
      $0.startedJobs.count == 2 && $0.model?.status.training?.state == .unchanged
        && $0.model?.status.handled.scheduledUntil != noon
    },
    Sentence("without a digest of the latest version a schedule trains", from: { due("") }) {
      asked($0, "income-train-2") == nil && $0.startedJobs.last == "income-train-2"
    },
  ]

  @Test(arguments: sameData) func data(_ sentence: Sentence) { sentence.check() }
}
