import Monitoring
import Tabular
import Testing
import WorkerContract

@Suite struct QualityReportTests {
  private func report(_ change: (inout PredictionWindow) -> Void) -> QualityReport {
    var window = World.window(World.table(rows: 200, seed: 2))
    change(&window)
    return QualityReport(window, reference: World.reference())
  }

  private func failures(_ report: QualityReport) -> [String] {
    report.failures.map { "\($0.kind.rawValue) \($0.feature ?? "-") \($0.severity.rawValue)" }
  }

  @Test func `a clean window passes all seven checks`() {
    let clean = report { _ in }
    #expect(clean.severity == .none && clean.failures == [])
    #expect(Set(clean.checks.map(\.kind)) == Set(QualityReport.Kind.allCases))
  }

  @Test func `missing values warn, then fail`() {
    #expect(
      failures(report { $0.features = World.table(rows: 200, seed: 3, missing: 0.1) }) == ["missingRate amount warning"]
    )
    #expect(
      failures(report { $0.features = World.table(rows: 200, seed: 3, missing: 0.3) }) == [
        "missingRate amount critical"
      ])
  }

  @Test func `numbers out of range fail`() {
    let numbers = (0..<200).map { $0 % 5 == 0 ? 101 : 0.0 }
    #expect(
      failures(report { $0.features = $0.features.replacing("amount", with: .numeric(numbers)) })
        == ["outOfRange amount critical"])
  }

  @Test func `unknown categories warn`() {
    let codes = (0..<200).map { Int32($0 % 10 == 0 ? 1 : 0) }
    #expect(
      failures(
        report {
          $0.features = $0.features.replacing("colour", with: .categorical(codes: codes, levels: ["red", "puce"]))
        })
        == ["unknownCategory colour warning"])
  }

  @Test func `repeated request ids fail, stored or not`() {
    #expect(failures(report { $0.requestIDs[7] = "r3" }) == ["duplicateRequestIDs - critical"])
    #expect(failures(report { $0.repeats = 2 }) == ["duplicateRequestIDs - critical"])
  }

  @Test func `low confidence warns`() {
    #expect(
      failures(report { $0.confidences = $0.confidences.map { _ in 0.5 } }) == ["meanConfidence - warning"])
  }

  @Test func `a column that no request has fails`() {
    #expect(
      failures(report { $0.features = $0.features.removing(["colour"]) }) == ["columnPresence colour critical"])
  }

  @Test func `a class that training did not have warns`() {
    #expect(failures(report { $0.predicted[0] = "2" }) == ["unseenClass - warning"])
  }

  @Test func `few rows only show which columns there are`() {
    var window = World.window(World.table(rows: 5, seed: 2, missing: 1))
    #expect(QualityReport(window, reference: World.reference()).failures == [])
    window.features = window.features.removing(["amount"])
    #expect(failures(QualityReport(window, reference: World.reference())) == ["columnPresence amount critical"])
  }
}
