import Foundation

/// The target of a request: its path and its query.
struct RequestTarget: Sendable, Equatable {
  /// Without the query.
  let path: Substring
  /// What stands behind the question mark; nil: there is none.
  let query: Substring?

  /// - Parameter uri: As the request line has it. A proxy sends `http://host/path` (RFC 9112, 3.2.2), of which the host does
  ///   not matter here.
  init(_ uri: String) {
    let target = uri.utf8.first == UInt8(ascii: "/") ? uri[...] : Self.withoutHost(uri)
    if let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) {
      path = target[..<mark]
      query = target[target.utf8.index(after: mark)...]
    } else {
      path = target
      query = nil
    }
  }

  private static func withoutHost(_ uri: String) -> Substring {
    guard let scheme = uri.range(of: "://") else { return uri.isEmpty ? "/" : uri[...] }
    let rest = uri[scheme.upperBound...]
    guard let start = rest.utf8.firstIndex(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }) else {
      return "/"
    }
    return rest.utf8[start] == UInt8(ascii: "/") ? rest[start...] : "/" + rest[start...]
  }

  /// The parameters of the query; values are percent-decoded, of names that repeat the last one counts.
  var parameters: [String: String] {
    var parameters: [String: String] = [:]
    for pair in (query ?? "").prefix(while: { $0 != "#" }).split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count > 1 ? String(parts[1]) : ""
      parameters[String(parts[0])] = value.removingPercentEncoding ?? value
    }
    return parameters
  }
}
