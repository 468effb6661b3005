import Values

/// Why the result that a run has written is not used. Reads as the end of a sentence that begins with the run's name.
package struct ResultProblem: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    /// It is not the JSON that the contract describes.
    case unreadable
    /// It is, and says what cannot be so.
    case invalid
  }

  package var kind: Kind
  /// Such as `trained.metrics.accuracy`; empty: the whole document.
  package var path: String
  /// Fit to be shown, as `path` is.
  package var what: String
  /// What the run said of its failure, where only the form of the failure is wrong.
  package var said: String?

  package init(_ kind: Kind, _ path: String, _ what: String, said: String? = nil) {
    self.kind = kind
    self.path = path.plain(characters: 128)
    self.what = what.plain(characters: 512)
    self.said = said
  }

  package var description: String {
    let place = path.isEmpty ? what : "\(path) \(what)"
    return said.map { "\(place); the run said: \($0)" } ?? place
  }
}
