import Foundation
import HTTPTransport
import Testing
import WorkerContract
import Workers

/// One way in which input can be wrong, and what the person is told.
struct BadInput: Sendable, CustomTestStringConvertible {
  var name: String
  var csv = SmallWorld.csv(rows: 60)
  var change: @Sendable (inout TrainingRun) -> Void = { _ in }
  var reason: String
  var field: String
  var retryable = false
  var step = "validate"

  var testDescription: String { name }
}

private func lines(_ count: Int, _ line: (Int) -> String) -> String { (0..<count).map { line($0) + "\n" }.joined() }

private let badInputs: [BadInput] = [
  BadInput(
    name: "no such file", change: { $0.source = DataSource(csv: .init(uri: "file:///nowhere/x.csv")) },
    reason: "SourceUnreadable", field: "spec.training.source.csv.uri", step: "ingest"),
  BadInput(
    name: "a folder", change: { $0.source = DataSource(csv: .init(uri: "file:///tmp")) }, reason: "SourceUnreadable",
    field: "spec.training.source.csv.uri", step: "ingest"),
  BadInput(
    name: "an unknown scheme", change: { $0.source = DataSource(csv: .init(uri: "ftp://x/y")) },
    reason: "SourceUnreadable", field: "spec.training.source.csv.uri", step: "ingest"),
  BadInput(
    name: "no source", change: { $0.source = DataSource() }, reason: "SourceUnreadable", field: "spec.training.source",
    step: "ingest"),
  BadInput(
    name: "an unreadable CSV", csv: "x,colour,y\n1,red\n", reason: "SourceUnreadable",
    field: "spec.training.source.csv.uri", step: "ingest"),
  BadInput(
    name: "an empty file", csv: "", reason: "SourceUnreadable", field: "spec.training.source.csv.uri", step: "ingest"),
  BadInput(
    name: "a query without a connection",
    change: {
      $0.source = DataSource(postgres: .init(connectionSecretRef: .init(name: "w", key: "url"), query: "SELECT 1"))
    }, reason: "SourceUnreadable", field: "spec.training.source.postgres.connectionSecretRef", step: "ingest"),
  BadInput(name: "no rows", csv: "x,colour,y\n", reason: "NoRows", field: "spec.training.source"),
  BadInput(
    name: "too few rows", csv: "x,colour,y\n1,red,yes\n2,red,no\n", reason: "TooFewRows", field: "spec.training.source"),
  BadInput(
    name: "no target column", change: { $0.schema.target.name = "label" }, reason: "TargetColumnMissing",
    field: "spec.schema.target.name"),
  BadInput(
    name: "a label with one class", csv: "x,colour,y\n" + lines(40) { "\($0),red,yes" }, reason: "SingleClass",
    field: "spec.schema.target.name"),
  BadInput(
    name: "a feature that is always missing", csv: "x,colour,y\n" + lines(40) { ",red,\($0 % 2 == 0 ? "yes" : "no")" },
    reason: "FeatureAlwaysMissing", field: "spec.schema.features[x]"),
  BadInput(
    name: "a feature that is no column", change: { $0.schema.features[1].name = "shade" }, reason: "ColumnMissing",
    field: "spec.schema.features[shade]"),
  BadInput(
    name: "a timestamp that is no column", change: { $0.schema.timestamp = "when" }, reason: "TimestampColumnMissing",
    field: "spec.schema.timestamp"),
  BadInput(
    name: "a key that is no column", change: { $0.schema.primaryKey = ["id"] }, reason: "KeyColumnMissing",
    field: "spec.schema.primaryKey"),
  BadInput(
    name: "text in a numeric column",
    csv: "x,colour,y\n" + lines(40) { "\($0 % 7 == 0 ? "many" : "1"),red,\($0 % 2 == 0 ? "yes" : "no")" },
    reason: "NotNumeric", field: "spec.schema.features[x]"),
  BadInput(
    name: "a gap that is not allowed", change: { $0.schema.features[0].nullable = false }, reason: "NotNullable",
    field: "spec.schema.features[x]"),
  BadInput(
    name: "a value out of bounds", change: { $0.schema.features[0].maximum = 50 }, reason: "OutOfBounds",
    field: "spec.schema.features[x]"),
  BadInput(
    name: "no test rows", change: { $0.split.test = 0 }, reason: "SplitUnusable", field: "spec.training.split",
    step: "split"),
  BadInput(
    name: "a custom algorithm", change: { $0.algorithm = Algorithm(custom: .init(image: "x")) },
    reason: "AlgorithmNotSupported", field: "spec.training.algorithm", step: "train"),
  BadInput(
    name: "no algorithm", change: { $0.algorithm = Algorithm() }, reason: "AlgorithmNotSupported",
    field: "spec.training.algorithm", step: "train"),
  BadInput(
    name: "a test source that does not exist",
    change: { $0.split.testSource = DataSource(csv: .init(uri: "file:///nowhere/t.csv")) }, reason: "SourceUnreadable",
    field: "spec.training.split.testSource.csv.uri", step: "ingest"),
]

