import Artifacts
import Foundation
import HTTPTransport
import Learning
import Tabular
import Testing
import WorkerContract
import Workers

@Suite struct TrainingTests {
  @Test("A training ends with a verified artifact that predicts as its evaluation says, every step logged")
  func trains() async throws {
    let shop = Workshop()
    let specification = SmallWorld.run(try shop.write(SmallWorld.csv()))
    let result = await shop.worker().run(.train, specification)
    let trained = try #require(result.trained, "\(String(describing: result.failed))")
    #expect(result.run == "demo-train-v1")
    #expect(trained.rows.train + trained.rows.validation + trained.rows.test == 400)
    #expect(trained.rows.test > 40)
    #expect(trained.metrics.rocAUC ?? 0 > 0.85)
    #expect(trained.comparison == nil)
    let steps = ["ingest", "validate", "features", "split", "train", "evaluate", "register"]
    #expect(Set(trained.seconds.keys) == Set(steps))
    let logged = shop.log.filter { $0.contains("\"step done\"") }
    #expect(logged.count == steps.count)
    for (line, step) in zip(logged, steps) {
      #expect(line.contains("\"step\":\"\(step)\"") && line.contains("\"seconds\":"), "\(line)")
    }

    let bundle = try await shop.store.open(trained.artifact.digest)
    let names: Set = [
      "model.json", "schema.json", "pipeline.json", "reference.json", "evaluation.json", "report.html",
    ]
    #expect(Set(bundle.files.keys) == names)
    let predictor = try Predictor(
      schema: bundle.file("schema.json"), pipeline: bundle.file("pipeline.json"), model: bundle.file("model.json"),
      samples: nil)
    #expect(predictor.target.classes == ["no", "yes"])
    #expect(predictor.target.positiveClass == "yes")
    #expect(predictor.schema.features[1].categories == ["blue", "green", "red"])
    let page = String(decoding: try bundle.file("report.html"), as: UTF8.self)
    #expect(page.contains("ROC curve") && page.contains("Confusion matrix") && !page.contains("http"))
  }

  @Test("The same run again leaves the same artifact")
  func repeats() async throws {
    let shop = Workshop()
    let specification = SmallWorld.run(try shop.write(SmallWorld.csv()))
    let first = await shop.worker().run(.train, specification).trained
    let second = await shop.worker().run(.train, specification).trained
    #expect(first != nil)
    #expect(first?.artifact == second?.artifact)
    #expect(first?.dataDigest == second?.dataDigest)
  }

  @Test("Forests and logistic regression train too, and more than two classes")
  func algorithms() async throws {
    let shop = Workshop()
    let uri = try shop.write(SmallWorld.csv())
    for algorithm in [Algorithm(randomForest: .init(trees: 20, maxDepth: 5)), .init(logisticRegression: .init())] {
      var specification = SmallWorld.run(uri)
      specification.train?.algorithm = algorithm
      let trained = await shop.worker().run(.train, specification).trained
      #expect((trained?.metrics.rocAUC ?? 0) > 0.85)
    }
    let schema = FeatureSchema(
      target: .init(name: "colour"),
      features: [.init(name: "x", type: .numeric, nullable: true), .init(name: "y", type: .categorical)])
    let many = await shop.worker().run(.train, SmallWorld.run(uri, schema: schema))
    #expect(many.trained != nil, "\(String(describing: many.failed))")
  }

  @Test("A challenger is compared with the champion on the same rows, also after the schema has changed")
  func champion() async throws {
    let shop = Workshop()
    let uri = try shop.write(SmallWorld.csv())
    let first = try #require(await shop.worker().run(.train, SmallWorld.run(uri)).trained)
    var again = SmallWorld.run(uri, version: "v2", champion: first.artifact)
    again.train?.segments = [SegmentGuard(feature: "colour", metric: .accuracy, maximumLoss: 0.02)]
    let same = try #require(await shop.worker().run(.train, again).trained)
    let comparison = try #require(same.comparison)
    #expect(comparison.difference == 0 && comparison.rows == same.rows.test)
    #expect(comparison.championMetrics == first.metrics)

    var narrow = SmallWorld.schema
    narrow.features.removeLast()
    let changed = SmallWorld.run(uri, version: "v3", champion: first.artifact, schema: narrow)
    let result = await shop.worker().run(.train, changed)
    let trained = try #require(result.trained, "\(String(describing: result.failed))")
    let other = try #require(trained.comparison)
    // The champion still sees the colours that the challenger has lost.
    #expect((other.championMetrics.rocAUC ?? 0) > (trained.metrics.rocAUC ?? 1) + 0.02)
  }

  @Test("After a change of the schema the champion is asked about the rows of the window, whatever has no label yet")
  func championWithinWindow() async throws {
    let shop = Workshop()
    let lines = SmallWorld.csv().split(separator: "\n")
    let rows = lines.dropFirst().enumerated().map { "\(1_700_000_000 + $0),\($1)" }
    // The newest rows, from which the window counts back, still wait for their labels.
    let waiting = (400..<500).map { "\(1_700_000_000 + $0),50,red," }
    let all = try shop.write((["when,\(lines[0])"] + rows + waiting).joined(separator: "\n"), to: "all.csv")
    let cut = try shop.write((["when,\(lines[0])"] + rows.suffix(200)).joined(separator: "\n"), to: "cut.csv")
    var schema = SmallWorld.schema
    schema.timestamp = "when"
    let first = try #require(await shop.worker().run(.train, SmallWorld.run(cut, schema: schema)).trained)
    schema.features.removeLast()
    var within = SmallWorld.run(all, version: "v2", champion: first.artifact, schema: schema)
    within.train?.source.window = TimeSpan(seconds: 300)
    let windowed = try #require(await shop.worker().run(.train, within).trained)
    let plain = SmallWorld.run(cut, version: "v3", champion: first.artifact, schema: schema)
    let expected = try #require(await shop.worker().run(.train, plain).trained)
    #expect(windowed.rows == expected.rows)
    #expect(windowed.comparison?.championMetrics == expected.comparison?.championMetrics)
    #expect(windowed.comparison != nil)
  }

