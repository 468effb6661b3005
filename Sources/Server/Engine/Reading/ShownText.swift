/// Text of a request as messages quote it. Cut by bytes: one character may have megabytes of combining marks.
extension StringProtocol {
  /// The text, or its beginning and an ellipsis where it has more than `most` bytes. Cut between scalars.
  package func cut(to most: Int) -> String {
    guard utf8.count > most else { return String(self) }
    var end = utf8.index(startIndex, offsetBy: most)
    while end > startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
    return "\(self[..<end])…"
  }

  /// The text as a message names it.
  package var shown: String { cut(to: 64) }
}
