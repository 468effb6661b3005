import Values

/// Positions of distinct texts, found by their UTF-8 bytes without making a String: an open-addressing hash table over
/// one byte array. Lookup allocates nothing.
package struct LevelIndex: Sendable {
  package private(set) var levels: [String] = []
  private var bytes: [UInt8] = []
  /// End of each level in `bytes`; it starts where the one before ends.
  private var ends: [Int] = []
  private var hashes: [UInt64] = []
  /// Position of a level, or -1; its length is a power of two and at most half is used.
  private var slots: [Int32]

  /// `levels` must be distinct; of equal ones the first is kept.
  package init(_ levels: [String] = []) {
    var size = 8
    while size < levels.count * 2 { size *= 2 }
    slots = [Int32](repeating: -1, count: size)
    for level in levels { _ = intern(level) }
  }

  package var count: Int { levels.count }

  /// The position of the level with these bytes, or -1.
  package func code(of text: UnsafeBufferPointer<UInt8>) -> Int32 {
    slots[slot(of: text, hash: contentHash(text))]
  }

  /// The position of this level, or -1.
  package func code(of text: String) -> Int32 {
    var text = text
    return text.withUTF8 { code(of: $0) }
  }

  /// The position of this level, which is added at the end when it is new.
  package mutating func intern(_ text: UnsafeBufferPointer<UInt8>) -> Int32 {
    let hash = contentHash(text)
    let slot = slot(of: text, hash: hash)
    if slots[slot] >= 0 { return slots[slot] }
    let code = Int32(levels.count)
    levels.append(String(decoding: text, as: UTF8.self))
    bytes.append(contentsOf: text)
    ends.append(bytes.count)
    hashes.append(hash)
    slots[slot] = code
    if levels.count * 2 > slots.count { grow() }
    return code
  }

  package mutating func intern(_ text: String) -> Int32 {
    var text = text
    return text.withUTF8 { intern($0) }
  }

  /// Where the level stands, or the empty slot where it would.
  private func slot(of text: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int {
    let mask = slots.count - 1
    var slot = Int(truncatingIfNeeded: hash) & mask
    while true {
      let code = Int(slots[slot])
      if code < 0 || (hashes[code] == hash && holds(text, at: code)) { return slot }
      slot = (slot + 1) & mask
    }
  }

  private func holds(_ text: UnsafeBufferPointer<UInt8>, at code: Int) -> Bool {
    let start = code == 0 ? 0 : ends[code - 1]
    guard ends[code] - start == text.count else { return false }
    for offset in 0..<text.count where bytes[start + offset] != text[offset] { return false }
    return true
  }

  private mutating func grow() {
    let mask = slots.count * 2 - 1
    slots = [Int32](repeating: -1, count: mask + 1)
    for (code, hash) in hashes.enumerated() {
      var slot = Int(truncatingIfNeeded: hash) & mask
      while slots[slot] >= 0 { slot = (slot + 1) & mask }
      slots[slot] = Int32(code)
    }
  }
}

/// The stable hash of the bytes, finished by a mixer so that low bits are good.
func contentHash(_ text: UnsafeBufferPointer<UInt8>) -> UInt64 { StableHash.mixed(StableHash.value(text)) }
