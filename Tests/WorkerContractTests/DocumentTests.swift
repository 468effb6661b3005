import Foundation
import Testing
import WorkerContract

@Suite("The documents between operator, workers and servers")
struct DocumentTests {
  private func roundTrip<Value: Codable & Equatable>(_ value: Value) throws -> Value {
    try JSONDecoder().decode(Value.self, from: JSONEncoder().encode(value))
  }

  @Test("a run specification reads back as it was, whatever is in it")
  func specification() throws {
    let schema = FeatureSchema(
      target: .init(name: "income", positive: ">50K", classes: ["<=50K", ">50K"]),
      features: [
        .init(name: "age", type: .numeric, minimum: 0, maximum: 120),
        .init(name: "work", type: .categorical, nullable: true, categories: ["a", "b"], onUnknown: .reject),
      ], timestamp: "time", primaryKey: ["id"])
    let reference = ArtifactReference(version: "v1", digest: "sha256:00")
    let training = TrainingRun(
      version: "v2", schema: schema,
      source: DataSource(csv: .init(uri: "file:///data/x.csv"), window: TimeSpan(seconds: 86_400)),
      split: SplitPlan(by: .time), algorithm: Algorithm(gradientBoosting: .init()),
      segments: [.init(feature: "work", metric: .recall, maximumLoss: 0.02)], champion: reference, confidence: 0.95,
      comparedBy: .rocAUC)
    let check = CheckRun(
      policy: "p", reference: reference, from: "2026-01-01T00:00:00Z", to: "2026-01-01T06:00:00Z", minimumSamples: 30,
      maximumSamples: 100, redacted: ["age"])
    let train = RunSpecification(run: "r", namespace: "n", model: "m", train: training)
    #expect(try roundTrip(train) == train)
    let checking = RunSpecification(run: "r", namespace: "n", model: "m", check: check)
    #expect(try roundTrip(checking) == checking)
    #expect(checking.contract == "apus.dev/worker/v1")
  }

