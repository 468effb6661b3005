/// A text as JSON holds it: in quotes, with escapes where RFC 8259 asks for them.
package enum JSONString {
  /// Which control characters have a short form; the others become `\u00` and two digits. All forms read back as the same
  /// text. A format stays with the one it began with, because its bytes are compared, hashed or stored.
  package enum ShortForms: Sendable {
    case none
    /// `\n`
    case lineFeed
    /// `\n`, `\r` and `\t`
    case space
  }

  /// Whether nothing has to be escaped.
  package static func isPlain(_ text: String) -> Bool { !text.utf8.contains(where: isEscaped) }

  package static func quoted(_ text: String, _ forms: ShortForms) -> String {
    guard !isPlain(text) else { return "\"\(text)\"" }
    var output: [UInt8] = []
    output.reserveCapacity(text.utf8.count + 16)
    append(text, forms, to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  /// Stretches without a byte to escape are copied as a whole.
  package static func append(_ text: String, _ forms: ShortForms, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { bytes in
      var plain = 0
      for place in bytes.indices where isEscaped(bytes[place]) {
        output.append(contentsOf: bytes[plain..<place])
        plain = place + 1
        appendEscape(of: bytes[place], forms, to: &output)
      }
      output.append(contentsOf: bytes[plain...])
    }
    output.append(UInt8(ascii: "\""))
  }

  private static func isEscaped(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x22 || byte == 0x5C }

  private static func appendEscape(of byte: UInt8, _ forms: ShortForms, to output: inout [UInt8]) {
    output.append(UInt8(ascii: "\\"))
    switch (byte, forms) {
    case (0x22, _), (0x5C, _): output.append(byte)
    case (0x0A, .lineFeed), (0x0A, .space): output.append(UInt8(ascii: "n"))
    case (0x0D, .space): output.append(UInt8(ascii: "r"))
    case (0x09, .space): output.append(UInt8(ascii: "t"))
    default:
      output.append(contentsOf: "u00".utf8)
      output.append(digit(byte >> 4))
      output.append(digit(byte & 15))
    }
  }

  private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
}
