import Values

/// What a message repeats of a source: at most 64 printable characters, where they look like a cell. Anything else is told by its
/// length: a file that is no table may be somebody's secret, and messages are read by more people than files.
package func excerpt(_ cell: some StringProtocol) -> String {
  let isShown = cell.count <= excerptLength && cell.unicodeScalars.allSatisfy(isPrintable)
  return isShown ? String(cell) : "(\(Figures.count(cell.count, "character")))"
}

/// The same for a column's name: settings such as `PASSWORD=…` and URLs are none.
func excerpt(name: String) -> String {
  let isName = !name.contains("=") && !name.contains("://")
  return isName ? excerpt(name) : "(\(Figures.count(name.count, "character")))"
}

/// Names of a file's columns, together not longer than one excerpt.
func listed(columns names: [String]) -> String {
  var room = excerptLength
  let shown = names.prefix(8).map { excerpt(name: $0) }.prefix {
    room -= $0.count
    return room >= 0
  }
  let text = shown.map { "'\($0)'" }.joined(separator: ", ")
  let left = names.count - shown.count
  return left == 0 ? text : text.isEmpty ? Figures.count(left, "column") : "\(text) and \(left) more"
}

/// At most eight values.
func listed(_ names: [String]) -> String {
  let shown = names.prefix(8).map { "'\(excerpt($0))'" }.joined(separator: ", ")
  return names.count > 8 ? "\(shown) and \(names.count - 8) more" : shown
}

private let excerptLength = 64

private func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
  switch scalar.properties.generalCategory {
  case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
  // What decoding puts in place of bytes that are no text.
  default: scalar != "\u{FFFD}"
  }
}
