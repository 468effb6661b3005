import Statistics
import Testing
import Values

@Suite struct SeededGeneratorTests {
  @Test func `the stream is xoshiro256** seeded by SplitMix64`() {
    var generator = SeededGenerator(seed: 42)
    #expect(
      (0..<3).map { _ in generator.next() } == [
        1_546_998_764_402_558_742, 6_990_951_692_964_543_102, 12_544_586_762_248_559_009,
      ])
  }

  @Test func `forks differ by name and repeat`() {
    let generator = SeededGenerator(seed: 1)
    var (one, same, other) = (generator.forked("a"), generator.forked("a"), generator.forked("b"))
    let value = one.next()
    #expect(value == same.next())
    #expect(value != other.next())
  }

  /// Taken before the generator moved here: artifacts and simulated rows are made with them.
  @Test func `known forks and draws`() {
    var generator = SeededGenerator(seed: 42)
    var fork = generator.forked("split")
    #expect([fork.next(), fork.next()] == [8_978_847_066_796_872_570, 10_674_713_493_584_114_369])
    var empty = SeededGenerator(seed: -1).forked("")
    #expect(empty.next() == 18_417_855_788_702_263_373)
    #expect(generator.uniform() == 0.08386297105988216)
    #expect(generator.index(below: 1000) == 378)
    #expect(generator.normal() == 1.3438117634372806)
    #expect(generator.sample(3, of: 20) == [16, 17, 18])
  }

  @Test func `draws have their means and deviations`() {
    var generator = SeededGenerator(seed: 5)
    let normal = Moments((0..<20_000).map { _ in generator.normal(mean: 3, deviation: 2) })
    #expect(abs(normal.mean - 3) < 0.06 && abs(normal.deviation - 2) < 0.06)
    let exponential = Moments((0..<20_000).map { _ in generator.exponential(rate: 4) })
    #expect(abs(exponential.mean - 0.25) < 0.01 && abs(exponential.deviation - 0.25) < 0.02)
    let poisson = Moments((0..<20_000).map { _ in Double(generator.poisson(mean: 6)) })
    #expect(abs(poisson.mean - 6) < 0.1 && abs(poisson.deviation - 6.0.squareRoot()) < 0.1)
    let weighted = Moments((0..<20_000).map { _ in Double(generator.index(weights: [1, 0, 3])) })
    #expect(abs(weighted.mean - 1.5) < 0.03)
    let uniform = Moments((0..<20_000).map { _ in generator.uniform(-1...1) })
    #expect(abs(uniform.mean) < 0.03 && uniform.minimum >= -1 && uniform.maximum < 1)
  }

  @Test func `a sample is distinct, ordered and of the asked size`() {
    var generator = SeededGenerator(seed: 5)
    let sample = generator.sample(100, of: 1000)
    #expect(sample.count == 100 && sample == Array(Set(sample)).sorted())
    #expect(generator.sample(5, of: 3) == [0, 1, 2])
  }
}
