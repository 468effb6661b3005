import Statistics
package import WorkerContract

/// The likelihood ratio test of homogeneity. G is twice the information, in nats, that the rows' categories carry about
/// which of the two samples they are from.
package struct GTest: CategoricalDriftTest {
  package let name = DriftTestName(rawValue: "GTest")
  package let statisticName = "G"
  package let effectName: String? = "Cramér's V"
  package let effectSymbol = "V"

  package init() {}

  package func measure(_ reference: [Int], _ window: [Int]) -> DriftMeasure {
    let test = ChiSquare(reference, window, divergence: .logLikelihood)
    return DriftMeasure(statistic: test.statistic, pValue: test.pValue, effect: test.effect)
  }
}
