import Foundation

/// What a store's location gives away, and what it leaves open. Read as libpq reads a URL, and without it: the operator asks, too.
extension TelemetryLocation {
  /// Whether the URL holds a password, which is then in every place the URL is in.
  package var hasPassword: Bool { parts?.hasPassword ?? false }

  /// Why nobody knows who answers at this address, and what to write; nil: TLS proves it, or it is this machine.
  package var unprovenServer: String? {
    guard let parts, !parts.isLocal else { return nil }
    let mode = parts.parameter("sslmode") ?? (parts.parameter("sslrootcert") == "system" ? "verify-full" : nil)
    // libpq checks the chain in this mode where it is given a root (34.19.1 of PostgreSQL's manual).
    let hasRoot = parts.parameter("sslrootcert") != nil
    guard !["verify-ca", "verify-full"].contains(mode ?? ""), mode != "require" || !hasRoot else { return nil }
    return
      "sslmode=\(mode ?? "prefer, the default,") does not prove who answers, so that passwords and rows may go to somebody else; "
      + "write sslmode=verify-full and sslrootcert=… (or sslrootcert=system) into its URL"
  }

  /// The location's text without what is secret in it, for names and comparisons. One without a password is as it was.
  package static func withoutPassword(_ text: String) -> String {
    guard case .postgres(let url)? = try? TelemetryLocation(text), let parts = PostgresURL(url), parts.hasPassword
    else {
      return text
    }
    return parts.withoutPassword
  }

  private var parts: PostgresURL? {
    guard case .postgres(let url) = self else { return nil }
    return PostgresURL(url)
  }
}

/// `scheme://user:password@host:port,host/database?name=value&…`
private struct PostgresURL {
  private var scheme: Substring
  private var user: Substring?
  private var password: Substring?
  /// Hosts and database.
  private var place: Substring
  private var parameters: [(name: String, value: String, text: Substring)]

  init?(_ url: String) {
    guard let start = url.firstRange(of: "://") else { return nil }
    scheme = url[..<start.lowerBound]
    var rest = url[start.upperBound...]
    // As libpq: up to the first '/', which a password has to escape.
    if let at = rest.firstIndex(where: { $0 == "@" || $0 == "/" }), rest[at] == "@" {
      let login = rest[..<at]
      let colon = login.firstIndex(of: ":")
      user = login[..<(colon ?? login.endIndex)]
      password = colon.map { login[login.index(after: $0)...] }
      rest = rest[rest.index(after: at)...]
    }
    let question = rest.firstIndex(of: "?")
    place = rest[..<(question ?? rest.endIndex)]
    parameters = (question.map { rest[rest.index(after: $0)...] } ?? "").split(separator: "&").map { text in
      let pair = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      return (Self.decoded(pair[0]), Self.decoded(pair.count > 1 ? pair[1] : ""), text)
    }
  }

  private static func decoded(_ text: String) -> String { text.removingPercentEncoding ?? text }

  private static let secrets: Set<String> = ["password", "sslpassword"]

  var hasPassword: Bool {
    password?.isEmpty == false || parameters.contains { Self.secrets.contains($0.name) && !$0.value.isEmpty }
  }

  var withoutPassword: String {
    let open = parameters.filter { !Self.secrets.contains($0.name) }.map(\.text)
    return "\(scheme)://\(user.map { "\($0)@" } ?? "")\(place)\(open.isEmpty ? "" : "?")\(open.joined(separator: "&"))"
  }

  /// The last of the name, as libpq takes it.
  func parameter(_ name: String) -> String? { parameters.last { $0.name == name }?.value }

  /// Sockets and loopback addresses only.
  var isLocal: Bool {
    let hosts = place.prefix { $0 != "/" }
    let named = parameter("hostaddr") ?? parameter("host") ?? Self.decoded(String(hosts))
    return named.split(separator: ",", omittingEmptySubsequences: false).allSatisfy { entry in
      if entry.isEmpty || entry.hasPrefix("/") || entry.hasPrefix("@") || entry.hasPrefix("[::1]") || entry == "::1" {
        return true
      }
      let host = entry.prefix { $0 != ":" }
      return host == "localhost" || host.hasPrefix("127.")
    }
  }
}
