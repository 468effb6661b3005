import CPostgres

/// A libpq connection URL that was taken apart once, so that nothing of it but host and database is ever shown: libpq's
/// own words about a URL that it cannot read or use may quote its password.
package struct PostgresAddress: Sendable {
  /// `postgres://host/database`, without user and password.
  package let name: String
  private let url: String
  /// Parameters that count in place of the URL's.
  var overrides: [(keyword: String, value: String)] = []
  /// None of the hosts could be looked up.
  var isUnknown = false
  /// Where libpq would look for the database, in its order.
  let targets: [Target]

  /// One of the hosts that a URL names.
  struct Target: Sendable {
    /// A name, an address or a folder with a socket; empty where the URL has none.
    var host: String
    /// `hostaddr`; empty where it is left to the host.
    var address: String
    var port: String
  }

  /// Defaults that the URL may override. Without the last three a peer that vanished would be waited for for hours.
  private static let defaults = [
    ("connect_timeout", "5"), ("application_name", "apus"), ("keepalives_idle", "30"), ("keepalives_interval", "10"),
    ("tcp_user_timeout", "30000"),
  ]

  /// What to tell where there is no address.
  package static let advice =
    "it is not a URL that libpq understands (in a password, '@', ':' and '/' are written %40, %3A and %2F)"

  /// Nil where libpq cannot read the URL, or reads a part of the password as host or port.
  package init?(_ url: String) {
    guard let options = PQconninfoParse(url, nil) else { return nil }
    defer { PQconninfoFree(options) }
    var parts: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val { parts[String(cString: keyword)] = String(cString: value) }
      option += 1
    }
    let isPort = (parts["port"] ?? "").utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ",") }
    guard isPort, parts["host"]?.contains("@") != true else { return nil }
    name = "postgres://\(parts["host"] ?? "localhost")/\(parts["dbname"] ?? "")"
    self.url = url
    targets = Self.targets(parts)
  }

  /// Lists of hosts and addresses are equally long, where both are given; one port stands for all.
  private static func targets(_ parts: [String: String]) -> [Target] {
    func list(_ keyword: String) -> [String] {
      (parts[keyword] ?? "").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    let (hosts, addresses, ports) = (list("host"), list("hostaddr"), list("port"))
    return (0..<max(hosts.count, addresses.count)).map { index in
      Target(
        host: index < hosts.count ? hosts[index] : "", address: index < addresses.count ? addresses[index] : "",
        port: ports.count == 1 ? ports[0] : index < ports.count ? ports[index] : "")
    }
  }

  /// A new connection, which the caller ends with `PQfinish`.
  package func connect() throws(PostgresFailure) -> OpaquePointer {
    guard !isUnknown else {
      throw PostgresFailure(state: "", message: "could not translate host name to address: Name or service not known")
    }
    let parameters =
      Self.defaults + [("dbname", url), ("client_encoding", "UTF8")] + overrides.map { ($0.keyword, $0.value) }
    let handle = Self.withCStrings(parameters.map(\.0)) { keywords in
      Self.withCStrings(parameters.map(\.1)) { values in PQconnectdbParams(keywords, values, 1) }
    }
    guard let handle else { throw PostgresFailure(state: "", message: "no memory for a connection") }
    // Notices would go to standard error, past the log.
    PQsetNoticeProcessor(handle, { _, _ in }, nil)
    if PQstatus(handle) == CONNECTION_OK { return handle }
    let message = PQerrorMessage(handle).map { String(cString: $0) } ?? ""
    do throws(PostgresFailure) {
      return try Self.secondTry(handle, after: message)
    } catch {
      PQfinish(handle)
      throw error
    }
  }

  /// A refusal in words that are not known, as those of a server that speaks another language, is asked for once more
  /// with its SQLSTATE: libpq writes it only for a connection object that exists. Other refusals stay as they are; a
  /// pooler's second answer would hide the cause.
  private static func secondTry(
    _ handle: OpaquePointer, after message: String
  ) throws(PostgresFailure) -> OpaquePointer {
    // Two spaces follow the severity of what a server said; libpq's own words have none.
    guard message.contains(":  "), !PostgresFailure.isKnown(message) else {
      throw PostgresFailure(state: "", message: message)
    }
    PQsetErrorVerbosity(handle, PQERRORS_VERBOSE)
    PQreset(handle)
    guard PQstatus(handle) == CONNECTION_OK else {
      throw PostgresFailure(verbose: PQerrorMessage(handle).map { String(cString: $0) } ?? message)
    }
    PQsetErrorVerbosity(handle, PQERRORS_DEFAULT)
    return handle
  }

  /// Lends a null-terminated array of C strings, nil for null, laid out in one buffer.
  static func withCStrings<Result>(
    _ texts: [String?], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
  ) -> Result {
    var bytes: [CChar] = []
    var offsets: [Int?] = []
    for text in texts {
      guard let text else {
        offsets.append(nil)
        continue
      }
      offsets.append(bytes.count)
      for byte in text.utf8 { bytes.append(CChar(bitPattern: byte)) }
      bytes.append(0)
    }
    return bytes.withUnsafeBufferPointer { buffer in
      let pointers = offsets.map { offset in offset.flatMap { buffer.baseAddress?.advanced(by: $0) } } + [nil]
      return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
    }
  }
}
