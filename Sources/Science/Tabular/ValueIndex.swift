/// Positions of levels, found by what their texts mean (`ValueReading.identity`): first by the bytes, which allocates nothing,
/// and by the meaning where no level is written so.
package struct ValueIndex: Sendable {
  package private(set) var levels: [String] = []
  /// All spellings that were met; those of one level share its code.
  private var spellings = LevelIndex()
  private var codes: [Int32] = []
  private var byIdentity: [String: Int32] = [:]

  /// Levels that are given are distinct where their bytes are; of those with one meaning the first is found by it.
  package init(_ levels: [String] = []) {
    for level in levels {
      guard spellings.intern(level) == codes.count else { continue }
      let code = Int32(self.levels.count)
      codes.append(code)
      self.levels.append(level)
      let identity = ValueReading.identity(level)
      if byIdentity[identity] == nil { byIdentity[identity] = code }
    }
  }

  package var count: Int { levels.count }

  /// The position of the level that the text means, or -1.
  package func code(of text: UnsafeBufferPointer<UInt8>) -> Int32 {
    let spelling = spellings.code(of: text)
    if spelling >= 0 { return codes[Int(spelling)] }
    return byIdentity[ValueReading.identity(text)] ?? -1
  }

  package func code(of text: String) -> Int32 {
    var text = text
    return text.withUTF8 { code(of: $0) }
  }

  /// The position of the level that the text means, which is added at the end, as it is written, when it is new.
  package mutating func intern(_ text: UnsafeBufferPointer<UInt8>) -> Int32 {
    let spelling = Int(spellings.intern(text))
    if spelling < codes.count { return codes[spelling] }
    let identity = ValueReading.identity(text)
    let code = byIdentity[identity] ?? Int32(levels.count)
    if code == levels.count {
      levels.append(String(decoding: ValueReading.trimmed(text), as: UTF8.self))
      byIdentity[identity] = code
    }
    codes.append(code)
    return code
  }

  package mutating func intern(_ text: String) -> Int32 {
    var text = text
    return text.withUTF8 { intern($0) }
  }
}
