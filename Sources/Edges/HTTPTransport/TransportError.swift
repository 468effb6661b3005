public import Values

/// Why there is no answer. Sentences name the server (scheme, host, port), never a path, a query or a header: those may
/// hold secrets.
public enum TransportError: Error, Sendable, Equatable {
  /// The request cannot be sent as it is.
  case invalidRequest(origin: String, reason: String)
  /// The transport's configuration does not allow the server, or the address that its name leads to.
  case notAllowed(origin: String, OutboundRefusal)
  case hostNotFound(origin: String)
  case connectionFailed(origin: String, reason: String)
  /// The server's certificate, or ours, is not accepted.
  case tlsFailed(origin: String, reason: String)
  case timedOut(origin: String, reason: String)
  /// The connection broke after the request had been sent, at least in part: the server may have acted on it.
  case interrupted(origin: String, reason: String)
  case bodyTooLarge(limit: Int)
  /// The answer's headers.
  case headTooLarge(limit: Int)
  case cancelled
  /// The transport has been closed, or libcurl could not be started.
  case unavailable(reason: String)
}

extension TransportError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .invalidRequest(let origin, let reason): "the request to \(origin) cannot be sent: \(reason)"
    case .notAllowed(let origin, let refusal): "\(origin) is not connected to: \(refusal)"
    case .hostNotFound(let origin): "the host of \(origin) is not known; check its name and the DNS"
    case .connectionFailed(let origin, let reason): "no connection to \(origin): \(reason)"
    case .tlsFailed(let origin, let reason):
      "no trusted connection to \(origin): \(reason); check the certificate authority, the server's name and the clock"
    case .timedOut(let origin, let reason): "\(origin) did not answer in time: \(reason)"
    case .interrupted(let origin, let reason): "the connection to \(origin) broke: \(reason)"
    case .bodyTooLarge(let limit): "the answer is larger than \(limit) bytes"
    case .headTooLarge(let limit): "the answer's headers are larger than \(limit) bytes"
    case .cancelled: "cancelled"
    case .unavailable(let reason): "HTTP is not available: \(reason)"
    }
  }

  /// Whether the request did surely not reach the server, so that it may be sent again whatever it does.
  public var isBeforeSending: Bool {
    switch self {
    case .notAllowed, .hostNotFound, .connectionFailed, .tlsFailed: true
    default: false
    }
  }

  /// Scheme, host and port of a URL, without user, path and query.
  public static func origin(of url: String) -> String {
    guard let scheme = url.firstRange(of: "://") else { return "the given URL" }
    return String(url[..<scheme.upperBound] + host(in: url[scheme.upperBound...]))
  }

  /// The host of a URL, without its port.
  static func host(of url: String) -> String {
    guard let scheme = url.firstRange(of: "://") else { return "" }
    let host = host(in: url[scheme.upperBound...])
    return String(host.hasPrefix("[") ? host.prefix { $0 != "]" } : host.prefix { $0 != ":" })
  }

  /// Host and port of what follows the scheme.
  private static func host(in rest: Substring) -> Substring {
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    return authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
  }
}
