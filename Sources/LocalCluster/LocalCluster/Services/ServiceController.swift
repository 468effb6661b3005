internal import Foundation
internal import KubernetesModel

/// Gives Services their address and writes their Endpoints and EndpointSlice.
actor ServiceController: LocalController {
  let name = "service-controller"
  let watched = [ClusterResource.services, ClusterResource.pods]
  private var addresses: LoopbackAddresses
  private var hasReserved = false

  init(addresses: LoopbackAddresses) { self.addresses = addresses }

  func keys(for change: ClusterChange, in cluster: any ClusterAccess) async -> [LocalKey] {
    let object = ClusterObject(change.object)
    if change.resource == ClusterResource.services {
      if change.kind == .deleted, let address = object.spec["clusterIP"]?.string { addresses.release(address) }
      return change.kind == .deleted ? [] : [object.key]
    }
    // All that select pods, not only those that select this one: its labels may just have changed.
    return await cluster.list(ClusterResource.services, namespace: object.namespace, labels: [:])
      .map(ClusterObject.init).filter { ServiceReading($0).hasSelector }.map(\.key)
  }

  func decision(for key: LocalKey, in cluster: any ClusterAccess, at now: Date) async -> Decision {
    await reserveKnown(in: cluster)
    guard let json = await cluster.get(ClusterResource.services, namespace: key.namespace, name: key.name) else {
      return .nothing
    }
    let service = ClusterObject(json)
    if ServiceReading(service).wantsAddress {
      guard let address = addresses.allocate() else { return .nothing }
      return Decision(writes: [Self.assign(address, to: service)])
    }
    let pods = await cluster.list(ClusterResource.pods, namespace: key.namespace, labels: [:]).map(ClusterObject.init)
    return Self.decide(
      service: service, pods: pods,
      endpoints: await cluster.get(ClusterResource.endpoints, namespace: key.namespace, name: key.name),
      slice: await cluster.get(ClusterResource.endpointSlices, namespace: key.namespace, name: key.name))
  }

  private func reserveKnown(in cluster: any ClusterAccess) async {
    guard !hasReserved else { return }
    hasReserved = true
    for json in await cluster.list(ClusterResource.services, namespace: nil, labels: [:]) {
      if let address = json[path: "spec", "clusterIP"]?.string { _ = addresses.reserve(address) }
    }
  }

  static func assign(_ address: String, to service: ClusterObject) -> ClusterWrite {
    var changed = service
    changed.json.set(.string(address), at: ["spec", "clusterIP"])
    changed.json.set([.string(address)], at: ["spec", "clusterIPs"])
    changed.json.set(["IPv4"], at: ["spec", "ipFamilies"])
    changed.json.set("SingleStack", at: ["spec", "ipFamilyPolicy"])
    return .replace(ClusterResource.services, changed.json)
  }

  /// A Service without a selector keeps the Endpoints that somebody else writes.
  static func decide(service: ClusterObject, pods: [ClusterObject], endpoints: JSONValue?, slice: JSONValue?)
    -> Decision
  {
    let reading = ServiceReading(service)
    guard reading.hasSelector, !service.isTerminating else { return .nothing }
    let backends = pods.filter { reading.selects($0) && !PodReading($0).isFinished }
      .compactMap { ServiceBackend($0, of: reading) }.sorted { $0.address < $1.address }
    var decision = Decision()
    write(EndpointObjects.endpoints(for: service, backends), endpoints, ClusterResource.endpoints, to: &decision)
    write(EndpointObjects.slice(for: service, backends), slice, ClusterResource.endpointSlices, to: &decision)
    return decision
  }

  private static func write(
    _ wanted: JSONValue, _ present: JSONValue?, _ resource: GroupVersionResource, to decision: inout Decision
  ) {
    guard var present else {
      decision.writes.append(.create(resource, wanted, announced: nil))
      return
    }
    let before = present
    for field in ["subsets", "endpoints", "ports"] { present[field] = wanted[field] }
    if present != before { decision.writes.append(.replace(resource, present)) }
  }
}

/// What a Service says.
struct ServiceReading: Sendable {
  struct Port: Sendable, Equatable {
    var name: String
    var port: Int
    /// Number or name of a container port.
    var target: JSONValue
  }

  let service: ClusterObject

  init(_ service: ClusterObject) { self.service = service }

  var type: String { service.spec["type"]?.string ?? "ClusterIP" }
  var address: String? { service.spec["clusterIP"]?.string.flatMap { $0.isEmpty ? nil : $0 } }
  var isHeadless: Bool { address == "None" }
  var wantsAddress: Bool { address == nil && type != "ExternalName" && !service.isTerminating }
  var hasSelector: Bool { !(service.spec["selector"]?.object ?? [:]).isEmpty }

