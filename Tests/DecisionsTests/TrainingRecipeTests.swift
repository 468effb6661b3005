import ApusAPI
import Decisions
import Foundation
import KubernetesModel
import Testing

/// What another release stored: an upgrade of the operator trains nothing by itself.
@Suite struct TrainingRecipeTests {
  /// The digest in the annotations of a training Job that release 0.1.0 made for `GoldenTests.world`.
  private static func digestOfFirstRelease() throws -> String {
    let file = GoldenTests.folder.appending(path: "../Releases/0.1.0/jobs-income-train-1.json")
    let job = try JSONValue(parsing: String(contentsOf: file, encoding: .utf8))
    return try #require(job[path: "metadata", "annotations", ApusAnnotations.trainingInput]?.string)
  }

  private static func world(storing digest: String) -> World {
    var world = GoldenTests.world
    world.model?.status.handled.trainingInput = digest
    return world
  }

  @Test func `a digest names its recipe`() {
    #expect(aModel().spec.trainingInput.hasPrefix("r1:"))
  }

  @Test func `a digest of release 0.1.0 is replaced silently`() throws {
    var world = try Self.world(storing: Self.digestOfFirstRelease())
    let jobs = world.startedJobs
    world.settle()
    #expect(world.startedJobs == jobs)
    #expect(world.model?.status.handled.trainingInput == world.model?.spec.trainingInput)
  }

  @Test func `a digest of a later release is replaced silently`() {
    var world = Self.world(storing: "r999:0011223344556677")
    let jobs = world.startedJobs
    world.settle()
    #expect(world.startedJobs == jobs)
    #expect(world.model?.status.handled.trainingInput == world.model?.spec.trainingInput)
  }

  @Test(arguments: ["00112233", "r1:00112233"]) func `a digest of another spec trains`(digest: String) {
    var world = Self.world(storing: digest)
    let jobs = world.startedJobs
    world.settle()
    #expect(world.startedJobs == jobs + ["income-train-2"])
  }

  @Test func `what is stated as its default has the digest of what is absent`() {
    let stated: JSONValue = [
      "schema": [
        "features": [
          ["name": "age", "type": "numeric", "nullable": false],
          ["name": "sex", "type": "categorical", "onUnknown": "warn", "categories": []],
        ]
      ],
      "training": [
        "split": ["validation": 0.2, "seed": 42], "algorithm": ["gradientBoosting": ["rounds": 200, "subsample": 0.8]],
      ],
    ]
    #expect(aModel("income", stated).spec.trainingInput == aModel().spec.trainingInput)
  }

  @Test(
    arguments: [
      ["training": ["algorithm": ["randomForest": [:]]]], ["training": ["algorithm": ["logisticRegression": [:]]]],
      ["training": ["algorithm": ["gradientBoosting": ["rounds": 201]]]], ["training": ["split": ["seed": 0]]],
      ["training": ["source": ["csv": ["uri": "file:///data/other.csv"]]]], ["schema": ["timestamp": "at"]],
      ["training": ["template": ["nodeSelector": ["disk": "ssd"]]]],
    ] as [JSONValue]) func `another spec has another digest`(change: JSONValue)
  {
    #expect(aModel("income", change).spec.trainingInput != aModel().spec.trainingInput)
  }
}
