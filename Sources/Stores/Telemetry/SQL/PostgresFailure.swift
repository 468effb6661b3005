/// What PostgreSQL, or a pooler in front of it, answered instead of doing as asked.
///
/// PostgreSQL tells the kind by its SQLSTATE. libpq hands out none for a refused connection, and pgbouncer gives 08P01
/// to whatever it has to say itself: these are known by their words.
package struct PostgresFailure: Error, Sendable, Equatable {
  package enum Kind: Sendable {
    /// The same try may succeed later.
    case passing
    /// The values do not fit their columns: the same values never will.
    case values
    /// Login, database, rights, statement or pooler: every try fails until a person changes something.
    case lasting
  }

  /// Empty where none was given.
  package let state: String
  /// Their words, on one line.
  package let message: String
  package let kind: Kind

  package init(state: String, message: String) {
    self.state = state
    self.message = Self.sentence(of: message)
    kind = Self.kind(state: state, message: self.message)
  }

  /// Their words, the SQLSTATE, and what to do where that is known.
  package var reason: String {
    var text = state.isEmpty ? message : "\(message) (SQLSTATE \(state))"
    if let mend { text += "; \(mend.text)" }
    return text
  }

  /// What to do about it.
  package struct Mend: Sendable, Equatable {
    package let text: String
    /// Whether the URL, or what it names, is at fault, and no statement.
    package let isOfURL: Bool
  }

  package var mend: Mend? {
    guard kind == .lasting else { return nil }
    // Tables and columns do not exist either: these words are about a login only where the SQLSTATE is, or there is
    // none.
    let isAboutLogin = ["", "08", "28", "3D"].contains(state.prefix(2))
    if isAboutLogin, let word = Self.known.first(where: { message.contains($0.words) }) {
      return Mend(text: word.mend, isOfURL: true)
    }
    switch state.prefix(2) {
    case "28": return Mend(text: "correct user and password in the URL", isOfURL: true)
    case "3D": return Mend(text: "correct the database in the URL, or create it", isOfURL: true)
    case "3F":
      return Mend(text: "create the schema, or set the role's search_path to one that exists", isOfURL: false)
    default: return state == "42501" ? Mend(text: "grant this to the user in the URL", isOfURL: true) : nil
    }
  }

  /// Whether the words tell the kind without an SQLSTATE.
  static func isKnown(_ message: String) -> Bool {
    (known.map(\.words) + passing).contains { message.contains($0) }
  }

  /// Connection, resources, intervention, system, locks, transactions that were ended, other servers, faults of the
  /// server.
  private static let passingClasses: Set<Substring> = ["", "08", "25", "40", "53", "55", "57", "58", "HV", "XX"]

  private static func kind(state: String, message: String) -> Kind {
    switch state.prefix(2) {
    case "21", "22", "23": return .values
    case "", "08": return known.contains { message.contains($0.words) } ? .lasting : .passing
    case let group: return passingClasses.contains(group) ? .passing : .lasting
    }
  }

  /// Words of PostgreSQL, libpq and pgbouncer for what lasts, and what to do about it. The first that occurs counts.
  private static let known: [(words: String, mend: String)] = [
    ("no such database", "correct the database in the URL, or add it to [databases] of the pooler"),
    ("no such user", "correct the user in the URL, or add it to the pooler's auth_file"),
    (
      "unsupported startup parameter",
      "remove it from the URL, as a pooler does not pass it on (ALTER ROLE … SET gives a role its search_path)"
    ),
    ("in statement pooling mode", "set the pooler's pool_mode to transaction or session"),
    ("authentication failed", "correct user and password in the URL"),
    ("no password supplied", "write the password into the URL"),
    ("is not permitted to log in", "name a role with LOGIN in the URL"),
    ("no pg_hba.conf entry", "allow this user, database and address in pg_hba.conf"),
    ("permission denied for database", "grant CONNECT on the database to the user in the URL"),
    ("login rejected", "allow this user in the pooler's settings"),
    ("bouncer config error", "see the pooler's log"),
    ("does not support SSL", "remove sslmode from the URL, or switch SSL on there"),
    ("SSL required", "write sslmode=require into the URL"),
    ("certificate", "correct sslmode and the certificates in the URL"),
    ("does not exist", "correct it in the URL, or create it"),
  ]

  /// Words for what passes, so that nobody is asked again for an SQLSTATE.
  private static let passing = [
    "_timeout", "try again", "no more connections", "too many", "reserved", "starting up", "shutting down",
    "recovery mode", "not yet accepting", "is disabled", "crashed",
  ]

  /// One line, without the hints for a terminal and the place in PostgreSQL's source.
  private static func sentence(of message: String) -> String {
    let lines = message.split(whereSeparator: \.isNewline).filter { line in
      line.first?.isWhitespace != true && !line.hasPrefix("LOCATION:")
    }
    return lines.isEmpty ? "no reason was given" : lines.joined(separator: "; ")
  }
}

extension PostgresFailure {
  /// Finds the SQLSTATE in libpq's verbose words for a refused connection: `… FATAL:  28P01: password …`. The word
  /// before it depends on the server's language.
  init(verbose message: String) {
    guard let range = message.firstRange(of: Self.verboseState) else {
      self.init(state: "", message: message)
      return
    }
    let state = message[range].dropFirst(3).prefix(5)
    self.init(
      state: String(state), message: message.replacingCharacters(in: range, with: ":  "))
  }

  private static var verboseState: Regex<Substring> { #/:  [0-9A-Z]{5}: /# }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
    String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
  }
}

extension TelemetryError {
  init(_ failure: PostgresFailure, store: String, purpose: String) {
    switch failure.kind {
    case .passing: self = .unavailable(store: store, reason: failure.reason)
    case .lasting: self = .misconfigured(store: store, reason: failure.reason)
    // Messages about values can quote them. Those of class 21 are about the statement.
    case .values where failure.state.hasPrefix("21"):
      self = .refused(store: store, statement: purpose, reason: failure.reason)
    case .values:
      self = .refused(
        store: store, statement: purpose, reason: "a value does not fit (SQLSTATE \(failure.state))")
    }
  }
}
