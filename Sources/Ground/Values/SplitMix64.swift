/// SplitMix64 (G. Steele, D. Lea, C. Flood, 2014; S. Vigna, 2015): 64 bits of state, so that a number is all that has to
/// be kept to go on.
package struct SplitMix64: RandomNumberGenerator, Sendable, Equatable {
  package private(set) var state: UInt64

  package init(seed: UInt64) { state = seed }

  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    return StableHash.mixed(state)
  }
}
