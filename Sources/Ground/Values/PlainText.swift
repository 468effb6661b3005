extension String {
  /// The text as it may stand in a sentence that people read in a terminal: what is written by others may be quoted in it.
  ///
  /// Control characters (but for tabs and line ends) and those that turn the direction of others become U+FFFD; a longer text
  /// is cut between two characters of Unicode and ends in `…`. A text that is plain already comes back as it is.
  /// - Parameter maximum: Bytes of UTF-8, at least 3.
  package func plain(_ maximum: Int = 8_192) -> String {
    if utf8.count <= maximum, utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return self }
    var result = UnicodeScalarView()
    var length = 0
    // Where the text is cut if it goes on beyond the maximum: `…` has three bytes.
    var cut = result.endIndex
    for scalar in unicodeScalars {
      let scalar = Self.isPlain(scalar) ? scalar : "\u{FFFD}"
      length += scalar.utf8.count
      guard length <= maximum else {
        result.removeSubrange(cut...)
        return String(result) + "…"
      }
      result.append(scalar)
      if length <= maximum - 3 { cut = result.endIndex }
    }
    return String(result)
  }

  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09, 0x0A: true
    case 0...0x1F, 0x7F...0x9F, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: false
    default: true
    }
  }
}
