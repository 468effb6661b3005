import Artifacts
import Foundation
import Learning
import Tabular
import Testing
import WorkerContract
import Workers

/// Which rows a version in production is judged on, and when it cannot be compared.
@Suite struct ChampionTests {
  @Test("Another target is not comparable: the run says so and makes its version all the same")
  func otherTarget() async throws {
    let shop = Workshop()
    let first = try #require(
      await shop.worker().run(.train, SmallWorld.run(try shop.write(SmallWorld.csv()))).trained)
    let flowers = "petal,species\n" + (0..<300).map { "\($0 % 7),\($0 % 7 < 3 ? "iris" : "rose")\n" }.joined()
    let schema = FeatureSchema(
      target: .init(name: "species"), features: [.init(name: "petal", type: .numeric)])
    let run = SmallWorld.run(
      try shop.write(flowers, to: "flowers.csv"), version: "v2", champion: first.artifact, schema: schema)
    let trained = try #require(await shop.worker().run(.train, run).trained)
    #expect(trained.comparison == nil && trained.notCompared == nil)
    let change = try #require(trained.schemaChange)
    #expect(change.champion == first.artifact)
    #expect(change.incomparable.first == "the target is species, it was y")
    #expect(change.incomparable.contains("the classes are iris, rose, they were no, yes"))
    #expect(change.incomparable.contains("the rows do not hold its feature x"))
    #expect(change.refused.contains("feature petal is new and not nullable"))
    #expect(trained.positive == "rose")
    #expect(trained.warnings.contains { $0.contains("'rose' counts as the positive class") })
  }

  @Test("A new feature moves no row, also where its column has come to the source with it")
  func newFeature() async throws {
    let shop = Workshop()
    let lines = SmallWorld.csv().split(separator: "\n")
    let wide = (["\(lines[0]),z"] + lines.dropFirst().enumerated().map { "\($1),\($0 % 9)" }).joined(separator: "\n")
    let uri = try shop.write(wide, to: "wide.csv")
    let narrow = try shop.write(SmallWorld.csv())
    var schema = SmallWorld.schema
    schema.features.append(.init(name: "z", type: .numeric, nullable: true))
    for source in [uri, narrow] {
      let first = try #require(await shop.worker().run(.train, SmallWorld.run(source)).trained)
      let run = SmallWorld.run(uri, version: "v2", champion: first.artifact, schema: schema)
      let second = try #require(await shop.worker().run(.train, run).trained)
      let comparison = try #require(second.comparison)
      #expect(second.rows == first.rows && comparison.rows == first.rows.test)
      #expect(comparison.championMetrics == first.metrics && comparison.caveat == nil)
      #expect(second.schemaChange == nil, "a feature that may be missing keeps every client")
    }
  }

  @Test("After a change of the seed the champion is judged on rows that it was not trained on, and that is said")
  func otherSeed() async throws {
    let shop = Workshop()
    let uri = try shop.write(SmallWorld.csv(rows: 3000))
    let first = try #require(await shop.worker().run(.train, SmallWorld.run(uri)).trained)
    var run = SmallWorld.run(uri, version: "v2", champion: first.artifact)
    run.train?.split.seed = 7
    let second = try #require(await shop.worker().run(.train, run).trained)
    let comparison = try #require(second.comparison)
    // A fifth of a fifth of all rows.
    #expect((80...160).contains(comparison.rows) && second.rows.test > 500)
    #expect(comparison.challengerMetrics != nil && comparison.challengerMetrics != second.metrics)
    #expect(
      comparison.caveat
        == "compared on \(comparison.rows) of \(second.rows.test) test rows, the others may have trained v1")
    run.train?.split = SplitPlan(validation: 0.2, test: 0.1)
    let fewer = try #require(await shop.worker().run(.train, run).trained)
    #expect(fewer.comparison?.rows == fewer.rows.test && fewer.comparison?.caveat == nil)
  }

  @Test("A champion that learned from all rows of the source cannot be judged on any of them")
  func testedElsewhere() async throws {
    let shop = Workshop()
    let uri = try shop.write(SmallWorld.csv())
    var apart = SmallWorld.run(uri)
    apart.train?.split.testSource = DataSource(
      csv: .init(uri: try shop.write(SmallWorld.csv(rows: 100), to: "test.csv")))
    let first = try #require(await shop.worker().run(.train, apart).trained)
    let second = try #require(
      await shop.worker().run(.train, SmallWorld.run(uri, version: "v2", champion: first.artifact)).trained)
    #expect(second.comparison == nil)
    #expect(second.notCompared?.contains("all test rows may have trained it") == true)
    apart.train?.version = "v3"
    apart.train?.champion = first.artifact
    apart.train?.schema.features.removeLast()
    let third = try #require(await shop.worker().run(.train, apart).trained)
    // It still sees the colours, in the test source too.
    #expect(third.comparison?.championMetrics == first.metrics && third.comparison?.caveat == nil)
  }

  @Test("Of a champion that did not record its split it is said that its training rows are not known")
  func earlierRelease() async throws {
    let shop = Workshop()
    let uri = try shop.write(SmallWorld.csv())
    let first = try #require(await shop.worker().run(.train, SmallWorld.run(uri)).trained)
    var files = try await shop.store.open(first.artifact.digest).files
    files[ArtifactBundle.FileName.evaluation] = nil
    let old = try ArtifactBundle(files: files)
    try await shop.store.put(old)
    let reference = ArtifactReference(version: "v1", digest: old.digest.description)
    let second = try #require(
      await shop.worker().run(.train, SmallWorld.run(uri, version: "v2", champion: reference)).trained)
    #expect(second.comparison?.rows == second.rows.test)
    #expect(second.comparison?.caveat?.hasPrefix("which rows trained v1 cannot be known") == true)
    #expect(second.warnings.contains { $0.contains("which rows trained v1 cannot be known") })
  }

  @Test("On the data of the named version nothing is trained; on other data it is")
  func unchanged() async throws {
    let shop = Workshop()
    let uri = try shop.write(SmallWorld.csv())
    let first = try #require(await shop.worker().run(.train, SmallWorld.run(uri)).trained)
    var again = SmallWorld.run(uri, version: "v2", champion: first.artifact)
    again.train?.unless = UnchangedData(version: "v1", dataDigest: first.dataDigest)
    let result = await shop.worker().run(.train, again)
    #expect(result.unchanged == UnchangedData(version: "v1", dataDigest: first.dataDigest))
    #expect(result.trained == nil && result.failed == nil)
    #expect(shop.log.contains { $0.contains("data unchanged") })
    again.train?.source.csv?.uri = try shop.write(SmallWorld.csv(rows: 410), to: "more.csv")
    let grown = await shop.worker().run(.train, again)
    #expect(grown.trained != nil && grown.unchanged == nil)
  }

  @Test("Accuracy by seed on columns with few different rows varies as that of a random split does")
  func accuracyBySeed() async throws {
    let shop = Workshop()
    // Two columns with six different rows of very different chances, as contract and service are in a churn file.
    let chances = [0.55, 0.40, 0.15, 0.10, 0.05, 0.02]
    var text = "contract,service,charge,churn\n"
    for row in 0..<3000 {
      let kind = row * 7 % 6
      let isChurn = Double(row * 7919 % 1009) / 1009 < chances[kind]
      text += "c\(kind % 3),s\(kind / 3),\(row % 40),\(isChurn ? "yes" : "no")\n"
    }
    let uri = try shop.write(text)
    let schema = FeatureSchema(
      target: .init(name: "churn", positive: "yes"),
      features: [.init(name: "contract", type: .categorical), .init(name: "service", type: .categorical)])
    var accuracies: [Double] = []
    for seed in 0..<12 {
      var run = SmallWorld.run(uri, schema: schema)
      run.train?.algorithm = Algorithm(logisticRegression: .init())
      run.train?.split.seed = seed
      accuracies.append(try #require(await shop.worker().run(.train, run).trained).metrics.accuracy)
    }
    let mean = accuracies.reduce(0, +) / 12
    let deviation = (accuracies.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 11).squareRoot()
    // Of 600 test rows the accuracy's standard error is (0.8 · 0.2 / 600)^½ = 0.016; whole groups of equal rows gave
    // 0.05.
    #expect(deviation < 0.027, "\(accuracies)")
  }
}
