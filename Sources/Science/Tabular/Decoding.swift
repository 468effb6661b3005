import WorkerContract

/// From the encodings that files come in to UTF-8.
enum Decoding {
  /// A file's bytes as UTF-8, checked; without a mark at the beginning. A UTF-8 mark outweighs `encoding`, as in browsers.
  static func utf8(_ bytes: [UInt8], _ encoding: FeatureSchema.Encoding?) throws(CSVError) -> [UInt8] {
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { return try checked(bytes) }
    switch encoding {
    case nil, .utf8?:
      if FileForm.isUTF16(bytes) { throw .notUTF8(line: 1, encoding: "UTF-16") }
      return try checked(bytes)
    case .latin1?, .iso88591?, .windows1252?:
      if FileForm.isUTF16(bytes) { throw .notEncoded(line: 1, encoding: encoding?.rawValue ?? "") }
      return fromWindows1252(bytes)
    case .utf16?: return try fromUTF16(bytes)
    }
  }

  private static func checked(_ bytes: [UInt8]) throws(CSVError) -> [UInt8] {
    let place = bytes.withUnsafeBufferPointer { FileForm.firstNotUTF8($0) }
    guard let place else { return bytes }
    let line = 1 + bytes[..<place].count { $0 == UInt8(ascii: "\n") }
    throw .notUTF8(line: line, encoding: bytes.withUnsafeBufferPointer { FileForm.encoding($0) })
  }

  /// The letters from 0x80 to 0x9f; the bytes that Windows-1252 leaves open are controls, as in Latin-1. Files that are
  /// called Latin-1 and have bytes of this range are Windows-1252 (WHATWG, Encoding standard, label latin1).
  private static let high: [UInt16] = [
    0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f,
    0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e,
    0x178,
  ]

  private static func fromWindows1252(_ bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count + bytes.count / 16)
    for byte in bytes {
      if byte < 0x80 {
        output.append(byte)
      } else {
        append(UInt32(byte < 0xa0 ? high[Int(byte) - 0x80] : UInt16(byte)), to: &output)
      }
    }
    return output
  }

  /// By the mark at the beginning; without one the byte order in which the first letters have their zeros.
  private static func fromUTF16(_ bytes: [UInt8]) throws(CSVError) -> [UInt8] {
    guard bytes.isEmpty || FileForm.isUTF16(bytes) else { throw .notEncoded(line: 1, encoding: "utf-16") }
    let isMarked = bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff])
    let head = bytes.prefix(64)
    let isBig =
      isMarked
      ? bytes[0] == 0xfe
      : head.indices.count { $0.isMultiple(of: 2) && head[$0] == 0 }
        > head.indices.count { !$0.isMultiple(of: 2) && head[$0] == 0 }
    var output: [UInt8] = []
    output.reserveCapacity(bytes.count)
    var line = 1
    var lead: UInt32?
    var position = isMarked ? 2 : 0
    while position + 1 < bytes.count {
      let (first, second) = (UInt32(bytes[position]), UInt32(bytes[position + 1]))
      let unit = isBig ? first << 8 | second : second << 8 | first
      position += 2
      if let high = lead {
        guard (0xdc00...0xdfff).contains(unit) else { throw .notEncoded(line: line, encoding: "utf-16") }
        append(0x10000 + (high - 0xd800) << 10 + (unit - 0xdc00), to: &output)
        lead = nil
      } else if (0xd800...0xdbff).contains(unit) {
        lead = unit
      } else if (0xdc00...0xdfff).contains(unit) {
        throw .notEncoded(line: line, encoding: "utf-16")
      } else {
        if unit == 0x0a { line += 1 }
        append(unit, to: &output)
      }
    }
    guard lead == nil, position >= bytes.count else { throw .notEncoded(line: line, encoding: "utf-16") }
    return output
  }

  /// Every scalar that comes here is one: surrogates are paired before.
  private static func append(_ scalar: UInt32, to output: inout [UInt8]) {
    switch scalar {
    case ..<0x80: output.append(UInt8(scalar))
    case ..<0x800: output += [UInt8(0xc0 | scalar >> 6), UInt8(0x80 | scalar & 0x3f)]
    case ..<0x10000:
      output += [UInt8(0xe0 | scalar >> 12), UInt8(0x80 | scalar >> 6 & 0x3f), UInt8(0x80 | scalar & 0x3f)]
    default:
      output += [
        UInt8(0xf0 | scalar >> 18), UInt8(0x80 | scalar >> 12 & 0x3f), UInt8(0x80 | scalar >> 6 & 0x3f),
        UInt8(0x80 | scalar & 0x3f),
      ]
    }
  }
}
