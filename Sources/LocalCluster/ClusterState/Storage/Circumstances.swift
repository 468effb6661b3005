import Values

/// What a request cannot know by itself: the time, and fresh randomness for UIDs and generated names. Given the same
/// state, request and circumstances the answer is the same.
package struct Circumstances: Sendable {
  package var now: ClusterTime
  package var seed: UInt64

  package init(now: ClusterTime, seed: UInt64) {
    self.now = now
    self.seed = seed
  }

  private mutating func next() -> UInt64 {
    var generator = SplitMix64(seed: seed)
    defer { seed = generator.state }
    return generator.next()
  }

  /// A version 4 UUID (RFC 9562).
  mutating func uid() -> String {
    var bytes: [UInt8] = []
    for word in [next(), next()] {
      for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    bytes[6] = bytes[6] & 0x0F | 0x40
    bytes[8] = bytes[8] & 0x3F | 0x80
    return [bytes[..<4], bytes[4..<6], bytes[6..<8], bytes[8..<10], bytes[10...]].map(Figures.hexadecimal)
      .joined(separator: "-")
  }

  /// Five characters as the API server appends to `generateName`: no vowels, so that no words come out.
  mutating func suffix() -> String {
    let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")
    var word = next()
    var text = ""
    for _ in 0..<5 {
      text.append(alphabet[Int(word % UInt64(alphabet.count))])
      word /= UInt64(alphabet.count)
    }
    return text
  }
}
