extension String {
  /// The text as it may be shown, in a status, an Event, a log or a terminal: what is written by others may be quoted in it.
  ///
  /// Taken out: control characters, terminal escapes with all that belongs to them, and characters that are not seen but change how
  /// others are read (direction marks, zero-width ones, fillers). Ends of lines and tabs become one blank. A longer text is cut
  /// between two characters of Unicode and ends in `…`. A text that is plain already comes back as it is.
  /// - Parameter maximum: Bytes of UTF-8, at least 3.
  package func plain(_ maximum: Int = 8_192) -> String { plain(maximum) { $0.utf8.count } }

  /// The same, where the length counts as the API server counts it.
  /// - Parameter maximum: Unicode scalars.
  package func plain(characters maximum: Int) -> String { plain(maximum) { _ in 1 } }

  private func plain(_ maximum: Int, by length: (Unicode.Scalar) -> Int) -> String {
    if utf8.count <= maximum, utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return self }
    let room = maximum - length("…")
    var reader = PlainReader(unicodeScalars[...])
    var result = UnicodeScalarView()
    var total = 0
    // Scalars at the end that give way to `…` if the text goes on beyond the maximum.
    var last = 0
    while let scalar = reader.next() {
      total += length(scalar)
      guard total <= maximum else {
        result.removeLast(last)
        return String(result) + (room >= 0 ? "…" : "")
      }
      result.append(scalar)
      last = total <= room ? 0 : last + 1
    }
    return String(result)
  }
}

/// The scalars of a text that may be shown.
private struct PlainReader {
  private var rest: Substring.UnicodeScalarView
  private var isAfterBlank = false

  init(_ text: Substring.UnicodeScalarView) { rest = text }

  mutating func next() -> Unicode.Scalar? {
    while let scalar = rest.popFirst() {
      if scalar == "\u{1B}" {
        skipEscape()
      } else if scalar == "\u{9B}" {
        skipControlSequence()
      } else if isBreak(scalar) {
        guard !isAfterBlank else { continue }
        isAfterBlank = true
        return " "
      } else if !isHidden(scalar) {
        isAfterBlank = scalar == " "
        return scalar
      }
    }
    return nil
  }

  /// What follows ESC (ECMA-48): a control sequence, a string up to its terminator, or one character after intermediate ones.
  private mutating func skipEscape() {
    switch rest.first {
    case "["?:
      rest.removeFirst()
      skipControlSequence()
    case "]"?, "P"?, "X"?, "^"?, "_"?:
      rest.removeFirst()
      skipString()
    default:
      while let scalar = rest.first, (0x20...0x2F).contains(scalar.value) { rest.removeFirst() }
      if let scalar = rest.first, (0x30...0x7E).contains(scalar.value) { rest.removeFirst() }
    }
  }

  /// Parameters and intermediate characters, then the one that ends it. What is no part of a sequence stays.
  private mutating func skipControlSequence() {
    while let scalar = rest.first, (0x20...0x3F).contains(scalar.value) { rest.removeFirst() }
    if let scalar = rest.first, (0x40...0x7E).contains(scalar.value) { rest.removeFirst() }
  }

  /// Up to BEL or ST. One without an end goes on to the end of the line: it hides nothing else.
  private mutating func skipString() {
    while let scalar = rest.first, !isBreak(scalar) {
      rest.removeFirst()
      if scalar == "\u{07}" || scalar == "\u{9C}" { return }
      if scalar == "\u{1B}" {
        if rest.first == "\\" { rest.removeFirst() }
        return
      }
    }
  }

  private func isBreak(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "\t", "\n", "\r", "\u{0B}", "\u{0C}", "\u{85}", "\u{2028}", "\u{2029}": true
    default: false
    }
  }

  private func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    // Format characters: directions, joiners, zero-width blanks, the byte order mark, tags.
    case .control, .format, .surrogate, .privateUse, .unassigned: return true
    default: break
    }
    switch scalar {
    case "\u{034F}", "\u{115F}", "\u{1160}", "\u{17B4}", "\u{17B5}", "\u{3164}", "\u{FFA0}": return true
    default: return false
    }
  }
}
