import Values

/// A stable hash of a request's key: the same in every process and every release, so that a key stays with its version.
///
/// FNV-1a finished by a mixer, as the low bits of FNV-1a alone are uneven for short keys.
package enum RequestHash {
  /// Different purposes take different salts, so that what is sampled does not depend on where it was routed.
  package enum Purpose: UInt64, Sendable {
    case routing = 0
    case sampling = 0x9e37_79b9_7f4a_7c15
  }

  package static func hash(_ key: String, for purpose: Purpose) -> UInt64 {
    var hash = StableHash(from: StableHash().value ^ purpose.rawValue)
    hash.add(key.utf8)
    return StableHash.mixed(hash.value)
  }

  /// Uniform in 0 ..< 1.
  package static func fraction(_ key: String, for purpose: Purpose) -> Double {
    Double(hash(key, for: purpose) >> 11) * 0x1p-53
  }
}
