import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// Of versions out of use only the files of the latest are kept, and never is anything touched that something points to.
@Suite struct RetentionTests {
  /// v1 … v5 were in production one after the other; then a day passes.
  private static func aged(_ promotion: JSONValue = ["keep": 2], _ versions: Int = 5) -> World {
    var world = World.serving(aModel("income", ["promotion": promotion]))
    for number in 2...versions {
      world.retrains(result("v\(number)", against: "v\(number - 1)"))
    }
    world.pass(TimeSpan(seconds: 7200))
    world.settle()
    return world
  }

  private static func files(_ world: World) -> [String: ModelVersionStatus.Files] {
    Dictionary(world.versions.values.map { ($0.spec.version, $0.status.files) }, uniquingKeysWith: { $1 })
  }

  private static func retired(in world: World) -> [String] {
    files(world).filter { $0.value == .retired }.keys.sorted()
  }

  /// What the last run was told to remove.
  private static func told(_ world: World) -> [String] {
    let run = world.configurations.first { $0.value == world.startedJobs.last }
    let text = run.flatMap { world.objects["configmaps/\($0.key)"]?.manifest[path: "data", "run.json"]?.string }
    let specification: RunSpecification? = text.flatMap { JSONValue.value(in: $0) }
    return specification?.train?.retired?.map(\.version) ?? []
  }

  static let sentences: [Sentence] = [
    Sentence("of versions out of use the latest are kept, besides production and the one before it", from: { aged() }) {
      retired(in: $0) == ["v1"] && $0.announcements.filter { $0.reason == "FilesRetired" }.count == 1
        && $0.traffic == "v5 100%" && $0.version("v1")?.status.stage == .archived
    },
    Sentence("nothing is given up while there are not too many", from: { aged(["keep": 3]) }) {
      retired(in: $0) == []
    },
    Sentence(
      "what has just gone out of use waits for an hour",
      from: { .serving(aModel("income", ["promotion": ["keep": 1]])) }
    ) {
      for number in 2...4 { $0.retrains(result("v\(number)", against: "v\(number - 1)")) }
      $0.pass(TimeSpan(seconds: 1800))
      $0.settle()
      if !retired(in: $0).isEmpty || $0.versions.count != 4 { $0.versions = [:] }
      $0.pass(TimeSpan(seconds: 7200))
      $0.settle()
    } holds: {
      retired(in: $0) == ["v1"]
    },
    Sentence(
      "files that a version serves from are kept, though its own object was deleted",
      from: { .serving(aModel("income", ["promotion": ["keep": 1]])) }
    ) {
      for number in 2...5 {
        $0.retrains(result("v\(number)", against: "v1", difference: -0.1, lower: -0.2))
      }
      $0.versions["income-v1"] = nil
      // Of the same rows the same files were made.
      $0.versions["income-v2"]?.spec.artifact?.digest = artifact("v1").digest
      $0.pass(TimeSpan(seconds: 7200))
      $0.settle()
    } holds: {
      retired(in: $0) == ["v3", "v4"] && $0.traffic == "v1 100%"
    },
    Sentence("rejected versions count as well", from: { aged(["keep": 1], 2) }) {
      for number in 3...5 {
        $0.retrains(result("v\(number)", against: "v2", difference: -0.1, lower: -0.2))
      }
      $0.pass(TimeSpan(seconds: 7200))
      $0.settle()
    } holds: {
      retired(in: $0) == ["v3", "v4"] && $0.stage("v4") == .rejected
    },
    Sentence("a version that waits for approval keeps its files", from: { aged(["keep": 1, "approval": "Manual"], 2) })
    {
      $0.retrains(result("v3"))
      $0.pass(TimeSpan(seconds: 7200))
      $0.settle()
    } holds: {
      retired(in: $0) == []
    },
    Sentence("nothing is given up while a training runs", from: { aged(["keep": 3]) }) {
      $0.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "now"
      $0.settle()
      $0.model?.spec.promotion.keep = 1
      $0.settle()
    } holds: {
      retired(in: $0) == []
    },
    Sentence("a pinned version keeps its files", from: { aged(["keep": 3]) }) {
      $0.model?.spec.serving.version = "v1"
      $0.model?.spec.promotion.keep = 1
      $0.settle()
      $0.pass(TimeSpan(seconds: 7200))
      $0.settle()
    } holds: {
      files($0)["v1"] == .kept && files($0)["v5"] == .kept && retired(in: $0) == ["v2", "v3"]
    },
    Sentence("files that another version has, too, stay", from: { aged(["keep": 3]) }) {
      let shared = $0.version("v1")?.spec.artifact?.digest ?? ""
      $0.versions["income-v5"]?.spec.artifact?.digest = shared
      $0.model?.spec.promotion.keep = 1
      $0.settle()
    } holds: {
      retired(in: $0) == ["v2"]
    },
    Sentence("the next training is told, and what it has removed is written down", from: { aged() }) {
      $0.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "now"
      $0.settle()
      if told($0) != ["v1"] { $0.versions = [:] }
      var trained = result("v6", against: "v5", difference: -0.1, lower: -0.2)
      trained.removed = ["v1", "v5"]
      $0.trains(trained)
    } holds: {
      files($0)["v1"] == .removed && files($0)["v5"] == .kept && $0.version("v1") != nil
    },
    Sentence("what no run has removed is told to the next one again", from: { aged() }) {
      $0.retrains(result("v6", against: "v5", difference: -0.1, lower: -0.2))
      $0.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "again"
      $0.settle()
    } holds: {
      // By then v6 has taken a place.
      told($0) == ["v1", "v2"] && $0.startedJobs.last == "income-train-7"
    },
    Sentence("a version without its files cannot be chosen, and that is said", from: { aged() }) {
      $0.model?.spec.serving.version = "v1"
      $0.settle()
    } holds: {
      $0.traffic == "v5 100%" && $0.modelCondition(.stalled)?.reason == "VersionNotServable"
        && $0.modelCondition(.stalled)?.message.contains("the files of v1 are no longer kept") == true
        && $0.modelCondition(.stalled)?.message.contains("v2, v3, v4, v5") == true
    },
    Sentence("what was given up stays given up when more are to be kept", from: { aged() }) {
      $0.model?.spec.promotion.keep = 10
      $0.settle()
    } holds: {
      retired(in: $0) == ["v1"]
    },
  ]

  @Test(arguments: sentences) func retention(_ sentence: Sentence) { sentence.check() }

  @Test func `files that a version of another model has stay`() throws {
    var world = Self.aged(["keep": 3])
    world.model?.spec.promotion.keep = 2
    var observed = try #require(world.observeModel())
    observed.foreignDigests = [artifact("v1").digest]
    #expect(observed.decide().versionStatuses.isEmpty)
    observed.foreignDigests = []
    #expect(observed.decide().versionStatuses.map(\.name) == ["income-v1"])
  }

  @Test func `in one decision nothing is given up and told to be removed`() throws {
    var world = Self.aged(["keep": 3])
    world.model?.spec.promotion.keep = 1
    world.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "now"
    let decision = try #require(world.observeModel()).decide()
    #expect(decision.apply.contains { $0.resource == Resource.jobs })
    #expect(decision.versionStatuses.isEmpty)
  }
}
