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
    #expect(Set(clean.checks.map(\.kind)) == Set(QualityCheckKind.allCases))
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

  @Test func `repeated request ids warn above their limit, stored or not`() {
    #expect(failures(report { $0.requestIDs[7] = "r3" }) == [])
    #expect(failures(report { $0.repeats = 2 }) == [])
    #expect(failures(report { $0.repeats = 3 }) == ["duplicateRequestIDs - warning"])
    #expect(failures(report { for row in 7..<10 { $0.requestIDs[row] = "r3" } }) == ["duplicateRequestIDs - warning"])
    var window = World.window(World.table(rows: 200, seed: 2))
    window.repeats = 200
    var patient = QualityRules()
    patient.duplicateRequestIDs.warning = 0.5
    #expect(QualityReport(window, reference: World.reference(), rules: patient).failures == [])
  }

  @Test func `a training mends what the population did, not what a feed or a caller does`() {
    let mended = Dictionary(uniqueKeysWithValues: QualityCheckKind.allCases.map { ($0, $0.isMendedByTraining) })
    #expect(
      mended == [
        .missingRate: false, .columnPresence: false, .duplicateRequestIDs: false, .outOfRange: true,
        .unknownCategory: true, .meanConfidence: true, .unseenClass: true,
      ])
    let missing = report { $0.features = World.table(rows: 200, seed: 3, missing: 0.3) }
    #expect(missing.severity == .critical && missing.mendableSeverity == .none)
    #expect(missing.brokenFeeds == ["amount"])
  }

  @Test func `bounds of the schema are not moved by a training, those that training saw are`() {
    let numbers = (0..<200).map { $0 % 5 == 0 ? 101 : 0.0 }
    for isDeclared in [true, false] {
      var reference = World.reference()
      for index in reference.features.indices where !isDeclared {
        reference.features[index].minimum = nil
        reference.features[index].maximum = nil
      }
      var window = World.window(World.table(rows: 200, seed: 2))
      window.features = window.features.replacing("amount", with: .numeric(numbers.map { isDeclared ? $0 : $0 * 1e6 }))
      let report = QualityReport(window, reference: reference)
      #expect(report.severity == .critical && report.mendableSeverity == (isDeclared ? .none : .critical))
    }
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
