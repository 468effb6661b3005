import NIOHTTP1

/// The headers that decide how a request is answered, read in one pass. Of a header that repeats, the values stand one
/// behind the other with commas between them (RFC 9110, 5.3).
struct RequestHeaders {
  private(set) var accept: String?
  private(set) var asksMethod: String?
  private(set) var authorization: String?
  private(set) var contentEncoding: String?
  private(set) var contentLength: String?
  private(set) var jsonLength: String?
  private(set) var origin: String?
  private(set) var requestID: String?
  private(set) var expectation: String?
  private(set) var transferEncoding: String?
  /// The last one.
  private(set) var host: String?
  /// How many headers `Host` there are.
  private(set) var hosts = 0
  /// Whether the client would go on in another protocol, such as HTTP/2 without TLS (Java's HttpClient asks for it with each
  /// request). It is answered in HTTP/1.1, and nothing after it can be read.
  private(set) var asksForUpgrade = false

  init(_ headers: HTTPHeaders) {
    for (name, value) in headers {
      switch Name(name) {
      case .accept: Self.add(value, to: &accept)
      case .asksMethod: Self.add(value, to: &asksMethod)
      case .authorization: Self.add(value, to: &authorization)
      case .contentEncoding: Self.add(value, to: &contentEncoding)
      case .contentLength: Self.add(value, to: &contentLength)
      case .expectation: Self.add(value, to: &expectation)
      case .host:
        host = value
        hosts += 1
      case .jsonLength: Self.add(value, to: &jsonLength)
      case .origin: Self.add(value, to: &origin)
      case .requestID: Self.add(value, to: &requestID)
      case .transferEncoding: Self.add(value, to: &transferEncoding)
      case .upgrade: asksForUpgrade = true
      case .other: break
      }
    }
  }

  private static func add(_ value: String, to header: inout String?) {
    header = header.map { "\($0), \(value)" } ?? value
  }

  /// Compared by length first: most headers are none of these.
  private enum Name {
    case accept, asksMethod, authorization, contentEncoding, contentLength, expectation, host, jsonLength, origin,
      requestID, transferEncoding, upgrade, other

    init(_ name: String) {
      switch name.utf8.count {
      case 4: self = Self.equal(name, "host") ? .host : .other
      case 6:
        self =
          Self.equal(name, "accept")
          ? .accept : Self.equal(name, "origin") ? .origin : Self.equal(name, "expect") ? .expectation : .other
      case 7: self = Self.equal(name, "upgrade") ? .upgrade : .other
      case 12: self = Self.equal(name, "x-request-id") ? .requestID : .other
      case 13: self = Self.equal(name, "authorization") ? .authorization : .other
      case 14: self = Self.equal(name, "content-length") ? .contentLength : .other
      case 16: self = Self.equal(name, "content-encoding") ? .contentEncoding : .other
      case 17: self = Self.equal(name, "transfer-encoding") ? .transferEncoding : .other
      case 29: self = Self.equal(name, "access-control-request-method") ? .asksMethod : .other
      case 31: self = Self.equal(name, "inference-header-content-length") ? .jsonLength : .other
      default: self = .other
      }
    }

    /// - Parameter lowercase: ASCII letters and dashes.
    private static func equal(_ name: String, _ lowercase: StaticString) -> Bool {
      var place = lowercase.utf8Start
      for byte in name.utf8 {
        if byte | (byte >= 0x41 && byte <= 0x5A ? 0x20 : 0) != place.pointee { return false }
        place += 1
      }
      return true
    }
  }
}
