/// Whom a program may connect to where somebody else names the server.
///
/// A host is judged twice: by its name before anybody is asked, and by the address at the moment of connecting, so that a name
/// that leads elsewhere the second time gains nothing. Link-local, unspecified, multicast and metadata addresses are never
/// reached, whatever the rules say; loopback addresses only where `allowsLoopback`.
public struct OutboundRules: Sendable, Equatable {
  /// Hosts by name: wherever they lead, they may be reached.
  public var hosts: [HostPattern]
  /// Addresses, whatever host leads there.
  public var networks: [AddressBlock]
  /// All addresses of the Internet, whatever host leads there.
  public var allowsInternet: Bool
  /// For development, where everything runs on one machine.
  public var allowsLoopback: Bool
  /// Addresses that are refused though they are allowed: the cluster's own API server.
  public var closed: [AddressBlock] = []
  /// Addresses that are refused though they are allowed, whatever host leads there: a cluster's own pods and nodes may have public
  /// ones.
  public var refusedNetworks: [AddressBlock] = []

  public init(
    hosts: [HostPattern] = [], networks: [AddressBlock] = [], allowsInternet: Bool = false, allowsLoopback: Bool = false
  ) {
    self.hosts = hosts
    self.networks = networks
    self.allowsInternet = allowsInternet
    self.allowsLoopback = allowsLoopback
  }

  /// Any host; only the addresses that are never reached are not.
  public static let anyHost = OutboundRules(hosts: [.any])
  /// The same for programs in a pod of the author's own: its loopback leads to nobody else.
  public static let anyHostOfPod = OutboundRules(hosts: [.any], allowsLoopback: true)

  /// Whether no host is refused for its name.
  public var allowsAnyHost: Bool { hosts.contains(.any) }

  /// Why a host is not even looked up; nil: its address decides.
  public func refusal(of host: String) -> OutboundRefusal? {
    if let address = NetworkAddress(host) { return refusal(of: address, for: host) }
    return isNamed(host) || allowsInternet || !networks.isEmpty ? nil : .notAllowed
  }

  /// Why `address`, to which `host` leads, is not connected to.
  public func refusal(of address: NetworkAddress, for host: String) -> OutboundRefusal? {
    let reach = address.reach
    switch reach {
    case .special: return .special
    case .loopback where !allowsLoopback: return .loopback
    default: break
    }
    guard !closed.contains(where: { $0.contains(address) }) else { return .closed }
    guard !refusedNetworks.contains(where: { $0.contains(address) }) else { return .refusedNetwork }
    let isAllowed =
      isNamed(host) || networks.contains { $0.contains(address) } || allowsInternet && reach == .internet
    return isAllowed ? nil : .notAllowed
  }

  /// Why a proxy is not asked for `host`. It looks names up itself: only those that are allowed by name are left to it.
  public func refusalThroughProxy(of host: String) -> OutboundRefusal? {
    if let address = NetworkAddress(host) { return refusal(of: address, for: host) }
    return isNamed(host) ? nil : .notAllowedThroughProxy
  }

  /// The Service that `name.namespace` stands for in a cluster, where it is allowed by its longer name only. Of the short one
  /// nobody can tell beforehand whether it is a Service or a domain of the Internet that leads into the cluster's network.
  public func service(of host: String) -> String? {
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    let isShort =
      labels.count == 2
      && labels.allSatisfy { label in
        !label.isEmpty
          && label.utf8.allSatisfy { $0 == UInt8(ascii: "-") || Character(Unicode.Scalar($0)).isLowerOrDigit }
      }
    guard isShort, NetworkAddress(host) == nil, !isNamed(host), isNamed(host + ".svc") else { return nil }
    return host + ".svc"
  }

  private func isNamed(_ host: String) -> Bool { hosts.contains { $0.matches(host) } }
}

extension Character {
  fileprivate var isLowerOrDigit: Bool { ("a"..."z").contains(self) || ("0"..."9").contains(self) }
}

/// Why a connection is not made.
public enum OutboundRefusal: Error, Sendable, Equatable {
  case notAllowed
  case notAllowedThroughProxy
  case loopback
  case special
  case closed
  case refusedNetwork
}

extension OutboundRefusal: CustomStringConvertible {
  /// Never names an address: whoever may name hosts would learn where they lead.
  public var description: String {
    switch self {
    case .notAllowed: "outbound in the operator's configuration allows neither the host nor its address"
    case .notAllowedThroughProxy:
      "outbound.hosts in the operator's configuration does not name the host, and behind a proxy only names count"
    case .loopback:
      "loopback addresses are refused; outbound.loopback in the operator's configuration allows them for development"
    case .special: "link-local, unspecified, multicast and metadata addresses are never connected to"
    case .refusedNetwork: "outbound.refusedNetworks in the operator's configuration refuses the host's address"
    case .closed: "the cluster's own API server is not asked"
    }
  }
}

/// A host, or all hosts below a domain: `hooks.slack.com`, `*.svc.cluster.local`; `*` is every host.
public struct HostPattern: Sendable, Hashable {
  /// In lower case; without the star, and with the dot before a domain.
  private let text: String
  private let isSuffix: Bool

  public static let any = HostPattern(text: "", isSuffix: true)

  private init(text: String, isSuffix: Bool) {
    self.text = text
    self.isSuffix = isSuffix
  }

  /// nil: neither a name nor an address, such as a URL or a name with a star in its middle.
  public init?(_ pattern: String) {
    guard pattern != "*" else {
      self = .any
      return
    }
    let isSuffix = pattern.hasPrefix("*.")
    let name = Self.canonical(isSuffix ? String(pattern.dropFirst(2)) : pattern)
    let isAddress = NetworkAddress(name) != nil
    let isName = name.utf8.allSatisfy {
      (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || "-._".utf8.contains($0)
    }
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    guard isAddress ? !isSuffix : isName && labels.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 63 }) else {
      return nil
    }
    self.init(text: isSuffix ? "." + name : name, isSuffix: isSuffix)
  }

  public func matches(_ host: String) -> Bool {
    let host = Self.canonical(host)
    if isSuffix {
      return text.isEmpty || host.count > text.count && host.hasSuffix(text) && NetworkAddress(host) == nil
    }
    guard host != text else { return true }
    return NetworkAddress(text).map { $0 == NetworkAddress(host) } ?? false
  }

  /// Lower case, without brackets and the dot of the root.
  private static func canonical(_ host: String) -> String {
    var host = host.lowercased()
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    return host.hasSuffix(".") ? String(host.dropLast()) : host
  }
}

extension HostPattern: CustomStringConvertible {
  public var description: String { isSuffix ? "*" + text : text }
}
