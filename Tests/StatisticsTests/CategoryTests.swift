import Statistics
import Testing
import Values

@Suite struct CategoryTests {
  /// From `scipy.stats.chi2_contingency(…, correction=False)`.
  @Test(
    arguments: [
      ([30, 20, 50], [35, 30, 40], 3.375783475783474, 2, 0.18490894987533193),
      ([100, 200, 300, 400], [12, 25, 27, 44], 1.4338025370645144, 3, 0.697630707124504),
      ([500, 0, 20], [480, 30, 10], 33.74149659863945, 2, 4.7111519082424466e-08),
      ([1000, 2000], [130, 240], 0.479778134645391, 1, 0.48852282969425576),
    ] as [([Int], [Int], Double, Int, Double)])
  func `chi-square equals SciPy's`(
    first: [Int], second: [Int], statistic: Double, degrees: Int, pValue: Double
  ) {
    let test = ChiSquare(first, second)
    #expect(agree(test.statistic, statistic))
    #expect(test.degrees == degrees)
    #expect(agree(test.pValue, pValue))
    #expect(test.pooled == 0)
  }

  /// From `scipy.stats.chi2_contingency(…, correction=False, lambda_="log-likelihood")`, SciPy 1.17.1.
  @Test(
    arguments: [
      ([30, 20, 50], [35, 30, 40], 3.3899923451607847, 2, 0.1835999317403518),
      ([100, 200, 300, 400], [12, 25, 27, 44], 1.452639245306604, 3, 0.6932434947727208),
      ([500, 0, 20], [480, 30, 10], 45.39500317239785, 2, 1.388674012136832e-10),
      ([1000, 2000], [130, 240], 0.47657435586032015, 1, 0.48997810374632633),
    ] as [([Int], [Int], Double, Int, Double)])
  func `the likelihood ratio equals SciPy's`(
    first: [Int], second: [Int], statistic: Double, degrees: Int, pValue: Double
  ) {
    let test = ChiSquare(first, second, divergence: .logLikelihood)
    #expect(agree(test.statistic, statistic))
    #expect(test.degrees == degrees)
    #expect(agree(test.pValue, pValue))
    #expect(test.effect == ChiSquare(first, second).effect)
  }

  /// From `scipy.stats.contingency.association(…, method="cramer")`.
  @Test(
    arguments: [
      ([30, 20, 50], [35, 30, 35], 0.15861390557174987), ([500, 0, 20], [480, 30, 10], 0.1801214777017472),
      ([100, 0], [0, 100], 1.0),
    ] as [([Int], [Int], Double)])
  func `the effect is Cramér's V of equally large samples, whatever their sizes`(
    first: [Int], second: [Int], effect: Double
  ) {
    #expect(agree(ChiSquare(first, second).effect, effect))
    #expect(agree(ChiSquare(first.map { $0 * 300 }, second).effect, effect))
  }

  /// From `scipy.stats.hypergeom`: twice the smaller tail.
  @Test(
    arguments: [
      ([10000, 0], [100, 1], 0.01999801999802), ([9990, 10], [98, 2], 0.012009202560463348),
      ([10000, 0], [80, 20], 2.177978615684485e-41),
    ] as [([Int], [Int], Double)])
  func `a rare category is judged exactly`(first: [Int], second: [Int], pValue: Double) {
    #expect(agree(ChiSquare(first, second).pValue, pValue, 1e-7))
  }

  @Test func `rare categories are put together so that one odd row is no alarm`() {
    let reference = [5000, 4000, 3, 2, 1, 0]
    let test = ChiSquare(reference, [51, 48, 0, 0, 0, 1])
    #expect(test.pooled == 4)
    #expect(test.degrees == 1)
    #expect(test.pValue > 0.05)
  }

  @Test func `an unseen category that is common is found`() {
    let test = ChiSquare([500, 500, 0], [40, 40, 20])
    #expect(test.pValue < 1e-12)
    #expect(test.effect > 0.1)
  }

  @Test(arguments: [([100], [50]), ([100, 0], [50, 0]), ([0, 0], [3, 4]), ([3, 4], []), ([1, 1], [1, 0])])
  func `one category or an empty sample gives p of one`(first: [Int], second: [Int]) {
    #expect(ChiSquare(first, second).pValue == 1)
  }

  /// From `scipy.spatial.distance.jensenshannon`.
  @Test(
    arguments: [
      ([30, 20, 50], [35, 30, 40], 0.09096371771465124), ([1, 0, 0], [0, 1, 0], 0.8325546111576977),
      ([10, 10], [10, 10], 0.0), ([1, 2, 3, 4], [4, 0, 2, 1], 0.4387700526927746),
    ] as [([Int], [Int], Double)])
  func `the Jensen–Shannon distance equals SciPy's`(first: [Int], second: [Int], distance: Double) {
    #expect(agree(jensenShannonDistance(first, second), distance))
  }

  @Test func `the stability index is Jeffreys' divergence of the shares`() {
    // (0.5 − 0.25) ln 2 + (0.5 − 0.75) ln (2/3)
    #expect(agree(populationStability([25, 75], [50, 50]), 0.25 * 0.6931471805599453 + 0.25 * 0.4054651081081644))
    #expect(populationStability([10, 20], [100, 200]) == 0)
    #expect(populationStability([], []) == 0)
    #expect(populationStability([100, 0], [100, 0]) == 0)
    #expect(populationStability([100, 0], [50, 50]) > 1)
  }

  @Test func `without drift the index seldom exceeds its noise`() {
    var generator = SeededGenerator(seed: 7)
    let noise = populationStabilityNoise(bins: 10, reference: 2000, sample: 200, significance: 0.05)
    var above = 0
    for _ in 0..<200 {
      var counts = ([Int](repeating: 0, count: 10), [Int](repeating: 0, count: 10))
      for _ in 0..<2000 { counts.0[generator.index(below: 10)] += 1 }
      for _ in 0..<200 { counts.1[generator.index(below: 10)] += 1 }
      if populationStability(counts.0, counts.1) > noise { above += 1 }
    }
    #expect((1...25).contains(above))
  }
}
