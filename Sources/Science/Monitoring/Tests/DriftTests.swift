package import WorkerContract

/// The list of drift tests. `spec.drift.numeric.test` and `spec.drift.categorical.test` choose from it, and what the
/// CRD allows is made from it.
package enum DriftTests {
  package static let all: [any DriftTest] = [
    KolmogorovSmirnovTest(), CramerVonMisesTest(), ChiSquareTest(), GTest(),
  ]

  package static let numeric: [any NumericDriftTest] = all.compactMap { $0 as? any NumericDriftTest }
  package static let categorical: [any CategoricalDriftTest] = all.compactMap { $0 as? any CategoricalDriftTest }

  /// nil: this release has no such test.
  package static func named(_ name: DriftTestName) -> (any DriftTest)? { all.first { $0.name == name } }

  /// `amount drifted critically: …`, in the words of the finding's test.
  package static func sentence(about finding: DriftFinding) -> String {
    named(finding.test)?.sentence(about: finding)
      ?? "\(finding.feature): \(finding.test.rawValue) \(shortText(finding.statistic))"
  }
}

/// The tests that a policy's rules name.
package struct ChosenDriftTests: Sendable {
  package let numeric: any NumericDriftTest
  package let categorical: any CategoricalDriftTest

  package init(_ rules: DriftRules) throws(UnknownDriftTest) {
    guard let numeric = DriftTests.numeric.first(where: { $0.name == rules.numeric.test }) else {
      throw UnknownDriftTest(
        field: "spec.drift.numeric.test", name: rules.numeric.test, known: DriftTests.numeric.map(\.name))
    }
    guard let categorical = DriftTests.categorical.first(where: { $0.name == rules.categorical.test }) else {
      throw UnknownDriftTest(
        field: "spec.drift.categorical.test", name: rules.categorical.test, known: DriftTests.categorical.map(\.name))
    }
    self.numeric = numeric
    self.categorical = categorical
  }
}

/// The rules name a test that this release does not have, or that is of the other type of feature.
package struct UnknownDriftTest: Error, Equatable, CustomStringConvertible {
  /// As a MonitoringPolicy has it: `spec.drift.numeric.test`.
  package let field: String
  package let name: DriftTestName
  package let known: [DriftTestName]

  package var description: String {
    "\(field) is '\(name.rawValue)'; this release has \(known.map(\.rawValue).joined(separator: " and "))"
  }
}
