/// Header fields in their order; names compare without case. Values never show up in descriptions: some are secrets.
public struct HTTPHeaders: Sendable, Equatable, ExpressibleByDictionaryLiteral, Sequence {
  public private(set) var fields: [(name: String, value: String)] = []

  public init() {}

  public init(dictionaryLiteral elements: (String, String)...) {
    fields = elements.map { (name: $0.0, value: $0.1) }
  }

  /// The first value of a field. Setting replaces all values, nil removes them.
  public subscript(name: String) -> String? {
    get { fields.first { Self.same($0.name, name) }?.value }
    set {
      fields.removeAll { Self.same($0.name, name) }
      if let newValue { fields.append((name, newValue)) }
    }
  }

  public mutating func append(_ name: String, _ value: String) {
    fields.append((name, value))
  }

  public func makeIterator() -> IndexingIterator<[(name: String, value: String)]> { fields.makeIterator() }

  public static func == (left: HTTPHeaders, right: HTTPHeaders) -> Bool {
    left.fields.elementsEqual(right.fields) { same($0.name, $1.name) && $0.value == $1.value }
  }

  private static func same(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count && left.lowercased() == right.lowercased()
  }
}

extension HTTPHeaders: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "[" + fields.map(\.name).joined(separator: ", ") + "]" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, unlabeledChildren: fields.map(\.name)) }
}

/// How long a transfer may take.
public struct HTTPTimeouts: Sendable, Equatable {
  /// For name look-up, TCP and TLS.
  public var connect: Duration
  /// Longest time without a single byte, rounded up to whole seconds; nil: unlimited.
  public var idle: Duration?
  /// For everything; nil: unlimited.
  public var total: Duration?

  public init(connect: Duration = .seconds(10), idle: Duration? = .seconds(60), total: Duration? = .seconds(60)) {
    self.connect = connect
    self.idle = idle
    self.total = total
  }
}

/// What is asked of a server.
public struct HTTPRequest: Sendable, Equatable {
  public enum Method: String, Sendable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case patch = "PATCH"
    case delete = "DELETE"
  }

  public var method: Method
  /// Absolute, `http` or `https`, percent-encoded.
  public var url: String
  public var headers: HTTPHeaders
  public var body: [UInt8]
  public var timeouts: HTTPTimeouts
  /// Follows up to ten redirects of GET and HEAD, to `http` and `https` only.
  public var followsRedirects = false
  /// Offers gzip and the like, and hands out the body unpacked.
  public var acceptsCompression = false
  /// Nothing of the request goes out after this instant, and the exchange has ended by then, well or badly: also where the
  /// process was stopped in between. The clock counts the time that a machine sleeps.
  public var deadline: ContinuousClock.Instant?
  /// A certificate in PEM: the server has to show this very one, whatever name it is for and whoever has signed it. For
  /// servers that are known by their key and reached by an address. nil: as the transport's configuration says.
  public var pinnedCertificate: [UInt8]?
  /// `send` gives up beyond this size; `stream` has no limit.
  public var maximumBodyBytes = 1 << 30

  public init(
    _ method: Method = .get, url: String, headers: HTTPHeaders = [:], body: [UInt8] = [],
    timeouts: HTTPTimeouts = HTTPTimeouts()
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.timeouts = timeouts
  }
}

extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible {
  /// Method and origin: paths and queries may hold secrets.
  public var description: String { "\(method.rawValue) \(TransportError.origin(of: url))" }
  public var debugDescription: String { description }
}

/// A whole answer. Any status is an answer, not an error.
public struct HTTPResponse: Sendable, Equatable {
  public var status: Int
  public var headers: HTTPHeaders
  public var body: [UInt8]

  public init(status: Int, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  public var isSuccess: Bool { (200..<300).contains(status) }

  /// The body as text; what is not UTF-8 becomes U+FFFD.
  public var text: String { String(decoding: body, as: UTF8.self) }
}

/// An answer whose body is still on its way.
public struct HTTPStream: Sendable {
  public var status: Int
  public var headers: HTTPHeaders
  public var body: HTTPBody

  public init(status: Int, headers: HTTPHeaders, body: HTTPBody) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  public var isSuccess: Bool { (200..<300).contains(status) }
}

/// Sends requests. Implementations reuse connections and may be used from everywhere at once.
public protocol HTTPTransport: Sendable {
  /// The whole answer. Cancelling the task ends the transfer with `TransportError.cancelled`.
  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse

  /// The answer as soon as its head is there. Dropping the body ends the transfer.
  func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream
}
