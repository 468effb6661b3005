import Testing

@testable import Statistics

@Suite struct KolmogorovSmirnovTests {
  /// From `scipy.stats.ks_2samp`, SciPy 1.17.1.
  @Test(
    arguments: [
      (30, 30, 0.0, 1, 0.16666666666666666, 0.8079631540901643),
      (50, 50, 0.2, 2, 0.28, 0.039194586195352224),
      (30, 47, 0.1, 3, 0.35602836879432626, 0.013901688826150648),
      (200, 1000, 0.05, 4, 0.105, 0.0482602092326388),
      (100, 37, 0.6, 5, 0.68, 1.4590187218421686e-12),
      (5, 7, 0.9, 6, 1.0, 0.0025252525252525255),
      (1000, 999, 0.02, 7, 0.03835035035035035, 0.44044769062550587),
      (10000, 12, 0.3, 8, 0.5, 0.002702483447353152),
      (10001, 40, 0.1, 9, 0.1926182381761824, 0.08956979016645206),
      (10001, 300, 0.1, 10, 0.1405382795053828, 1.7764759873899387e-05),
      (12000, 15000, 0.02, 11, 0.02811666666666668, 5.179298941784794e-05),
      (12000, 15000, 0.0, 12, 0.011083333333333334, 0.383127213470179),
      (20000, 100, 0.3, 13, 0.33909999999999996, 9.185443748543061e-11),
      (20000, 10001, 0.05, 14, 0.05532315768423157, 3.545185339258874e-18),
      (10001, 100, 0.0, 15, 0.10575542445755426, 0.20320947696479788),
      (10001, 31, 0.6, 16, 0.6454354564543545, 4.0456488494798397e-13),
    ] as [(Int, Int, Double, Int, Double, Double)])
  func `the test equals SciPy's`(m: Int, n: Int, shift: Double, seed: Int, statistic: Double, pValue: Double) {
    let first = numbers(seed: seed, m).sorted()
    let second = numbers(seed: seed + 100, n).map { $0 + shift }.sorted()
    for test in [KolmogorovSmirnov(sorted: first, second), KolmogorovSmirnov(sorted: second, first)] {
      #expect(agree(test.statistic, statistic))
      #expect(agree(test.pValue, pValue, 1e-7))
    }
  }

  /// From `scipy.stats.kstwo.sf`.
  @Test(
    arguments: [
      (1, 0.6, 0.8), (2, 0.4, 0.82), (10, 0.05, 1.0), (10, 0.06, 0.9999999999628411), (10, 0.3, 0.27053557479999946),
      (20, 0.1, 0.976255094592155), (20, 0.6, 2.0483011649719853e-07), (100, 0.05, 0.9532159710635725),
      (100, 0.1, 0.2526927570063874), (100, 0.19, 0.0012339926382722768), (100, 0.25, 5.408871776434847e-06),
      (140, 0.15, 0.0032495604415101703), (141, 0.15, 0.0031058623613645147), (200, 0.04, 0.8932878117043649),
      (1000, 0.03, 0.3226902143914636), (1000, 0.05, 0.013012074781090332), (5000, 0.01, 0.6954557253913853),
      (100000, 0.003, 0.3284563327726956), (100000, 0.01, 4.093278023549254e-09),
      (100000, 0.001, 0.9999638407940036), (1_000_000, 0.001, 0.26982107442589376), (30, 0.97, 4.11782264189309e-46),
    ] as [(Int, Double, Double)])
  func `the one-sample distribution equals SciPy's`(n: Int, x: Double, survival: Double) {
    #expect(agree(kolmogorovSurvival(n: n, x), survival, 1e-6))
  }

  @Test func `a constant column and an empty sample give p of one`() {
    #expect(KolmogorovSmirnov(sorted: [3, 3, 3], [3, 3]).pValue == 1)
    #expect(KolmogorovSmirnov(sorted: [], [3, 3]).pValue == 1)
    #expect(KolmogorovSmirnov(sorted: Array(repeating: 1, count: 20_000), [1, 1]).pValue == 1)
  }

  @Test func `wholly different samples give a distance of one`() {
    let test = KolmogorovSmirnov(sorted: Array(repeating: 0, count: 20_000), Array(repeating: 1, count: 50))
    #expect(test.statistic == 1)
    #expect(test.pValue < 1e-12)
  }
}
