import Testing

@testable import Statistics

@Suite struct NumericTests {
  /// From `scipy.stats.wasserstein_distance`.
  @Test(arguments: [
    (10, 10, 0.3, 0.08059393158182501), (20, 7, 1.5, 1.3261596802555558), (100, 333, 0, 0.021385570120922216),
  ])
  func `the Wasserstein distance equals SciPy's`(m: Int, n: Int, shift: Double, distance: Double) {
    let first = numbers(seed: 21, m).sorted()
    let second = numbers(seed: 22, n).map { $0 + shift }.sorted()
    #expect(agree(wassersteinDistance(sorted: first, second), distance))
    #expect(agree(wassersteinDistance(sorted: second, first), distance))
  }

  /// From `scipy.stats.chi2.sf`.
  @Test(arguments: [
    (3.84, 1, 0.05004352124870519), (0.1, 5, 0.9998376833880774), (30, 9, 0.00043872177097947936),
    (200, 100, 1.1784500720979781e-08), (1000, 5, 6.0100776879208495e-214), (0, 3, 1.0),
  ])
  func `the chi-square distribution equals SciPy's`(x: Double, degrees: Int, survival: Double) {
    #expect(agree(chiSquareSurvival(x, degrees: degrees), survival))
  }

  /// From `scipy.stats.chi2.isf`.
  @Test(arguments: [
    (0.05, 9, 16.91897760462045), (0.01, 1, 6.634896601021217), (0.0035714285714285718, 9, 24.50423647363206),
    (0.5, 100, 99.33412923598846),
  ])
  func `its quantiles equal SciPy's`(probability: Double, degrees: Int, quantile: Double) {
    #expect(agree(chiSquareUpperQuantile(probability, degrees: degrees), quantile))
  }

  /// From `scipy.stats.norm.ppf`.
  @Test(arguments: [
    (0.5, 0.0), (0.975, 1.959963984540054), (1e-10, -6.361340902404056), (0.001, -3.090232306167813),
    (0.3, -0.5244005127080409), (0.999999999, 5.997807019601637),
  ])
  func `the normal quantile equals SciPy's`(probability: Double, quantile: Double) {
    #expect(abs(normalQuantile(probability) - quantile) < 1e-9)
  }

  /// From `numpy.quantile`, `numpy.mean` and `numpy.std(ddof=1)`.
  @Test func `quantiles and moments equal NumPy's`() {
    let values = numbers(seed: 51, 25)
    let sorted = values.sorted()
    let expected = [
      (0, 0.2051040423102677), (0.1, 0.24042828036472202), (0.333, 0.513111121147871), (0.5, 0.6592127233743668),
      (0.95, 0.971328452322632), (1, 0.9906000029295683),
    ]
    for (share, value) in expected { #expect(agree(quantile(ofSorted: sorted, share), value)) }
    let moments = Moments(values + [.nan])
    #expect(moments.count == 25)
    #expect(agree(moments.mean, 0.62665248952806))
    #expect(agree(moments.deviation, 0.25388430117846555))
    var merged = Moments(Array(values[..<7]))
    merged.merge(Moments(Array(values[7...])))
    merged.merge(Moments())
    #expect(agree(merged.mean, moments.mean) && agree(merged.deviation, moments.deviation))
    #expect(merged.minimum == sorted.first && merged.maximum == sorted.last && merged.count == 25)
  }

  @Test func `bins hold about equal shares, repeated values one of their own`() {
    let plain = QuantileBins(sorted: (0..<100).map(Double.init), count: 10)
    #expect(plain.count == 10)
    #expect(plain.counts(ofSorted: (0..<100).map(Double.init)) == Array(repeating: 10, count: 10))

    let heavy = (Array(repeating: 0.0, count: 90) + (1...10).map(Double.init)).sorted()
    let bins = QuantileBins(sorted: heavy, count: 10)
    #expect(bins.counts(ofSorted: heavy).contains(90))
    #expect(bins.counts(ofSorted: [-1, 0, 0, 5]).first == 1)

    let constant = QuantileBins(sorted: [4, 4, 4], count: 10)
    #expect(constant.counts(ofSorted: [3, 4, 4, 5, 6]) == [1, 2, 2])
    #expect(QuantileBins(sorted: [], count: 10).counts(ofSorted: [1, 2]) == [2])
    for value in [-1.0, 0, 0.5, 9, 10, 11] {
      var counts = [Int](repeating: 0, count: bins.count)
      counts[bins.index(of: value)] = 1
      #expect(bins.counts(ofSorted: [value]) == counts)
    }
  }

  @Test func `histograms of the same bins add up`() {
    let bins = QuantileBins(edges: [1, 2])
    var first = Histogram(bins: bins)
    var second = Histogram(bins: bins)
    for value in [0, 1, 1.5, .nan] { first.add(value) }
    for value in [3.0, 4] { second.add(value) }
    let merged = first.merge(second)
    #expect(merged)
    #expect(first.counts == [2, 1, 2] && first.missing == 1)
    let refused = first.merge(Histogram(bins: QuantileBins(edges: [1])))
    #expect(!refused)
  }
}
