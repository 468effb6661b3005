package import WorkerContract

/// A file with clients' tokens, and what their bearers may do.
package struct TokenGrant: Sendable, Equatable {
  package var path: String
  package var rights: Set<ServingRight>

  package init(path: String, rights: Set<ServingRight> = Set(ServingRight.allCases)) {
    self.path = path
    self.rights = rights
  }
}

/// All files of tokens that hold for a port. A token that stands in several has the rights of all of them.
struct ClientTokens: Sendable {
  let files: [(tokens: BearerTokens, rights: Set<ServingRight>)]

  enum Verdict: Sendable, Equatable {
    case valid(Set<ServingRight>)
    case missing
    case wrong
  }

  /// - Parameter header: The request's `Authorization`.
  func verdict(on header: String?) -> Verdict {
    var rights: Set<ServingRight>?
    for file in files {
      switch file.tokens.verdict(on: header) {
      case .missing: return .missing
      case .wrong: break
      case .valid: rights = (rights ?? []).union(file.rights)
      }
    }
    return rights.map { .valid($0) } ?? .wrong
  }
}