  @Test("Files that were given up are removed once the new ones are stored; what cannot be removed is told")
  func retired() async throws {
    let shop = Workshop()
    let uri = try shop.write(SmallWorld.csv())
    let first = try #require(await shop.worker().run(.train, SmallWorld.run(uri)).trained).artifact
    let second = try #require(await shop.worker().run(.train, SmallWorld.run(uri, version: "v2")).trained).artifact
    var third = SmallWorld.run(uri, version: "v3", champion: second)
    third.train?.retired = [first, second, .init(version: "v0", digest: "nowhere")]
    let trained = try #require(await shop.worker().run(.train, third).trained)
    #expect(trained.removed == ["v1"])
    #expect(try await !shop.store.contains(first.digest))
    #expect(try await shop.store.contains(second.digest), "the champion stays")
    #expect(try await shop.store.contains(trained.artifact.digest))
    #expect(trained.warnings.last?.contains("the files of v0 are still there") == true)
    // Once more: it is gone, and said to be.
    #expect(await shop.worker().run(.train, third).trained?.removed == ["v1"])
  }

  @Test("A lost champion is told, and does not keep its successor from being trained")
  func lostChampion() async throws {
    let shop = Workshop()
    let lost = ArtifactReference(version: "v1", digest: "sha256:" + String(repeating: "0", count: 64))
    let specification = SmallWorld.run(try shop.write(SmallWorld.csv()), version: "v2", champion: lost)
    let trained = try #require(await shop.worker().run(.train, specification).trained)
    #expect(trained.comparison == nil)
    #expect(trained.warnings.first?.contains("not compared with v1") == true)
  }

  @Test("A window keeps the newest rows; without a timestamp column it is refused by name")
  func window() async throws {
    let shop = Workshop()
    var text = "t,x,colour,y\n"
    for (row, line) in SmallWorld.csv(rows: 300).split(separator: "\n").dropFirst().enumerated() {
      text += "2025-0\(row < 100 ? 1 : 6)-\(10 + row % 10)T00:00:00Z,\(line)\n"
    }
    var schema = SmallWorld.schema
    schema.timestamp = "t"
    var specification = SmallWorld.run(try shop.write(text), schema: schema)
    specification.train?.source.window = TimeSpan("30d")
    let trained = try #require(await shop.worker().run(.train, specification).trained)
    #expect(trained.rows.train + trained.rows.validation + trained.rows.test == 200)
    specification.train?.schema.timestamp = nil
    let failure = await shop.worker().run(.train, specification).failed
    #expect(failure?.reason == "TimestampRequired" && failure?.retryable == false)
    #expect(failure?.message.contains("spec.training.source.window") == true)
  }

  @Test("A mount of the local cluster is resolved, the longest first")
  func mounts() async throws {
    let shop = Workshop()
    _ = try shop.write(SmallWorld.csv())
    let mounts = "{\"/data\": \"/nowhere\", \"/data/in\": \"\(shop.folder.path)\"}"
    let result = await shop.worker(variables: [RunEnvironment.mounts: mounts])
      .run(.train, SmallWorld.run("file:///data/in/data.csv"))
    #expect(result.trained != nil, "\(String(describing: result.failed))")
  }

  @Test("Rows of a URL train as rows of a file do")
  func download() async throws {
    let shop = Workshop()
    let file = await shop.worker().run(.train, SmallWorld.run(try shop.write(SmallWorld.csv())))
    let transport = AnsweringTransport { _ in HTTPResponse(status: 200, body: Array(SmallWorld.csv().utf8)) }
    let url = await shop.worker(transport: transport).run(
      .train, SmallWorld.run("https://data.example/x.csv?key=s3cret"))
    #expect(url.trained?.dataDigest == file.trained?.dataDigest)
    #expect(url.trained != nil)
  }

  @Test("Rows of an S3 object train as rows of a file do")
  func object() async throws {
    let shop = Workshop()
    let transport = AnsweringTransport { request in
      request.url == "http://minio:9000/bucket/a%20b.csv" && request.headers["Authorization"] != nil
        ? HTTPResponse(status: 200, body: Array(SmallWorld.csv().utf8)) : HTTPResponse(status: 404)
    }
    var specification = SmallWorld.run("")
    specification.train?.source = DataSource(
      s3: .init(uri: "s3://bucket/a b.csv", endpoint: "http://minio:9000"))
    let credentials = ["AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "s3cret"]
    let result = await shop.worker(variables: credentials, transport: transport).run(.train, specification)
    #expect(result.trained != nil, "\(String(describing: result.failed))")
    specification.train?.source.s3?.uri = "s3://bucket/other.csv"
    let failure = await shop.worker(variables: credentials, transport: transport).run(.train, specification).failed
    #expect(failure?.reason == "SourceUnreadable" && failure?.message.contains("s3cret") == false)
  }
}

/// Answers every request by a function.
struct AnsweringTransport: HTTPTransport {
  var answer: @Sendable (HTTPRequest) throws(TransportError) -> HTTPResponse

  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse { try answer(request) }

  func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
    let response = try answer(request)
    return HTTPStream(status: response.status, headers: response.headers, body: HTTPBody([response.body]))
  }
}