  func selects(_ pod: ClusterObject) -> Bool {
    let selector = service.spec["selector"]?.stringMap ?? [:]
    return !selector.isEmpty && selector.allSatisfy { pod.labels[$0.key] == $0.value }
  }

  var ports: [Port] {
    (service.spec["ports"]?.array ?? []).compactMap { port in
      guard let number = port["port"]?.integer, port["protocol"]?.string ?? "TCP" == "TCP" else { return nil }
      return Port(name: port["name"]?.string ?? "", port: number, target: port["targetPort"] ?? .integer(Int64(number)))
    }
  }
}

/// A pod behind a Service.
struct ServiceBackend: Sendable, Equatable {
  var address: String
  var isReady: Bool
  var isTerminating: Bool
  var node: String
  var reference: JSONValue
  /// By the Service port's name; missing where the pod has no port of the target's name.
  var ports: [String: Int]

  /// nil: the pod has no address yet.
  init?(_ pod: ClusterObject, of service: ServiceReading) {
    guard let address = PodReading(pod).address, !address.isEmpty else { return nil }
    self.address = address
    isTerminating = pod.isTerminating
    isReady =
      (PodReading(pod).isReady && !pod.isTerminating)
      || service.service.spec["publishNotReadyAddresses"]?.bool == true
    node = pod.spec["nodeName"]?.string ?? ""
    reference = [
      "kind": "Pod", "name": .string(pod.name), "namespace": .string(pod.namespace), "uid": .string(pod.uid),
    ]
    let containers = ContainerSpecification.all(of: pod)
    ports = Dictionary(
      service.ports.compactMap { port in
        containers.lazy.compactMap { $0.port(port.target) }.first.map { (port.name, $0) }
      }, uniquingKeysWith: { first, _ in first })
  }
}

/// The two objects that say which pods are behind a Service.
enum EndpointObjects {
  static func endpoints(for service: ClusterObject, _ backends: [ServiceBackend]) -> JSONValue {
    var subsets: [JSONValue] = []
    for ports in Set(backends.map(\.ports)).sorted(by: {
      $0.values.sorted().lexicographicallyPrecedes($1.values.sorted())
    })
    where !ports.isEmpty {
      let members = backends.filter { $0.ports == ports && !$0.isTerminating }
      var subset: JSONValue = ["ports": .array(list(ports, of: service))]
      for (field, isReady) in [("addresses", true), ("notReadyAddresses", false)] {
        let addresses = members.filter { $0.isReady == isReady }.map { backend -> JSONValue in
          ["ip": .string(backend.address), "nodeName": .string(backend.node), "targetRef": backend.reference]
        }
        if !addresses.isEmpty { subset[field] = .array(addresses) }
      }
      if !members.isEmpty { subsets.append(subset) }
    }
    var object: JSONValue = ["apiVersion": "v1", "kind": "Endpoints", "metadata": metadata(service)]
    object["subsets"] = subsets.isEmpty ? nil : .array(subsets)
    return object
  }

  static func slice(for service: ClusterObject, _ backends: [ServiceBackend]) -> JSONValue {
    var metadata = metadata(service)
    metadata.set(.string(service.name), at: ["labels", "kubernetes.io/service-name"])
    metadata.set(.string("endpointslice-controller.k8s.io"), at: ["labels", "endpointslice.kubernetes.io/managed-by"])
    let ports = backends.map(\.ports).first { !$0.isEmpty } ?? [:]
    return [
      "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": metadata, "addressType": "IPv4",
      "endpoints": .array(
        backends.map { backend in
          [
            "addresses": [.string(backend.address)], "nodeName": .string(backend.node), "targetRef": backend.reference,
            "conditions": [
              "ready": .bool(backend.isReady), "serving": .bool(backend.isReady),
              "terminating": .bool(backend.isTerminating),
            ],
          ]
        }),
      // A slice's port always has a name, if an empty one: kubectl describe relies on it.
      "ports": .array(
        list(ports, of: service).map { port in
          var port = port
          port["name"] = port["name"] ?? ""
          return port
        }),
    ]
  }

  private static func list(_ ports: [String: Int], of service: ClusterObject) -> [JSONValue] {
    ServiceReading(service).ports.compactMap { port in
      guard let number = ports[port.name] else { return nil }
      var json: JSONValue = ["port": .integer(Int64(number)), "protocol": "TCP"]
      if !port.name.isEmpty { json["name"] = .string(port.name) }
      return json
    }
  }

  private static func metadata(_ service: ClusterObject) -> JSONValue {
    var metadata: JSONValue = [
      "name": .string(service.name), "namespace": .string(service.namespace),
      "ownerReferences": .array([service.asController]),
    ]
    if !service.labels.isEmpty { metadata["labels"] = JSONValue(service.labels) }
    return metadata
  }
}
