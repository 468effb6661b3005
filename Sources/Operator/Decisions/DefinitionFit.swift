package import ApusAPI

/// Whether the CRDs in the cluster hold what this operator writes and reads.
package enum DefinitionFit: Sendable, Equatable {
  /// `notes`: what people cannot set yet, and what could not be looked at.
  case fits(notes: [String])
  /// What the operator writes would be dropped or refused: of what it has done, alerted about and scheduled it would find
  /// nothing again. It must not work.
  case older(String)

  /// What the cluster says about one kind.
  package enum Answer: Sendable, Equatable {
    /// The CustomResourceDefinition, compared.
    case compared([DefinitionGap])
    /// Why it cannot be looked at.
    case unknown(String)
  }

  /// - Parameter answers: by the name of the CRD.
  package init(_ answers: [String: Answer]) {
    var written: [String] = []
    var settable: [String] = []
    var unknown: [String] = []
    for (name, answer) in answers.sorted(by: { $0.key < $1.key }) {
      switch answer {
      case .compared(let gaps):
        if let list = Self.list(gaps.filter(\.isWritten)) { written.append("\(name) lacks \(list)") }
        if let list = Self.list(gaps.filter { !$0.isWritten }) { settable.append("\(name) lacks \(list)") }
      case .unknown(let reason): unknown.append("\(name): \(reason)")
      }
    }
    guard written.isEmpty else {
      let lacks = written.joined(separator: ", ")
      self = .older(
        "the CRDs are older than this operator: \(lacks); it changes nothing until they fit: \(Self.mend)")
      return
    }
    var notes: [String] = []
    if !settable.isEmpty {
      let lacks = settable.joined(separator: ", ")
      notes.append("the CRDs are older than this operator: \(lacks), which nobody can set until then: \(Self.mend)")
    }
    if !unknown.isEmpty {
      notes.append(
        "whether the CRDs are older than this operator cannot be checked: \(unknown.joined(separator: "; "))")
    }
    self = .fits(notes: notes)
  }

  private static let mend =
    "run kubectl apply -f crds with the crds folder of the operator's release (helm upgrade does that)"

  /// Some of many, as a sentence has room for.
  private static func list(_ gaps: [DefinitionGap]) -> String? {
    guard !gaps.isEmpty else { return nil }
    let shown = gaps.prefix(shownGaps).map(\.path).joined(separator: ", ")
    return gaps.count > shownGaps ? "\(shown) and \(gaps.count - shownGaps) more" : shown
  }

  private static let shownGaps = 4
}
