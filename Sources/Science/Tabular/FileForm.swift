/// What bytes are that are no CSV in UTF-8, as far as their beginning tells.
enum FileForm {
  /// Files that begin with a known mark.
  static func named(_ bytes: [UInt8]) -> String? {
    if bytes.starts(with: Gunzip.magic) { return "gzip" }
    if bytes.starts(with: [0x50, 0x4b, 0x03, 0x04]) {
      let head = String(decoding: bytes.prefix(4096), as: UTF8.self)
      return head.contains("[Content_Types].xml") || head.contains("xl/") ? "an Excel workbook (xlsx)" : "a zip archive"
    }
    if bytes.starts(with: Array("PAR1".utf8)) { return "Parquet" }
    if bytes.starts(with: [0xd0, 0xcf, 0x11, 0xe0]) { return "an old Excel workbook (xls)" }
    if bytes.starts(with: [0x28, 0xb5, 0x2f, 0xfd]) { return "packed with zstd" }
    if bytes.starts(with: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]) { return "packed with xz" }
    if bytes.starts(with: Array("BZh".utf8)), bytes.count > 9, bytes[4] == 0x31, bytes[5] == 0x41 {
      return "packed with bzip2"
    }
    if bytes.starts(with: Array("ARROW1".utf8)) { return "Arrow (Feather)" }
    if bytes.starts(with: Array("SQLite format 3".utf8)) { return "an SQLite database" }
    if bytes.starts(with: Array("%PDF-".utf8)) { return "PDF" }
    if bytes.count > 262, bytes[257..<262].elementsEqual("ustar".utf8) { return "a tar archive" }
    let head = String(decoding: bytes.prefix(256), as: UTF8.self).lowercased().drop {
      $0.isWhitespace || $0 == "\u{feff}"
    }
    if head.hasPrefix("<!doctype html") || head.hasPrefix("<html") { return "a web page (HTML)" }
    if head.hasPrefix("<?xml") { return "XML" }
    if head.hasPrefix("{\"") || head.hasPrefix("[{") || head.hasPrefix("{\n") { return "JSON" }
    return nil
  }

  /// Excel's first line, which names the delimiter: `sep=;`
  static func separatorLine(_ bytes: ArraySlice<UInt8>) -> (delimiter: UInt8, length: Int)? {
    var rest = bytes
    let isQuoted = rest.first == UInt8(ascii: "\"")
    if isQuoted { rest = rest.dropFirst() }
    guard String(decoding: rest.prefix(4), as: UTF8.self).lowercased() == "sep=" else { return nil }
    rest = rest.dropFirst(4)
    guard let delimiter = rest.first, delimiter < 0x80, delimiter != 0x0a, delimiter != 0x0d else { return nil }
    rest = rest.dropFirst()
    if isQuoted {
      guard rest.first == UInt8(ascii: "\"") else { return nil }
      rest = rest.dropFirst()
    }
    let isPair = rest.starts(with: [0x0d, 0x0a])
    guard isPair || rest.first == 0x0a || rest.first == 0x0d else { return nil }
    return (delimiter, bytes.count - rest.count + (isPair ? 2 : 1))
  }

  /// The first line with letters beyond ASCII, where all of them are well-formed UTF-8, which other texts hardly ever are.
  static func firstWideLetter(_ bytes: [UInt8]) -> Int? {
    guard let place = bytes.firstIndex(where: { $0 >= 0x80 }),
      bytes.withUnsafeBufferPointer({ firstNotUTF8($0) }) == nil
    else { return nil }
    return 1 + bytes[..<place].count { $0 == 0x0a }
  }

  /// UTF-16 by its mark, or by the zero byte in each of the first letters.
  static func isUTF16(_ bytes: [UInt8]) -> Bool {
    if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) { return true }
    let head = bytes.prefix(64)
    return head.count >= 8 && head.count { $0 == 0 } * 5 >= head.count * 2
  }

  /// Where the first byte stands that cannot be UTF-8, by the table of well-formed sequences of the Unicode standard (3-7).
  static func firstNotUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    var position = 0
    let count = bytes.count
    while position < count {
      let byte = bytes[position]
      if byte < 0x80 {
        position += 1
        continue
      }
      let (length, range): (Int, ClosedRange<UInt8>) =
        switch byte {
        case 0xc2...0xdf: (2, 0x80...0xbf)
        case 0xe0: (3, 0xa0...0xbf)
        case 0xed: (3, 0x80...0x9f)
        case 0xe1...0xef: (3, 0x80...0xbf)
        case 0xf0: (4, 0x90...0xbf)
        case 0xf4: (4, 0x80...0x8f)
        case 0xf1...0xf3: (4, 0x80...0xbf)
        default: (0, 0x80...0xbf)
        }
      guard length > 0, position + length <= count, range.contains(bytes[position + 1]) else { return position }
      for offset in 2..<max(2, length) where bytes[position + offset] & 0xc0 != 0x80 { return position }
      position += length
    }
    return nil
  }

  /// The encoding that the bytes are most likely in: only Windows-1252 has letters and signs between 0x80 and 0x9f.
  static func encoding(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    bytes.contains { (0x80...0x9f).contains($0) } ? "Windows-1252" : "Latin-1"
  }

  /// The byte between fields: of those that occur in the first line outside of quotes the one that divides the first
  /// lines into as many fields each, of several the one with most fields; a comma where none does.
  static func delimiter(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt8 {
    let candidates = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|")]
    var counts = [[Int]](repeating: [], count: candidates.count)
    var line = [Int](repeating: 0, count: candidates.count)
    var (isQuoted, isEmpty) = (false, true)
    func end() {
      if !isEmpty { for index in candidates.indices { counts[index].append(line[index]) } }
      line = [Int](repeating: 0, count: candidates.count)
      isEmpty = true
    }
    for byte in bytes {
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if !isQuoted, byte == 0x0a || byte == 0x0d {
        end()
        if (counts[0].count) >= 11 { break }
        continue
      }
      isEmpty = false
      if !isQuoted, let index = candidates.firstIndex(of: byte) { line[index] += 1 }
    }
    end()
    func rank(_ index: Int) -> (Int, Int) {
      guard let first = counts[index].first, first > 0 else { return (0, 0) }
      let agreeing = counts[index].count { $0 == first }
      return (agreeing == counts[index].count ? 2 : 1, first)
    }
    // The comma, which stands first, wins where two are equally good.
    let best = candidates.indices.reduce(0) { rank($1) > rank($0) ? $1 : $0 }
    return candidates[best]
  }
}
