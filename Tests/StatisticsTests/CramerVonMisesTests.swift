import Testing

@testable import Statistics

@Suite struct CramerVonMisesTests {
  /// From `scipy.stats.cramervonmises_2samp(…, method="asymptotic")`, SciPy 1.17.1; the effect from its definition in
  /// NumPy.
  @Test(
    arguments: [
      (30, 30, 0.0, 1, 0.1338888888888885, 0.4537644032607676, 0.16193277068654824),
      (50, 50, 0.2, 2, 0.7577999999999996, 0.009166288897047403, 0.30122416901702936),
      (30, 47, 0.1, 3, 0.7061895551257251, 0.01216786859655572, 0.33961783615421726),
      (200, 1000, 0.05, 4, 0.9459227777777812, 0.003279307362748729, 0.13047647297501588),
      (100, 37, 0.6, 5, 5.967549812586309, 7.787881450838086e-12, 0.8140925926773654),
      (1000, 999, 0.02, 7, 0.22554658159913288, 0.22310199319458102, 0.036789350444877474),
      (10001, 300, 0.1, 10, 2.82864884346111, 1.7844829791613392e-07, 0.17068928374876863),
      (2, 3, 0.4, 33, 0.16666666666666663, 0.46969167403539835, 0.5773502691896258),
    ] as [(Int, Int, Double, Int, Double, Double, Double)])
  func `the test equals SciPy's where no value occurs twice`(
    m: Int, n: Int, shift: Double, seed: Int, statistic: Double, pValue: Double, effect: Double
  ) {
    let first = numbers(seed: seed, m).sorted()
    let second = numbers(seed: seed + 100, n).map { $0 + shift }.sorted()
    for test in [CramerVonMises(sorted: first, second), CramerVonMises(sorted: second, first)] {
      #expect(agree(test.statistic, statistic, 1e-9))
      // SciPy subtracts a series from 1, which leaves it eleven decimals.
      #expect(abs(test.pValue - pValue) < 1e-6 * pValue + 1e-11, "\(test.pValue)")
      #expect(agree(test.effect, effect, 1e-9))
    }
  }

  /// From `1 - scipy.stats._hypotests._cdf_cvm_inf`. SciPy has no digit left at the last two, which
  /// are the same integral in NumPy with 2048 nodes.
  @Test(
    arguments: [
      (0.003, 1.0), (0.02, 0.9969993856983981), (0.05, 0.876280931041351), (0.1, 0.5848734384067971),
      (0.2, 0.2674704305407771), (0.46136, 0.05000038313265287), (1, 0.002460452180135797), (2, 1.2780736265760595e-05),
      (10, 4.17894109288644e-23), (100, 1.7349803174e-216),
    ])
  func `the limiting distribution equals SciPy's`(x: Double, survival: Double) {
    #expect(agree(cramerVonMisesSurvival(x), survival, 1e-8))
  }

  /// The mean of SciPy's T over 300 random orders of the ties, and its standard error.
  @Test(
    arguments: [
      (200, 150, 0.1, 31, 5.0, 0.6810853888888873, 0.00579), (400, 90, 0.0, 32, 2, 0.08171679232804195, 0.00291),
      (21, 5000, 0.15, 34, 20, 0.2911452377127183, 0.000889),
    ] as [(Int, Int, Double, Int, Double, Double, Double)])
  func `ties count as the mean over their orders, also of samples whose sizes differ`(
    m: Int, n: Int, shift: Double, seed: Int, steps: Double, statistic: Double, error: Double
  ) {
    let first = numbers(seed: seed, m).map { ($0 * steps).rounded(.down) }.sorted()
    let second = numbers(seed: seed + 100, n).map { (($0 + shift) * steps).rounded(.down) }.sorted()
    let test = CramerVonMises(sorted: first, second)
    #expect(abs(test.statistic - statistic) < 3 * error)
    // Equal values are bins of their own: both ways are one.
    let values = Set(first + second).sorted()
    let counts = [first, second].map { sample in values.map { value in sample.count { $0 == value } } }
    #expect(CramerVonMises(counts[0], counts[1]) == test)
  }

  @Test func `the effect is the difference of shares where there are two values, and 1 where nothing is in common`() {
    #expect(agree(CramerVonMises([70, 30], [100, 100]).effect, 0.2))
    #expect(CramerVonMises([5, 0, 0], [0, 0, 900]).effect == 1)
    #expect(CramerVonMises([5, 0], [9, 0]) == CramerVonMises([], [1]))
  }

  @Test func `the effect of counts is within its bound`() {
    let first = numbers(seed: 41, 3000).sorted()
    let second = numbers(seed: 42, 700).map { $0 * $0 }.sorted()
    let exact = CramerVonMises(sorted: first, second).effect
    for count in [2, 5, 20, 100] {
      let bins = QuantileBins(sorted: first, count: count)
      let (a, b) = (bins.counts(ofSorted: first), bins.counts(ofSorted: second))
      let cubes = zip(a, b).map { pair in
        let share = (Double(pair.0) / Double(first.count) + Double(pair.1) / Double(second.count)) / 2
        return share * share * share
      }
      let bound = 2 * (3 * cubes.reduce(0, +)).squareRoot()
      #expect(abs(CramerVonMises(a, b).effect - exact) <= bound, "\(count) bins")
    }
  }
}
