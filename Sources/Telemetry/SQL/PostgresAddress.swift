import CPostgres

/// A libpq connection URL that was taken apart once, so that nothing of it but host and database is ever shown: libpq's own
/// words about a URL that it can not read or use may quote its password.
package struct PostgresAddress: Sendable {
  /// `postgres://host/database`, without user and password.
  package let name: String
  private let url: String

  /// Defaults that the URL may override. Without the last three a peer that vanished would be waited for for hours.
  private static let defaults = [
    ("connect_timeout", "5"), ("application_name", "apus"), ("keepalives_idle", "30"), ("keepalives_interval", "10"),
    ("tcp_user_timeout", "30000"),
  ]

  /// What to tell where there is no address.
  package static let advice =
    "it is not a URL that libpq understands (in a password, '@', ':' and '/' are written %40, %3A and %2F)"

  /// Nil where libpq can not read the URL, or reads a part of the password as host or port.
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
  }

  /// A new connection, good or not (`PQstatus`), which the caller ends with `PQfinish`; nil without memory for one.
  package func connect() -> OpaquePointer? {
    let parameters = Self.defaults + [("dbname", url), ("client_encoding", "UTF8")]
    return Self.withCStrings(parameters.map(\.0)) { keywords in
      Self.withCStrings(parameters.map(\.1)) { values in PQconnectdbParams(keywords, values, 1) }
    }
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
