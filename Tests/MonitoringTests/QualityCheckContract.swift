import Tabular
import Testing
import WorkerContract

@testable import Monitoring

/// What every quality check of the list keeps to.
@Suite struct QualityCheckContract {
  static let kinds: [QualityCheckKind] = QualityChecks.all.map(\.kind)

  static func window(rows: Int = 200, _ change: (inout PredictionWindow) -> Void = { _ in }) -> PredictionWindow {
    var window = World.window(World.table(rows: rows, seed: 2))
    change(&window)
    return window
  }

  private static func rules(_ change: (inout QualityRules) -> Void) -> QualityRules {
    var rules = QualityRules()
    change(&rules)
    return rules
  }

  /// A window that only this check fails, and rules that let it pass; nil where the check has no limit.
  static func broken(_ kind: QualityCheckKind, rows: Int = 200) -> (window: PredictionWindow, rules: QualityRules?)? {
    switch kind {
    case .missingRate:
      (
        window(rows: rows) { $0.features = World.table(rows: rows, seed: 3, missing: 0.5) },
        rules { ($0.missing.warning, $0.missing.critical) = (0.9, 0.95) }
      )
    case .outOfRange:
      (
        window(rows: rows) {
          $0.features = $0.features.replacing("amount", with: .numeric((0..<rows).map { $0 % 2 == 0 ? 500 : 0 }))
        }, rules { $0.outOfRange.critical = 0.9 }
      )
    case .unknownCategory:
      (
        window(rows: rows) {
          let codes = (0..<rows).map { Int32($0 % 2) }
          $0.features = $0.features.replacing("colour", with: .categorical(codes: codes, levels: ["red", "puce"]))
        }, rules { $0.unknownCategory.warning = 0.9 }
      )
    case .duplicateRequestIDs:
      (window(rows: rows) { $0.repeats = rows }, rules { $0.duplicateRequestIDs.warning = 0.9 })
    case .meanConfidence:
      (
        window(rows: rows) { $0.confidences = $0.confidences.map { _ in 0.4 } },
        rules { $0.meanConfidence.warning = 0.1 }
      )
    case .columnPresence: (window(rows: rows) { $0.features = $0.features.removing(["colour"]) }, nil)
    case .unseenClass: (window(rows: rows) { $0.predicted[0] = "2" }, nil)
    case .other: nil
    }
  }

  @Test func `each kind of the contract is one check of the list`() {
    #expect(Set(Self.kinds) == Set(QualityCheckKind.allCases))
    #expect(Self.kinds.count == QualityCheckKind.allCases.count)
    #expect(QualityChecks.ofFeatures.count + QualityChecks.ofRows.count == QualityChecks.all.count)
  }

  @Test(arguments: kinds) func `a clean window passes`(_ kind: QualityCheckKind) {
    let findings = QualityReport(Self.window(), reference: World.reference()).checks.filter { $0.kind == kind }
    #expect(!findings.isEmpty && findings.allSatisfy { $0.passed && $0.severity == .none })
  }

  @Test(arguments: kinds) func `a broken one fails this check alone, by its limit`(_ kind: QualityCheckKind) throws {
    let (window, patient) = try #require(Self.broken(kind))
    let failures = QualityReport(window, reference: World.reference()).failures
    let finding = try #require(failures.first)
    #expect(failures.count == 1 && finding.kind == kind && finding.severity != .none)
    #expect(
      kind == .meanConfidence || kind == .columnPresence ? finding.value < finding.limit : finding.value > finding.limit
    )
    #expect(finding.message.count > 10)
    let isOfFeature = QualityChecks.ofFeatures.contains { $0.kind == kind }
    #expect((finding.feature != nil) == isOfFeature)
    if let feature = finding.feature { #expect(World.schema.features.map(\.name).contains(feature)) }
    if let patient { #expect(QualityReport(window, reference: World.reference(), rules: patient).failures == []) }
  }

  @Test(arguments: kinds) func `few rows fail those checks only that say so`(_ kind: QualityCheckKind) throws {
    let (window, _) = try #require(Self.broken(kind, rows: 10))
    let check = try #require(QualityChecks.all.first { $0.kind == kind })
    let report = QualityReport(window, reference: World.reference())
    #expect(!report.conclusive && report.failures.map(\.kind) == (check.judgesFewRows ? [kind] : []))
  }

  @Test(arguments: kinds) func `odd windows give sound figures, and no row gives none`(_ kind: QualityCheckKind) {
    var reference = World.reference()
    reference.predictions?.meanConfidence = 0
    let one = Self.window(rows: 1)
    let constant = Self.window {
      $0.features = $0.features.replacing("amount", with: .numeric([Double](repeating: 4, count: 200)))
    }
    let allMissing = Self.window { $0.features = World.table(rows: 200, seed: 3, missing: 1) }
    let infinite = Self.window {
      $0.features = $0.features.replacing(
        "amount", with: .numeric((0..<200).map { [.infinity, -.infinity, .nan, 1][$0 % 4] }))
    }
    for window in [one, constant, allMissing, infinite] {
      let findings = QualityReport(window, reference: reference, minimumSamples: 1).checks.filter { $0.kind == kind }
      #expect(!findings.isEmpty)
      for finding in findings {
        #expect((0...1).contains(finding.value) && (0...1).contains(finding.limit) && !finding.message.isEmpty)
        #expect(finding.passed == (finding.severity == .none))
      }
    }
    #expect(QualityReport(Self.window(rows: 0), reference: reference).checks == [])
  }
}
