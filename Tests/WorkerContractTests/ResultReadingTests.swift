import Foundation
import Testing
import WorkerContract

/// What a run writes is believed in no part: whoever makes a trainer's image decides what stands there.
@Suite struct ResultReadingTests {
  private static let digest = "sha256:" + String(repeating: "a", count: 64)
  private static let expected = RunResult.Expectation(run: "ml.income-train-3", version: "v3")

  private static let trained = #"""
    {"contract":"apus.dev/worker/v1","run":"ml.income-train-3","newer":{"member":1},
     "trained":{"artifact":{"version":"v3","digest":"\#(digest)"},"rows":{"train":600,"validation":200,"test":200},
      "metrics":{"accuracy":0.873,"precision":0.79,"recall":0.65,"f1":0.71,"rocAUC":0.928,"brier":0.087},"positive":">50K",
      "comparison":{"champion":{"version":"v2","digest":"\#(digest)"},
       "championMetrics":{"accuracy":0.86,"brier":0.09},"metric":"rocAUC","difference":0.004,"lower":0.001,
       "upper":0.007,"pValue":0.005,"rows":200,"confidence":0.95},
      "schemaChange":{"champion":{"version":"v2","digest":"\#(digest)"},"incomparable":[],"refused":["age is new"]},
      "segments":[{"feature":"sex","level":"Female","metric":"recall","challenger":0.61,"champion":0.6,"rows":20}],
      "calibrationError":0.012,"warnings":["few rows"],"seconds":{"train":1.5},"dataDigest":"\#(digest)",
      "removed":["v1"]}}
    """#

  private static let checked = #"""
    {"contract":"apus.dev/worker/v1","run":"ml.income-check-1",
     "checked":{"version":"v3","rows":300,"conclusive":true,
      "drift":{"severity":"critical","features":2,"critical":1,"warning":0,"share":0.5,
       "worst":[{"feature":"age","severity":"critical","psi":0.31,"pValue":0.001,"effect":0.3}]},
      "predictionDrift":{"drifted":false,"severity":"none","psi":0.004,"pValue":0.48,"meanConfidence":0.72,
       "referenceMeanConfidence":0.73},
      "quality":{"severity":"critical","failed":[{"check":"missingRate","feature":"age","severity":"critical","value":0.2,
       "limit":0.15}]},
      "performance":{"coverage":0.6,"labelled":30,"expected":50,"p95Latency":0.004,"positiveRate":0.5,
       "meanConfidence":0.7,"span":{"from":"2026-11-29T16:00:00Z","to":"2026-11-29T17:00:00Z"}},
      "report":"reports/ml.income-check-1.html"}}
    """#

  private static let failed = #"""
    {"contract":"apus.dev/worker/v1","run":"ml.income-train-3",
     "failed":{"reason":"SourceUnreadable","message":"no such file","retryable":false,"step":"ingest"}}
    """#

  struct Row: Sendable, CustomTestStringConvertible {
    let from: String
    let to: String
    /// What is said; nil: the result is used.
    let problem: String?
    let document: String

    init(_ document: String, _ from: String, _ to: String, _ problem: String?) {
      self.document = document
      self.from = from
      self.to = to
      self.problem = problem
    }

    var testDescription: String { "\(from.prefix(40)) → \(to.prefix(60))" }
  }

  private static func read(_ text: String) -> Result<RunResult, ResultProblem> {
    let expected = text.contains("\"checked\"") ? RunResult.Expectation(run: "ml.income-check-1") : expected
    return Result { () throws(ResultProblem) in try RunResult(reading: text, expected) }
  }

  private static let aForm = "and is sha256: and 64 lower-case hexadecimal digits"

  static let rows: [Row] = [
    // Addresses of files.
    Row(trained, digest, "sha256:../../x", "trained.artifact.digest is 'sha256:../../x', \(aForm)"),
    Row(trained, digest, digest.uppercased(), "trained.artifact.digest is '\(digest.uppercased())', \(aForm)"),
    Row(trained, digest, digest + "a", "trained.artifact.digest is '\(digest)a', \(aForm)"),
    Row(trained, digest, String(digest.dropFirst(7)), "trained.artifact.digest is '\(digest.dropFirst(7))', \(aForm)"),
    Row(
      trained, #""version":"v2","digest":"\#(digest)""#, #""version":"v2","digest":"sha256:""#,
      "trained.comparison.champion.digest is 'sha256:', \(aForm)"),
    Row(trained, #""version":"v3""#, #""version":"v4""#, "trained.artifact.version is v4, and this run makes v3"),
    Row(
      trained, #""version":"v3""#, #""version":"../v3""#,
      "trained.artifact.version is '../v3', and is a version such as v7"),
    Row(trained, #""removed":["v1"]"#, #""removed":["v0"]"#, "trained.removed[0] is 'v0', and is a version such as v7"),
    Row(
      checked, "reports/ml", "../reports/ml",
      "checked.report is '../reports/ml.income-check-1.html', and is a path in the artifact store"),
    Row(
      checked, "reports/ml", "/etc/ml",
      "checked.report is '/etc/ml.income-check-1.html', and is a path in the artifact store"),
    // Of another run.
    Row(
      trained, "ml.income-train-3", "ml.income-train-2",
      "run is 'ml.income-train-2', and this run is 'ml.income-train-3'"),
    Row(trained, #""run":"ml.income-train-3""#, #""run":"""#, "run is '', and this run is 'ml.income-train-3'"),
    Row(failed, #""run":"ml.income-train-3""#, #""run":"""#, nil),
    Row(
      trained, "apus.dev/worker/v1", "apus.dev/worker/v2",
      "contract is 'apus.dev/worker/v2', and must be apus.dev/worker/v1"),
    Row(
      trained, #""newer":{"member":1}"#, #""unchanged":{"version":"v2","dataDigest":""}"#,
      "has more than one of trained, unchanged, checked, removed, loaded and failed"),
    Row(failed, #""failed":"#, #""fialed":"#, "has none of trained, unchanged, checked, removed, loaded and failed"),
    // Measures.
    Row(trained, #""accuracy":0.873"#, #""accuracy":5"#, "trained.metrics.accuracy is 5.0, and lies in 0 to 1"),
    Row(trained, #""accuracy":0.873"#, #""accuracy":1.0000000000000002"#, nil),
    Row(trained, #""accuracy":0.873"#, #""accuracy":1e999"#, "is not JSON: "),
    Row(trained, #""accuracy":0.873"#, #""accuracy":NaN"#, "is not JSON: "),
    Row(trained, #""accuracy":0.873"#, #""accuracy":"0.9""#, "trained.metrics.accuracy a number is expected"),
    Row(trained, #""accuracy":0.873"#, #""accuracy":null"#, "trained.metrics.accuracy "),
    Row(trained, #""rocAUC":0.928"#, #""rocAUC":-0.1"#, "trained.metrics.rocAUC is -0.1, and lies in 0 to 1"),
    Row(trained, #""f1":0.71"#, #""f1":71"#, "trained.metrics.f1 is 71.0, and lies in 0 to 1"),
    Row(
      trained, #""accuracy":0.86,"#, #""accuracy":86,"#,
      "trained.comparison.championMetrics.accuracy is 86.0, and lies in 0 to 1"),
    Row(
      trained, #""calibrationError":0.012"#, #""calibrationError":2"#,
      "trained.calibrationError is 2.0, and lies in 0 to 1"),
    Row(trained, #""train":600"#, #""train":-1"#, "trained.rows.train is -1, and is a count"),
    Row(
      trained, #""train":600"#, #""train":9223372036854775807"#, "trained.rows.train is 9223372036854775807, and is a"),
    Row(trained, #""train":600"#, #""train":1e300"#, "trained.rows.train "),
    Row(trained, #""train":600"#, #""train":0.5"#, "trained.rows.train "),
    Row(trained, #""train":1.5"#, #""train":-1.5"#, "trained.seconds.train is -1.5, and is never negative"),
    Row(trained, #""lower":0.001"#, #""lower":0.01"#, "trained.comparison.lower is 0.01, above the upper bound 0.007"),
    Row(
      trained, #""difference":0.004"#, #""difference":4"#,
      "trained.comparison.difference is 4.0, and lies in -1.0 to 1.0"),
    Row(trained, #""upper":0.007"#, #""upper":1e300"#, "trained.comparison.upper is 1e+300, and lies in -10.0 to 10.0"),
    Row(trained, #""pValue":0.005"#, #""pValue":2"#, "trained.comparison.pValue is 2.0, and lies in 0 to 1"),
    Row(trained, #""metric":"rocAUC""#, #""metric":"luck""#, "trained.comparison.metric "),
    Row(
      trained, #""challenger":0.61"#, #""challenger":-3"#, "trained.segments[0].challenger is -3.0, and lies in 0 to 1"),
    Row(checked, #""psi":0.31"#, #""psi":-1"#, "checked.drift.worst[0].psi is -1.0, and is never negative"),
    Row(checked, #""share":0.5"#, #""share":50"#, "checked.drift.share is 50.0, and lies in 0 to 1"),
    Row(checked, #""labelled":30"#, #""labelled":-30"#, "checked.performance.labelled is -30, and is a count"),
    Row(
      checked, #""p95Latency":0.004"#, #""p95Latency":-1"#,
      "checked.performance.p95Latency is -1.0, and is never negative"),
    Row(checked, #""severity":"critical","features""#, #""severity":"worse","features""#, "checked.drift.severity "),
    // Sizes and texts.
    Row(
      trained, #""warnings":["few rows"]"#, #""warnings":[\#(Array(repeating: "1", count: 5).joined(separator: ","))]"#,
      "trained.warnings[0] "),
    Row(
      trained, #""feature":"sex""#, #""feature":"\#(String(repeating: "x", count: 257))""#,
      "trained.segments[0].feature has 257 characters, and is a name of 1 to 256"),
    Row(
      trained, #""dataDigest":"\#(digest)""#, #""dataDigest":"a b""#,
      "trained.dataDigest is 'a b', and is at most 128 letters, digits and signs"),
    Row(
      trained, #""seconds":{"train":1.5}"#,
      #""seconds":{\#((0..<65).map { "\"s\($0)\":1" }.joined(separator: ","))}"#,
      "trained.seconds has 65 elements, and may have 64"),
    Row(
      trained, #""warnings":["few rows"]"#,
      #""warnings":[\#(Array(repeating: "\"w\"", count: 257).joined(separator: ","))]"#,
      "trained.warnings has 257 elements, and may have 256"),
    Row(
      trained, "few rows", String(repeating: "w", count: 4096), "has "),
    Row(
      failed, "SourceUnreadable", "source unreadable",
      "failed.reason is 'source unreadable', and is one word in CamelCase of at most 64 letters and digits; the run said: no such"
    ),
    Row(failed, "SourceUnreadable", "sourceUnreadable", "failed.reason is 'sourceUnreadable', and is one word"),
    Row(failed, "SourceUnreadable", "", "failed.reason is '', and is one word"),
    Row(
      failed, "SourceUnreadable", String(repeating: "Aa", count: 33), "failed.reason is 'AaAa"),
    Row(failed, "SourceUnreadable", #"Ok\u001b[2J"#, "failed.reason is 'Ok', and is one word"),
    Row(trained, "\"trained\":{", "\"trained\":[{", "is not JSON: "),
    Row(failed, failed, "", "is not JSON: "),
    Row(failed, failed, String(repeating: "[", count: 4000), "is not JSON: "),
    Row(failed, failed, "null", ""),
  ]

  @Test(arguments: rows)
  func `a result is used only where the contract allows all of it`(_ row: Row) throws {
    let text = row.document.replacing(row.from, with: row.to, maxReplacements: 1)
    try #require(text != row.document, "the row changes nothing")
    switch Self.read(text) {
    case .success: #expect(row.problem == nil)
    case .failure(let problem):
      let words = try #require(row.problem, "\(problem)")
      #expect(problem.description.hasPrefix(words), "\(problem)")
      #expect(problem.description.count < 4000)
    }
  }

  @Test(arguments: [trained, checked, failed])
  func `a good result is read as it was written`(_ text: String) throws {
    let written = try JSONDecoder().decode(RunResult.self, from: Data(text.utf8))
    #expect(try Self.read(text).get() == written)
  }

  @Test(arguments: ["train", "check"])
  func `a result of the release before is used`(_ kind: String) throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../Golden/Releases/0.1.0/kept/\(kind).result.json")
    let text = try String(contentsOf: file, encoding: .utf8)
    #expect(try RunResult(reading: text) == JSONDecoder().decode(RunResult.self, from: Data(text.utf8)))
  }

  @Test func `every text is fit to be shown, and of a length that the cluster takes`() throws {
    let odd = #"\u001b[31mred\u001b[0m\u202egpj\u200b\u0000\n"#
    var text = Self.trained
    for (from, to) in [
      ("few rows", odd), ("Female", odd), ("\"sex\"", "\"\(odd)\""), (">50K", odd), ("age is new", odd),
      (#"{"train":1.5}"#, #"{"\#(odd)":1.5}"#),
    ] { text = text.replacing(from, with: to) }
    let result = try #require(try Self.read(text).get().trained)
    let clean = "redgpj "
    #expect(result.warnings == [clean] && result.segments[0].level == clean && result.segments[0].feature == clean)
    #expect(result.positive == clean && result.schemaChange?.refused == [clean] && result.seconds == [clean: 1.5])
    let failure = Self.failed.replacing("no such file", with: odd).replacing("\"ingest\"", with: "\"\(odd)\"")
    let failed = try #require(try Self.read(failure).get().failed)
    #expect(failed.message == clean && failed.step == clean)
    let long = Self.failed.replacing("no such file", with: String(repeating: "é", count: 1900))
      .replacing("\"ingest\"", with: "\"\(String(repeating: "s", count: 80))\"")
    let cut = try #require(try Self.read(long).get().failed)
    #expect(cut.step.count == 64 && cut.step.hasSuffix("…") && cut.message.unicodeScalars.count == 1900)
  }
}
