/// FNV-1a (G. Fowler, L. Noll, K.-P. Vo, 1991), 64 bits: the same in every process, on every machine and in every release.
/// It tells contents apart; it does not protect against forgery.
///
/// Names, digests and the routing of requests are made of its values, and older releases stored them: they never change.
/// It can be inlined, as it runs for each cell of a table and for each request.
public struct StableHash: Sendable {
  @usableFromInline var state: UInt64

  @inlinable public init() { state = 0xcbf2_9ce4_8422_2325 }

  /// Goes on from a value; for hashes with a salt.
  @inlinable public init(from value: UInt64) { state = value }

  /// The hash of what was added so far.
  @inlinable public var value: UInt64 { state }

  @inlinable public mutating func add(_ byte: UInt8) { state = (state ^ UInt64(byte)) &* 0x100_0000_01b3 }

  @inlinable public mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { add(byte) }
  }

  @inlinable public static func value(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var hash = StableHash()
    hash.add(bytes)
    return hash.value
  }

  /// 16 hexadecimal digits.
  @inlinable public static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String { digits(value(bytes)) }

  @usableFromInline static func digits(_ value: UInt64) -> String { Figures.hexadecimal(value) }

  /// The finisher of SplitMix64 (S. Vigna, 2015): a bijection whose every output bit depends on every input bit. The low
  /// bits of FNV-1a alone are uneven for short texts.
  @inlinable public static func mixed(_ value: UInt64) -> UInt64 {
    var bits = value
    bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
    return bits ^ (bits >> 31)
  }
}