@Suite struct BadInputTests {
  @Test("Bad input is told with its reason, field and step, and not tried again", arguments: badInputs)
  func told(input: BadInput) async throws {
    let shop = Workshop()
    var specification = SmallWorld.run(try shop.write(input.csv))
    if var run = specification.train {
      input.change(&run)
      specification.train = run
    }
    let failure = try #require(await shop.worker().run(.train, specification).failed)
    #expect(failure.reason == input.reason, "\(failure)")
    #expect(failure.message.hasPrefix(input.field), "\(failure)")
    #expect(failure.message.count > input.field.count + 20, "\(failure)")
    #expect(failure.retryable == input.retryable, "\(failure)")
    #expect(failure.step == input.step, "\(failure)")
  }

  @Test(
    "Network trouble is tried again, a refusal is not; neither shows the URL's secrets",
    arguments: [(500, true), (503, true), (429, true), (404, false), (403, false)])
  func statuses(status: Int, retryable: Bool) async throws {
    let shop = Workshop()
    let transport = AnsweringTransport { _ in HTTPResponse(status: status) }
    let failure = await shop.worker(transport: transport)
      .run(.train, SmallWorld.run("https://user:pw@data.example/x.csv?key=s3cret")).failed
    #expect(failure?.retryable == retryable)
    #expect(failure?.message.hasPrefix("spec.training.source.csv.uri: ") == true)
    #expect(failure?.message.contains("s3cret") == false && failure?.message.contains("pw") == false)
    if status == 404 { #expect(failure?.message.contains("https://data.example/x.csv answered") == true) }
    #expect(!shop.log.joined().contains("s3cret"))
  }

  @Test("A server that cannot be reached is tried again")
  func unreachable() async throws {
    let shop = Workshop()
    let transport = AnsweringTransport { _ throws(TransportError) in throw .hostNotFound(origin: "https://x") }
    let failure = await shop.worker(transport: transport).run(.train, SmallWorld.run("https://x/y.csv")).failed
    #expect(failure?.retryable == true && failure?.reason == "SourceUnavailable")
  }

  @Test("Exit codes and the result file tell done, failed and rejected apart")
  func exitCodes() async throws {
    let shop = Workshop()
    let place = shop.folder.appendingPathComponent("run.json").path
    let resultPath = shop.folder.appendingPathComponent("result").path
    func result() throws -> RunResult {
      try JSONDecoder().decode(RunResult.self, from: Data(contentsOf: URL(fileURLWithPath: resultPath)))
    }
    func write(_ specification: RunSpecification) throws {
      try JSONEncoder().encode(specification).write(to: URL(fileURLWithPath: place))
    }
    #expect(await shop.worker().execute(.train, specification: place, result: resultPath) == .rejected)
    #expect(try result().failed?.reason == "SpecificationInvalid")

    let good = SmallWorld.run(try shop.write(SmallWorld.csv(rows: 100)))
    try write(good)
    #expect(await shop.worker().execute(.train, specification: place, result: resultPath) == .done)
    #expect(try result().trained != nil)
    #expect(await shop.worker().execute(.check, specification: place, result: resultPath) == .rejected)

    var foreign = good
    foreign.contract = "apus.dev/worker/v9"
    try write(foreign)
    #expect(await shop.worker().execute(.train, specification: place, result: resultPath) == .rejected)
    #expect(try result().failed?.message.contains("v9") == true)

    try write(SmallWorld.run("https://x/y.csv"))
    let transport = AnsweringTransport { _ throws(TransportError) in throw .hostNotFound(origin: "https://x") }
    let worker = shop.worker(transport: transport)
    #expect(await worker.execute(.train, specification: place, result: resultPath) == .failed)
    #expect(await worker.execute(.train, specification: place, result: "/nowhere/result") == .failed)
  }
}
