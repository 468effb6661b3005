import KubernetesModel

/// Reads a label selector's text, and words its mistakes, as apimachinery's `labels.Parse` does.
struct LabelQueryParser {
  private enum Token: Equatable {
    case end
    /// A key, a value, or one of the words `in` and `notin`.
    case word(String)
    case sign(String)

    var text: String {
      switch self {
      case .end: ""
      case .word(let text), .sign(let text): text
      }
    }
  }

  private static let operators = ["in", "notin", "=", "==", "!=", "gt", "lt"]

  private var tokens: ArraySlice<Token>

  init(_ text: String) {
    var found: [Token] = []
    var rest = text[...]
    let signs = "=!(),<>"
    while let first = rest.first {
      if first.isWhitespace {
        rest.removeFirst()
      } else if signs.contains(first) {
        let pair = String(rest.prefix(2))
        let sign = pair == "==" || pair == "!=" ? pair : String(first)
        found.append(.sign(sign))
        rest.removeFirst(sign.count)
      } else {
        let word = rest.prefix { !$0.isWhitespace && !signs.contains($0) }
        found.append(.word(String(word)))
        rest = rest[word.endIndex...]
      }
    }
    tokens = found[...]
  }

  mutating func requirements() throws(StatusError) -> [LabelQuery.Requirement] {
    var found: [LabelQuery.Requirement] = []
    guard next != .end else { return [] }
    while true {
      switch next {
      case .word, .sign("!"):
        found.append(try requirement())
        switch take() {
        case .end: return found
        case .sign(","):
          switch next {
          case .word, .sign("!"): break
          case let token: throw unexpected("found '\(token.text)', expected: identifier after ','", isWhole: true)
          }
        case let token: throw unexpected("found '\(token.text)', expected: ',' or 'end of string'", isWhole: true)
        }
      case .end: return found
      case let token:
        throw unexpected("found '\(token.text)', expected: !, identifier, or 'end of string'", isWhole: true)
      }
    }
  }

  private var next: Token { tokens.first ?? .end }

  private mutating func take() -> Token { tokens.popFirst() ?? .end }

  private func unexpected(_ why: String, isWhole: Bool = false) -> StatusError {
    .badRequest(isWhole ? why : "unable to parse requirement: \(why)")
  }

  private mutating func requirement() throws(StatusError) -> LabelQuery.Requirement {
    let isAbsence = next == .sign("!")
    if isAbsence { _ = take() }
    guard case .word(let key) = next else { throw unexpected("found '\(next.text)', expected: identifier") }
    _ = take()
    guard NameSyntax.isQualifiedName(key) else {
      throw unexpected(
        "<nil>: Invalid value: \(JSONValue.string(key).text): name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
      )
    }
    if isAbsence { return .absent(key: key) }
    switch next {
    case .end, .sign(","): return .exists(key: key)
    default: break
    }
    let sign = take()
    switch sign.text {
    case "in": return .isIn(key: key, values: try values())
    case "notin": return .notIn(key: key, values: try values())
    case "=", "==": return .isIn(key: key, values: [try value()])
    case "!=": return .notIn(key: key, values: [try value()])
    case ">": return .greater(key: key, than: try bound(key))
    case "<": return .less(key: key, than: try bound(key))
    default:
      throw unexpected(
        "found '\(sign.text)', expected: \(Self.operators.joined(separator: ", "))")
    }
  }

  /// After `in` and `notin`: `(a,b)`; nothing between commas is the empty value.
  private mutating func values() throws(StatusError) -> Set<String> {
    guard next == .sign("(") else { throw unexpected("found '\(next.text)' expected: '('") }
    _ = take()
    var found: Set<String> = []
    while true {
      if case .word(let text) = next {
        found.insert(text)
        _ = take()
      } else {
        found.insert("")
      }
      switch take() {
      case .sign(","): continue
      case .sign(")"): return found
      case let token: throw unexpected("found '\(token.text)', expected: ',' or ')'")
      }
    }
  }

  /// After `=` and its kin; nothing is the empty value.
  private mutating func value() throws(StatusError) -> String {
    switch next {
    case .word(let text):
      _ = take()
      return text
    case .end, .sign(","): return ""
    case let token: throw unexpected("found '\(token.text)', expected: identifier")
    }
  }

  private mutating func bound(_ key: String) throws(StatusError) -> Int {
    let text = try value()
    guard let bound = Int(text) else {
      throw unexpected(
        "values[0][\(key)]: Invalid value: \(JSONValue.string(text).text): for 'Gt', 'Lt' operators, the value must be an integer"
      )
    }
    return bound
  }
}
