import Statistics
import Testing

@Suite struct InferenceTests {
  /// From `scipy.stats.false_discovery_control`.
  @Test func `corrections equal SciPy's`() {
    let pValues = [0.01, 0.04, 0.03, 0.2, 0.005, 0.9]
    for (ours, theirs) in zip(benjaminiHochberg(pValues), [0.03, 0.06, 0.06, 0.24, 0.03, 0.9]) {
      #expect(agree(ours, theirs))
    }
    #expect(bonferroni([0.01, 0.4, 0.9]) == [0.03, 1, 1])
    #expect(benjaminiHochberg([]) == [])
  }

  /// From `scipy.stats.binomtest(…).proportion_ci`.
  @Test(
    arguments: [
      (0, 10, 0.95, 0.0, 0.27753279986288926), (10, 10, 0.95, 0.7224672001371109, 1.0),
      (3, 17, 0.95, 0.061911266376209945, 0.4102945856883412), (450, 500, 0.99, 0.86003290469044, 0.9294902858429648),
      (1, 1000, 0.9, 0.00022312384391207085, 0.00446972290936893),
    ] as [(Int, Int, Double, Double, Double)])
  func `intervals of shares equal SciPy's`(
    successes: Int, trials: Int, confidence: Double, lower: Double, upper: Double
  ) {
    let wilson = wilsonInterval(successes, of: trials, confidence: confidence)
    #expect(agree(wilson.lower, lower, 1e-9) && agree(wilson.upper, upper, 1e-9))
  }

  /// From `scipy.stats.binomtest` and `binom`.
  @Test(
    arguments: [
      (10, 3, 0.05737304687500002), (5, 5, 1.0), (0, 8, 0.003906249999999993), (120, 80, 0.00466005197464012),
      (1, 0, 0.5), (600, 520, 0.01683788670511216),
    ] as [(Int, Int, Double)])
  func `McNemar's p-values equal SciPy's`(firstOnly: Int, secondOnly: Int, mid: Double) {
    let test = McNemar(rows: 2000, firstOnly: firstOnly, secondOnly: secondOnly)
    #expect(agree(test.midPValue, mid))
    let interval = test.interval()
    #expect(interval.lower <= test.difference && test.difference <= interval.upper)
  }

  @Test func `McNemar counts rows that only one has right`() {
    let test = McNemar(firstCorrect: [true, true, false, false], secondCorrect: [true, false, true, true])
    #expect(test == McNemar(rows: 4, firstOnly: 1, secondOnly: 2))
    #expect(McNemar(rows: 9, firstOnly: 0, secondOnly: 0).midPValue == 1)
  }

  /// From a direct computation of the placements in NumPy; DeLong et al. (1988), equations 2 to 7.
  @Test(arguments: [
    (
      40, 31,
      [
        0.7305764411027569, 0.6177944862155388, 0.006315845308062696, 0.008226881601106639, 0.0002213571383205995,
        0.1127819548872181, 0.014100012632528134, 0.34221644007124774, -0.1199509776752446, 0.3455148874496808,
      ]
    ),
    (
      300, 41,
      [
        0.7537037037037035, 0.6169907407407408, 0.0007869310207990128, 0.001081114005479885, 3.9642259730523924e-05,
        0.13671296296296276, 0.0017887605068178502, 0.0012272791786269118, 0.0538187543170946, 0.21960717160883092,
      ]
    ),
  ])
  func `DeLong's comparison has the known values`(rows: Int, seed: Int, expected: [Double]) throws {
    let positives = numbers(seed: seed, rows).map { $0 < 0.4 }
    let first = zip(numbers(seed: seed + 1, rows), positives).map { rounded($0 + ($1 ? 0.3 : 0), 10) }
    let second = zip(numbers(seed: seed + 2, rows), positives).map { rounded($0 + ($1 ? 0.15 : 0), 100) }
    let test = try #require(DeLong(first: first, second: second, positives: positives))
    let interval = test.interval()
    let ours = [
      test.first, test.second, test.firstVariance, test.secondVariance, test.covariance, test.difference, test.variance,
      test.pValue, interval.lower, interval.upper,
    ]
    for (our, their) in zip(ours, expected) { #expect(agree(our, their, 1e-9)) }
    #expect(areaUnderCurve(scores: first, positives: positives).map { agree($0, expected[0]) } == true)
  }

  private func rounded(_ value: Double, _ scale: Double) -> Double {
    (value * scale).rounded(.toNearestOrEven) / scale
  }

  @Test func `a score against itself is no difference`() throws {
    let scores = numbers(seed: 3, 50)
    let positives = numbers(seed: 4, 50).map { $0 < 0.5 }
    let test = try #require(DeLong(first: scores, second: scores.map { $0 * 2 }, positives: positives))
    #expect(test.difference == 0 && test.pValue == 1)
    #expect(DeLong(first: [1, 2], second: [1, 2], positives: [true, false]) == nil)
    #expect(areaUnderCurve(scores: [1, 2], positives: [true, true]) == nil)
  }

  @Test func `the bootstrap covers a clear difference and repeats itself`() {
    let values = numbers(seed: 9, 200).map { $0 - 0.2 }
    let mean = { (rows: [Int]) in rows.reduce(0) { $0 + values[$1] } / Double(rows.count) }
    let first = PairedBootstrap(rows: 200, resamples: 400, seed: 1, measure: mean)
    #expect(first == PairedBootstrap(rows: 200, resamples: 400, seed: 1, measure: mean))
    #expect(first.lower < first.difference && first.difference < first.upper && first.lower > 0)
    #expect(first.pValue < 0.02)
    let none = PairedBootstrap(rows: 200, resamples: 400, seed: 2) { _ in 0 }
    #expect(none.pValue == 1)
    #expect(PairedBootstrap(rows: 0, seed: 2) { _ in .nan }.pValue == 1)
  }
}
