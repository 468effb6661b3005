import KubernetesModel
import Values

extension OperatorConfiguration {
  /// The section `outbound`: whom the operator itself connects to where a policy or a Secret of a namespace names the server.
  struct Outbound: Decodable {
    var hosts: [String]?
    var networks: [String]?
    var refusedNetworks: [String]?
    var internet: Bool?
    var loopback: Bool?

    static let shape: JSONValue = [
      "hosts": [:], "networks": [:], "refusedNetworks": [:], "internet": [:], "loopback": [:],
    ]

    /// Errors: name the key.
    func rules(_ file: String) throws(OperatorConfigurationError) -> OutboundRules {
      var rules = OutboundRules(allowsInternet: internet ?? false, allowsLoopback: loopback ?? false)
      for (index, text) in (hosts ?? []).enumerated() {
        guard let pattern = HostPattern(text) else {
          throw .unusable(
            file: file, key: "outbound.hosts[\(index)]",
            problem: "must be a host such as hooks.slack.com, *.example.org for all below a domain, or *")
        }
        rules.hosts.append(pattern)
      }
      for (index, text) in (networks ?? []).enumerated() {
        let key = "outbound.networks[\(index)]"
        let block = try Self.block(text, key, file)
        if let refusal = OutboundRules(networks: [block], allowsLoopback: rules.allowsLoopback).refusal(
          of: block.address, for: ""), block.isWithinOne
        {
          throw .unusable(file: file, key: key, problem: "has no effect: \(refusal)")
        }
        rules.networks.append(block)
      }
      for (index, text) in (refusedNetworks ?? []).enumerated() {
        rules.refusedNetworks.append(try Self.block(text, "outbound.refusedNetworks[\(index)]", file))
      }
      return rules
    }

    private static func block(
      _ text: String, _ key: String, _ file: String
    ) throws(OperatorConfigurationError) -> AddressBlock {
      guard let block = AddressBlock(text) else {
        throw .unusable(file: file, key: key, problem: "must be a network such as 10.96.0.0/12 or fd00:10::/32")
      }
      return block
    }
  }
}

extension OutboundRules {
  /// `outbound.hosts` of the install manifests and the chart.
  package static let installedHosts = ["*.svc", "*.svc.cluster.local", "hooks.slack.com", "events.pagerduty.com"]

  /// That a proxy of the process makes `internet` and `networks` worth nothing, where nobody has named hosts for it; nil: that is not so.
  package func proxyWarning(_ environment: [String: String]) -> String? {
    let names = ["https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"]
    guard let proxy = names.first(where: { environment[$0]?.isEmpty == false }), allowsInternet || !networks.isEmpty,
      Set(hosts).isSubset(of: Self.installedHosts.compactMap { HostPattern($0) })
    else { return nil }
    return
      "\(proxy) is set, and behind a proxy only outbound.hosts of the configuration counts: name the alert receivers and "
      + "Prometheus servers of policies there, or they are refused"
  }
}

extension AddressBlock {
  /// Whether its first address speaks for all of it: it lies within one of the blocks that are never reached, or within loopback.
  fileprivate var isWithinOne: Bool { NetworkAddress.neverReached.contains { $0.contains(self) } }
}
