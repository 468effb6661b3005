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
    for target in targets.isEmpty ? [Target(host: "", address: "", port: "")] : Array(targets.prefix(Self.most)) {
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

  /// Hosts of a URL that are tried: each may take as long as a connection may.
  private static let most = 8

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
    let found = target.address.isEmpty ? lookUp(target.host) : lookUp(target.address, isNumeric: true)
    let allowed = found.filter { rules.refusal(of: $0.address, for: judged) == nil }
    if allowed.isEmpty, let first = found.first, let refusal = rules.refusal(of: first.address, for: judged) {
      throw refusal
    }
    return allowed.map(\.text)
  }

  /// An address, and how it is connected to: behind a translator (NAT64) what is reached is not what is written.
  private struct Found {
    var address: NetworkAddress
    var text: String
  }

  /// - Parameter isNumeric: nobody is asked; a name is nothing.
  private static func lookUp(_ host: String, isNumeric: Bool = false) -> [Found] {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    if isNumeric { hints.ai_flags = AI_NUMERICHOST }
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &list) == 0 else { return [] }
    defer { freeaddrinfo(list) }
    var found: [Found] = []
    var next = list
    while let entry = next?.pointee {
      let offset =
        entry.ai_family == AF_INET
        ? MemoryLayout<sockaddr_in>.offset(of: \.sin_addr)
        : entry.ai_family == AF_INET6 ? MemoryLayout<sockaddr_in6>.offset(of: \.sin6_addr) : nil
      if let pointer = entry.ai_addr, let offset {
        let bytes = UnsafeRawBufferPointer(
          start: UnsafeRawPointer(pointer) + offset, count: entry.ai_family == AF_INET ? 4 : 16)
        if let address = NetworkAddress(bytes: bytes), let text = text(of: entry),
          !found.contains(where: { $0.text == text })
        {
          found.append(Found(address: address, text: text))
        }
      }
      next = entry.ai_next
    }
    return found
  }

  private static func text(of entry: addrinfo) -> String? {
    var bytes = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    guard
      getnameinfo(
        entry.ai_addr, entry.ai_addrlen, &bytes, socklen_t(bytes.count), nil, 0, NI_NUMERICHOST) == 0
    else { return nil }
    return String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
