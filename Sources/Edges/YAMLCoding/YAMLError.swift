/// A place in a text, both counted from 1.
package struct YAMLPosition: Sendable, Hashable, CustomStringConvertible {
  package var line: Int
  package var column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  package var description: String { "line \(line), column \(column)" }
}

/// Why a text is not the YAML that was asked for.
package enum YAMLError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The text is no YAML.
  case syntax(YAMLPosition, reason: String)
  /// The text is YAML, but has no meaning as JSON: a list as a key, a key twice, an alias of nothing.
  case meaning(YAMLPosition, reason: String)
  /// The document has another shape than the type it is read as. The position is the nearest that is known.
  case mismatch(YAMLPosition, path: String, reason: String)
  /// One document was asked for.
  case documents(count: Int)

  package var description: String {
    switch self {
    case .syntax(let position, let reason): "\(position): not valid YAML: \(reason)"
    case .meaning(let position, let reason): "\(position): \(reason)"
    case .mismatch(let position, let path, let reason): "\(position): \(path.isEmpty ? "" : path + ": ")\(reason)"
    case .documents(let count): "one YAML document is expected, \(count) were found"
    }
  }
}
