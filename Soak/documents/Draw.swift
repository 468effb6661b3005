import Values

/// Chance with a seed for each input, so that one can be made again without those before it.
struct Draw: RandomNumberGenerator {
  private var generator: SplitMix64

  init(seed: UInt64, index: UInt64) {
    generator = SplitMix64(seed: seed &* 0xd6e8_feb8_6659_fd93 &+ index &* 0xa076_1d64_78bd_642f)
    _ = next()
  }

  mutating func next() -> UInt64 { generator.next() }

  mutating func below(_ bound: Int) -> Int { bound < 2 ? 0 : Int(next() % UInt64(bound)) }

  /// True once in `of`.
  mutating func once(in of: Int) -> Bool { below(of) == 0 }

  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}
