import KubernetesModel
import Values

extension OperatorConfiguration {
  /// The section `outbound`: whom the operator itself connects to where a policy or a Secret of a namespace names the server.
  struct Outbound: Decodable {
    var hosts: [String]?
    var networks: [String]?
    var internet: Bool?
    var loopback: Bool?

    static let shape: JSONValue = ["hosts": [:], "networks": [:], "internet": [:], "loopback": [:]]

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
        guard let block = AddressBlock(text) else {
          throw .unusable(file: file, key: key, problem: "must be a network such as 10.96.0.0/12 or fd00:10::/32")
        }
        if let refusal = OutboundRules(networks: [block], allowsLoopback: rules.allowsLoopback).refusal(
          of: block.address, for: ""), block.isWithinOne
        {
          throw .unusable(file: file, key: key, problem: "has no effect: \(refusal)")
        }
        rules.networks.append(block)
      }
      return rules
    }
  }
}

extension AddressBlock {
  /// Whether its first address speaks for all of it: it lies within one of the blocks that are never reached, or within loopback.
  fileprivate var isWithinOne: Bool { NetworkAddress.neverReached.contains { $0.contains(self) } }
}
