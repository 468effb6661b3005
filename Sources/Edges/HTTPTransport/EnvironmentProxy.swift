import Foundation
import Values

/// The environment's proxies, chosen as libcurl chooses them: for transfers that have to know before whom they connect to.
enum EnvironmentProxy {
  /// nil: the host is reached directly.
  static func url(
    for host: String, scheme: String, in environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String? {
    // HTTP_PROXY in capitals would be a client's header in a CGI program.
    let names = scheme == "http" ? ["http_proxy"] : ["\(scheme)_proxy", "\(scheme.uppercased())_PROXY"]
    func value(_ names: [String]) -> String? { names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty } }
    guard let proxy = value(names + ["all_proxy", "ALL_PROXY"]) else { return nil }
    return isExcepted(host, by: value(["no_proxy", "NO_PROXY"]) ?? "") ? nil : proxy
  }

  /// Hosts with all below them, addresses and networks, between commas or blanks; `*` is everybody.
  private static func isExcepted(_ host: String, by list: String) -> Bool {
    let address = NetworkAddress(host)
    return list.split { $0 == "," || $0.isWhitespace }.contains { entry in
      guard entry != "*" else { return true }
      if let address { return AddressBlock(entry)?.contains(address) == true }
      let name = entry.lowercased().drop { $0 == "." }
      let asked = host.lowercased()
      return asked == name || asked.hasSuffix("." + name)
    }
  }
}
