import ApusAPI
package import KubernetesModel

/// Who reaches a model's servers over the network: the NetworkPolicy that is made with each model.
///
/// Clients reach the port for predictions, and the ports that a template's containers name, from everywhere. The port for the
/// operator is for the operator's namespace and for the peers that its configuration names: whoever scrapes.
package struct ServerNetwork: Sendable, Equatable {
  /// Peers as a NetworkPolicy writes them. Nil: the pods of all namespaces, which reach every port then.
  package var adminPeers: [JSONValue]?
  /// More ports that are open to everybody: of sidecars that are injected.
  package var openPorts: [Int]
  /// The operator's own namespace; nil: it runs outside of the cluster, and everybody reaches every port unless peers are named.
  package var operatorNamespace: String?

  package init(adminPeers: [JSONValue]? = nil, openPorts: [Int] = [], operatorNamespace: String? = nil) {
    self.adminPeers = adminPeers
    self.openPorts = openPorts
    self.operatorNamespace = operatorNamespace
  }

  private static let namespaceLabel = "kubernetes.io/metadata.name"

  /// `spec.ingress`.
  /// - Parameter template: The partial pod template that people have written.
  func ingress(template: JSONValue?) -> JSONValue {
    let ports =
      [Self.port(ServerSet.publicPort, "TCP")] + Self.declaredPorts(template) + openPorts.map { Self.port($0, "TCP") }
    var distinct: [JSONValue] = []
    for port in ports where !distinct.contains(port) { distinct.append(port) }
    let everybody: JSONValue = ["ports": .array(distinct)]
    guard let adminPeers else {
      // An operator outside of the cluster would shut itself out.
      guard operatorNamespace != nil else { return [everybody, [:]] }
      // Every namespace has the label.
      return [everybody, ["from": [["namespaceSelector": Self.exists(Self.namespaceLabel)]]]]
    }
    let own = operatorNamespace.map { name -> JSONValue in
      ["namespaceSelector": ["matchLabels": [Self.namespaceLabel: .string(name)]]]
    }
    let peers = [own].compactMap(\.self) + adminPeers
    // An empty list of peers would let everybody in.
    guard !peers.isEmpty else { return [everybody] }
    return [everybody, ["from": .array(peers), "ports": [Self.port(ServerSet.adminPort, "TCP")]]]
  }

  private static func exists(_ label: String) -> JSONValue {
    ["matchExpressions": [["key": .string(label), "operator": "Exists"]]]
  }

  private static func port(_ number: Int, _ transport: String) -> JSONValue {
    ["port": .integer(Int64(number)), "protocol": .string(transport)]
  }

  /// What the containers of a template listen on, as far as it says so.
  private static func declaredPorts(_ template: JSONValue?) -> [JSONValue] {
    let pod = template?["spec"] ?? template
    let containers = (pod?["containers"]?.array ?? []) + (pod?["initContainers"]?.array ?? [])
    return containers.flatMap { $0["ports"]?.array ?? [] }.compactMap { port in
      guard let number = port["containerPort"]?.integer, number != ServerSet.adminPort else { return nil }
      return Self.port(number, port["protocol"]?.string ?? "TCP")
    }
  }
}
