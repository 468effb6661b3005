import Foundation

/// xoshiro256** (D. Blackman, S. Vigna, 2018), seeded through SplitMix64: the same numbers from the same seed on every
/// machine and in every release. What resampling calls millions of times can be inlined.
package struct SeededGenerator: RandomNumberGenerator, Sendable, Equatable {
  @usableFromInline var state: (UInt64, UInt64, UInt64, UInt64)

  package init(seed: UInt64) {
    var mixer = SplitMix64(seed: seed)
    state = (mixer.next(), mixer.next(), mixer.next(), mixer.next())
  }

  /// From 256 bits of another source, such as the system's: for numbers that no other process draws.
  package init(from source: inout some RandomNumberGenerator) {
    // All zeros is the one state that the generator never leaves.
    state = (source.next() | 1, source.next(), source.next(), source.next())
  }

  package init(seed: Int) { self.init(seed: UInt64(bitPattern: Int64(seed))) }

  package static func == (left: Self, right: Self) -> Bool { left.state == right.state }

  @inlinable package mutating func next() -> UInt64 {
    let scrambled = state.1 &* 5
    let result = ((scrambled << 7) | (scrambled >> 57)) &* 9
    let shifted = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= shifted
    state.3 = (state.3 << 45) | (state.3 >> 19)
    return result
  }

  /// A generator of its own for the task of this name, the same for the same seed and name.
  package func forked(_ name: String) -> SeededGenerator {
    var hash = StableHash(from: state.0 ^ (state.3 << 1))
    hash.add(name.utf8)
    return SeededGenerator(seed: hash.value)
  }

  /// Uniform in [0, 1), a multiple of 2⁻⁵³.
  @inlinable package mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

  @inlinable package mutating func uniform(_ range: ClosedRange<Double>) -> Double {
    range.lowerBound + uniform() * (range.upperBound - range.lowerBound)
  }

  /// Uniform in 0 ..< count; `count` must be positive. The bias is below count · 2⁻⁶⁴ (D. Lemire, 2019, without rejection).
  @inlinable package mutating func index(below count: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(max(1, count))).high)
  }

  @inlinable package mutating func bernoulli(_ probability: Double) -> Bool { uniform() < probability }

  /// Normal by inversion-free transformation (G. Box, M. Muller, 1958); one of the pair is thrown away, so that the
  /// generator has no other state.
  package mutating func normal(mean: Double = 0, deviation: Double = 1) -> Double {
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return mean + deviation * radius * cos(2 * .pi * uniform())
  }

  package mutating func exponential(rate: Double = 1) -> Double { -log(1 - uniform()) / rate }

  /// exp of a normal.
  package mutating func logNormal(mean: Double, deviation: Double) -> Double {
    exp(normal(mean: mean, deviation: deviation))
  }

  /// Poisson by multiplication (D. Knuth, 1969); means above 500 by a rounded normal.
  package mutating func poisson(mean: Double) -> Int {
    guard mean > 0 else { return 0 }
    guard mean <= 500 else { return max(0, Int(normal(mean: mean, deviation: mean.squareRoot()).rounded())) }
    let limit = exp(-mean)
    var product = uniform()
    var count = 0
    while product > limit {
      product *= uniform()
      count += 1
    }
    return count
  }

  /// A position drawn in proportion to its weight; the weights must not all be 0.
  package mutating func index(weights: [Double]) -> Int {
    var rest = uniform() * weights.reduce(0, +)
    for (position, weight) in weights.enumerated() {
      rest -= weight
      if rest < 0 { return position }
    }
    return max(0, weights.count - 1)
  }

  /// `count` distinct positions of 0 ..< total in ascending order, each set equally likely (selection sampling,
  /// D. Knuth, 1969); all of them where `count` is not smaller.
  package mutating func sample(_ count: Int, of total: Int) -> [Int] {
    guard count < total else { return Array(0..<max(0, total)) }
    var chosen: [Int] = []
    chosen.reserveCapacity(count)
    for position in 0..<total where chosen.count < count {
      if uniform() * Double(total - position) < Double(count - chosen.count) { chosen.append(position) }
    }
    return chosen
  }
}
