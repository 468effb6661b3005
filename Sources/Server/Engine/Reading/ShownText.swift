/// Text of a request as messages quote it. Cut by bytes: one character may have megabytes of combining marks.
extension StringProtocol {
  /// The text, or its beginning and an ellipsis where it has more than `most` bytes. Cut between scalars.
  package func cut(to most: Int) -> String {
    let text = String(self)
    let bytes = text.utf8
    guard bytes.count > most else { return text }
    var end = bytes.index(bytes.startIndex, offsetBy: most)
    while end > bytes.startIndex, bytes[end] & 0xC0 == 0x80 { end = bytes.index(before: end) }
    return "\(text[..<end])…"
  }

  /// The text as a message names it.
  package var shown: String { cut(to: 64) }
}
