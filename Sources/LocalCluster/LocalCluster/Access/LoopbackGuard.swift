/// From where the API server is spoken to. A web page in a browser on this machine must not reach it, whatever the browser
/// has: neither by a name that resolves to loopback (DNS rebinding) nor by a request across origins.
package enum LoopbackGuard {
  /// Why a request is refused; nil: it may pass.
  package static func refusal(host: String?, origin: String?) -> String? {
    if origin != nil { return "requests from web pages are refused" }
    guard let host, isLoopback(host) else {
      return "the Host header must be localhost or a loopback address"
    }
    return nil
  }

  package static func isLoopback(_ host: String) -> Bool {
    if host.hasPrefix("[") { return host.prefix { $0 != "]" } == "[::1" }
    let name = host.prefix { $0 != ":" }
    if name.lowercased() == "localhost" { return true }
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
  }
}
