import Values

/// Base64 as tokens write it: two other characters, and no padding (RFC 4648, 5).
enum Base64URL {
  static func encode(_ bytes: some Sequence<UInt8>) -> String {
    let text = Base64.encode(bytes).utf8.prefix { $0 != UInt8(ascii: "=") }
    return String(
      decoding: text.map { byte in
        switch byte {
        case UInt8(ascii: "+"): UInt8(ascii: "-")
        case UInt8(ascii: "/"): UInt8(ascii: "_")
        default: byte
        }
      }, as: UTF8.self)
  }

  /// Nil where `text` is not the one way to write some bytes: two texts never stand for the same bytes.
  static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var plain = String(
      decoding: text.utf8.map { byte in
        switch byte {
        case UInt8(ascii: "-"): UInt8(ascii: "+")
        case UInt8(ascii: "_"): UInt8(ascii: "/")
        default: byte
        }
      }, as: UTF8.self)
    while plain.utf8.count % 4 != 0 { plain += "=" }
    guard let bytes = Base64.decode(plain), encode(bytes).utf8.elementsEqual(text.utf8) else { return nil }
    return bytes
  }
}