  @Test("a coverage of nothing is absent, whoever wrote it, and an older operator finds one")
  func coverage() throws {
    func summary(_ text: String) throws -> PerformanceSummary {
      try JSONDecoder().decode(PerformanceSummary.self, from: Data(text.utf8))
    }
    let nothing = PerformanceSummary(expected: 0, span: .init(from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z"))
    #expect(try roundTrip(nothing) == nothing)
    #expect(String(decoding: try JSONEncoder().encode(nothing), as: UTF8.self).contains(#""coverage":0"#))
    #expect(try summary(#"{"coverage":1,"labelled":0}"#).coverage == nil)
    #expect(try summary(#"{"coverage":0,"labelled":0}"#).coverage == 0)
    #expect(try summary(#"{"coverage":0.5,"labelled":31}"#).coverage == 0.5)
    let some = PerformanceSummary(coverage: 0.5, labelled: 31, expected: 62, metrics: nil, p95Latency: 0.1)
    #expect(try roundTrip(some) == some)
  }

  @Test("rules of release 0.1.0 have no limit of duplicates, and get one")
  func olderRules() throws {
    let text =
      #"{"missing":{"warning":0.05,"critical":0.15},"outOfRange":{"critical":0.1},"#
      + #""unknownCategory":{"warning":0.05},"meanConfidence":{"warning":0.55}}"#
    #expect(try JSONDecoder().decode(QualityRules.self, from: Data(text.utf8)) == QualityRules())
  }

  @Test("a check of an earlier release is read as it was written, and written so again")
  func olderCheck() throws {
    let text =
      #"{"conclusive":true,"drift":{"critical":1,"features":3,"severity":"critical","share":0.5,"warning":1,"#
      + #""worst":[{"effect":0.3,"feature":"a","pValue":0.001,"psi":0.4,"severity":"critical"}]},"#
      + #""performance":{"coverage":0.5,"labelled":60},"quality":{"failed":[{"check":"missingRate","feature":"a","#
      + #""limit":0.05,"severity":"warning","value":0.1},{"check":"duplicateRequestIDs","limit":0.01,"severity":"warning","#
      + #""value":0.5}],"severity":"warning"},"rows":100,"version":"v3"}"#
    let read = try JSONDecoder().decode(CheckResult.self, from: Data(text.utf8))
    #expect(read.quality.failed.map(\.check) == [.missingRate, .duplicateRequestIDs])
    #expect(read.quality.failed.allSatisfy { !$0.check.isMendedByTraining })
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(String(decoding: try encoder.encode(read), as: UTF8.self) == text)
  }

  @Test("a check of a newer worker that this release does not know keeps its name, and asks for no training")
  func newerCheck() throws {
    let text =
      #"{"check":"staleFeature","feature":"a","limit":0.05,"severity":"critical","value":0.1}"#
    let failed = try JSONDecoder().decode(QualitySummary.FailedCheck.self, from: Data(text.utf8))
    #expect(failed.check == .other("staleFeature") && !failed.check.isMendedByTraining && !failed.check.isOfTheFeed)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(String(decoding: try encoder.encode(failed), as: UTF8.self) == text)
    #expect(Set(QualityCheckKind.allCases.map(\.rawValue)).count == QualityCheckKind.allCases.count)
    for kind in QualityCheckKind.allCases { #expect(QualityCheckKind(rawValue: kind.rawValue) == kind) }
  }

  @Test("drift rules name their tests as they did, and another name is read")
  func driftTests() throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = String(decoding: try encoder.encode(DriftRules()), as: UTF8.self)
    #expect(text.contains(#""numeric":{"significance":0.05,"test":"KolmogorovSmirnov"}"#))
    #expect(text.contains(#""categorical":{"significance":0.05,"test":"ChiSquare"}"#))
    let other = text.replacing("KolmogorovSmirnov", with: "Oracle")
    #expect(try JSONDecoder().decode(DriftRules.self, from: Data(other.utf8)).numeric.test.rawValue == "Oracle")
  }

  @Test("severities are ordered, so that the worst of several is their maximum")
  func severity() {
    #expect([Severity.warning, .none, .critical].max() == .critical)
    #expect([Severity.none, .warning].max() == Severity.warning)
  }

  @Test("each metric's name finds its value")
  func metrics() {
    let metrics = ModelMetrics(accuracy: 0.1, precision: 0.2, recall: 0.3, f1: 0.4, rocAUC: 0.5, brier: 0.6)
    #expect(MetricName.allCases.map { metrics[$0] } == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
  }

  @Test("results of an earlier release are read, and a measure that is not defined is left out")
  func absentMetrics() throws {
    let old = #"{"accuracy":0.9,"precision":0,"recall":0,"f1":0,"rocAUC":0.5,"brier":0.1}"#
    let read = try JSONDecoder().decode(ModelMetrics.self, from: Data(old.utf8))
    #expect(read == ModelMetrics(accuracy: 0.9, precision: 0, recall: 0, f1: 0, rocAUC: 0.5, brier: 0.1))
    let absent = ModelMetrics(accuracy: 1, precision: nil, recall: nil, f1: nil, rocAUC: nil, brier: 0)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(String(decoding: try encoder.encode(absent), as: UTF8.self) == #"{"accuracy":1,"brier":0}"#)
    #expect(try roundTrip(absent) == absent)
    let unchanged = RunResult(run: "r", unchanged: .init(version: "v1", dataDigest: "sha256:00"))
    #expect(try roundTrip(unchanged) == unchanged)
  }

  @Test("the words of the routing table are those the design names")
  func routing() throws {
    let table = RoutingTable(
      namespace: "n", model: "m", revision: 4,
      entries: [.init(version: "v2", digest: "sha256:00", weight: 100, role: .production)])
    let text = String(decoding: try JSONEncoder().encode(table), as: UTF8.self)
    #expect(text.contains(#""role":"production""#))
    #expect(text.contains(#""retention":"30d""#))
    #expect(try roundTrip(table) == table)
  }
}
