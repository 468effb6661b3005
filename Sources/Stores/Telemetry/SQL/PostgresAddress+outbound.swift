import CPostgres
import Foundation
package import Values

extension PostgresAddress {
  /// The same database, of whose hosts only the addresses that `rules` allow are left, each looked up once: libpq connects to
  /// those and looks nothing up.
  /// Errors: why the first host is refused, where none is left. Hosts that nobody knows fail at the connection.
  package func held(to rules: OutboundRules) throws(OutboundRefusal) -> PostgresAddress {
    var (names, addresses, ports): ([String], [String], [String]) = ([], [], [])
    var refusal: OutboundRefusal?
    for target in targets.isEmpty ? [Target(host: "", address: "", port: "")] : targets {
      do throws(OutboundRefusal) {
        for address in try Self.addresses(of: target, rules) {
          names.append(target.host)
          addresses.append(address)
          // An empty value would leave the URL's list, which has a port for each of its hosts.
          ports.append(target.port.isEmpty ? Self.usualPort : target.port)
        }
      } catch {
        refusal = refusal ?? error
      }
    }
    var held = self
    guard !names.isEmpty else {
      if let refusal { throw refusal }
      // libpq would look it up once more, and might find what was not judged.
      held.isUnknown = true
      return held
    }
    held.overrides = [
      ("host", names.joined(separator: ",")), ("hostaddr", addresses.joined(separator: ",")),
      ("port", ports.joined(separator: ",")),
    ]
    return held
  }

  private static var usualPort: String { ProcessInfo.processInfo.environment["PGPORT"] ?? "5432" }

  /// Values of `hostaddr` that are allowed; none where nobody knows the host.
  private static func addresses(of target: Target, _ rules: OutboundRules) throws(OutboundRefusal) -> [String] {
    // Without a host libpq takes a socket of this machine, or the machine itself.
    let isSocket = target.host.hasPrefix("/") || target.host.hasPrefix("@") || target.host.isEmpty
    guard !isSocket || !target.address.isEmpty else {
      guard rules.allowsLoopback else { throw .loopback }
      return [""]
    }
    // With `hostaddr` libpq connects there and never asks where the host leads: the host allows nothing then.
    let judged = target.address.isEmpty ? target.host : target.address
    if let refusal = rules.refusal(of: judged) { throw refusal }
    let found =
      target.address.isEmpty ? lookUp(target.host) : [NetworkAddress(target.address)].compactMap(\.self)
    let allowed = found.filter { rules.refusal(of: $0, for: judged) == nil }
    if allowed.isEmpty, let first = found.first, let refusal = rules.refusal(of: first, for: judged) { throw refusal }
    return allowed.map(\.description)
  }

  private static func lookUp(_ host: String) -> [NetworkAddress] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var found: [NetworkAddress] = []
    var next = list
    while let entry = next?.pointee {
      let offset =
        entry.ai_family == AF_INET
        ? MemoryLayout<sockaddr_in>.offset(of: \.sin_addr)
        : entry.ai_family == AF_INET6 ? MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr) : nil
      if let pointer = entry.ai_addr, let offset {
        let bytes = UnsafeRawBufferPointer(
          start: UnsafeRawPointer(pointer) + offset, count: entry.ai_family == AF_INET ? 4 : 16)
        if let address = NetworkAddress(bytes: bytes), !found.contains(address) { found.append(address) }
      }
      next = entry.ai_next
    }
    return found
  }
}
