/// A stable hash of a request's key: the same in every process and every release, so that a key stays with its version.
///
/// FNV-1a, 64 bits (G. Fowler, L. Noll, K.-P. Vo, 1991), finished by the mixer of SplitMix64 (S. Vigna, 2015), as the low
/// bits of FNV-1a alone are uneven for short keys.
package enum RequestHash {
  /// Different purposes take different salts, so that what is sampled does not depend on where it was routed.
  package enum Purpose: UInt64, Sendable {
    case routing = 0
    case sampling = 0x9e37_79b9_7f4a_7c15
  }

  package static func hash(_ key: String, for purpose: Purpose) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ purpose.rawValue
    for byte in key.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
    hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
    return hash ^ (hash >> 31)
  }

  /// Uniform in 0 ..< 1.
  package static func fraction(_ key: String, for purpose: Purpose) -> Double {
    Double(hash(key, for: purpose) >> 11) * 0x1p-53
  }
}
