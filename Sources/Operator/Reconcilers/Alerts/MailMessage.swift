import Foundation
import KubernetesModel

/// A mail with a text and the same as HTML (RFC 5322, 2045 to 2047), in ASCII and in lines of at most 78 characters, but for
/// longer addresses: it passes servers that know nothing else, and no text ends a header or a part.
struct MailMessage {
  /// Addresses.
  var from: String
  var to: [String]
  /// `<unique@domain>`
  var identifier: String
  var at: Timestamp
  var subject = ""
  /// More header fields; their values are ASCII.
  var fields: [(name: String, value: String)] = []
  var text = ""
  var html = ""

  init(from: String, to: [String], identifier: String, at: Timestamp) {
    self.from = from
    self.to = to
    self.identifier = identifier
    self.at = at
  }

  /// Longer ones are cut: mail programs show less.
  private static let maximumSubject = 200

  /// `=_` is in no text that is encoded as quoted-printable.
  private var boundary: String { "=_\(identifier.drop { !$0.isHexDigit }.prefix { $0.isHexDigit })" }

  var content: [UInt8] {
    var lines = [
      "Date: \(InternetDate.text(ofSeconds: at.secondsSince1970, zone: "+0000"))", "From: \(from)",
      "To: \(to.joined(separator: ",\r\n "))",
      "Subject: \(Self.encodedWords(Self.oneLine(subject)))", "Message-ID: \(identifier)",
    ]
    lines += fields.map { "\($0.name): \($0.value)" }
    lines += [
      "MIME-Version: 1.0", "Content-Type: multipart/alternative;\r\n boundary=\"\(boundary)\"", "",
    ]
    for (kind, text) in [("plain", text), ("html", html)] {
      lines += [
        "--\(boundary)", "Content-Type: text/\(kind); charset=utf-8", "Content-Transfer-Encoding: quoted-printable", "",
        Self.quotedPrintable(text),
      ]
    }
    lines += ["--\(boundary)--", ""]
    return Array(lines.joined(separator: "\r\n").utf8)
  }

  /// Without line ends and other control characters, and not too long.
  private static func oneLine(_ text: String) -> String {
    let words = text.unicodeScalars.split { scalar in
      scalar.properties.isWhitespace || scalar.properties.generalCategory == .control
    }
    let line = words.map { String($0) }.joined(separator: " ").unicodeScalars
    return line.count > maximumSubject ? String(line.prefix(maximumSubject)) + "…" : String(line)
  }

  /// A header's text: as it is where it is short and ASCII, else in encoded words (RFC 2047) of at most 75 characters.
  private static func encodedWords(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { (0x20...0x7E).contains($0) } && text.utf8.count <= 66 && !text.contains("=?")
    guard !isPlain else { return text }
    var words: [String] = []
    var word: [UInt8] = []
    // No character may be split; 39 bytes are 52 characters of base64, and a line with encoded words has at most 76.
    for scalar in text.unicodeScalars {
      let bytes = Array(String(scalar).utf8)
      if word.count + bytes.count > 39 {
        words.append(Data(word).base64EncodedString())
        word = []
      }
      word += bytes
    }
    words.append(Data(word).base64EncodedString())
    return words.map { "=?utf-8?B?\($0)?=" }.joined(separator: "\r\n ")
  }

  /// Any line end becomes one of a mail's. Lines have at most 76 characters.
  private static func quotedPrintable(_ text: String) -> String {
    var lines: [String] = []
    for line in normalised(text).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      var written = ""
      for (index, byte) in line.enumerated() {
        let isLast = index == line.count - 1
        let isBlank = byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
        let isPlain = isBlank ? !isLast : (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "=")
        let next = isPlain ? String(UnicodeScalar(byte)) : "=" + Figures.hexadecimal([byte]).uppercased()
        if written.utf8.count + next.utf8.count > (isLast ? 76 : 75) {
          lines.append(written + "=")
          written = ""
        }
        written += next
      }
      lines.append(written)
    }
    return lines.joined(separator: "\r\n")
  }

  private static func normalised(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var isAfterReturn = false
    for byte in text.utf8 {
      if byte == UInt8(ascii: "\r") {
        bytes.append(UInt8(ascii: "\n"))
      } else if byte != UInt8(ascii: "\n") || !isAfterReturn {
        bytes.append(byte)
      }
      isAfterReturn = byte == UInt8(ascii: "\r")
    }
    return bytes
  }
}
