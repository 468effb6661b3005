import Statistics
package import WorkerContract

/// The chi-square test of homogeneity, with rare categories taken together.
package struct ChiSquareTest: CategoricalDriftTest {
  package let name = DriftTestName.chiSquare
  package let statisticName = "chi-square"
  package let effectName: String? = "Cramér's V"
  package let effectSymbol = "V"

  package init() {}

  package func measure(_ reference: [Int], _ window: [Int]) -> DriftMeasure {
    let test = ChiSquare(reference, window)
    return DriftMeasure(statistic: test.statistic, pValue: test.pValue, effect: test.effect)
  }
}
