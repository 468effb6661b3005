import Foundation
import KubernetesModel
import Testing

@testable import LocalCluster

@Suite("A Service")
struct ServiceTests {
  private let service = ClusterObject([
    "apiVersion": "v1", "kind": "Service",
    "metadata": ["name": "web", "namespace": "default", "uid": "s1"],
    "spec": [
      "clusterIP": "127.96.0.10", "selector": ["app": "web"],
      "ports": [["name": "http", "port": 80, "targetPort": "api", "protocol": "TCP"]],
    ],
  ])

  private func pod(_ name: String, _ address: String?, ready: Bool = true, terminating: Bool = false) -> ClusterObject {
    aPod(name, ready: ready) {
      $0.set(
        [["name": "web", "image": "web:1", "ports": [["name": "api", "containerPort": 8080]]]],
        at: ["spec", "containers"])
      $0.set(address.map(JSONValue.string), at: ["status", "podIP"])
      if terminating { $0.set("2027-01-15T08:00:00Z", at: ["metadata", "deletionTimestamp"]) }
    }
  }

  @Test("lists ready and unready pods apart, by the named port of their containers")
  func endpoints() throws {
    let pods = [
      pod("a", "127.128.0.2"), pod("b", "127.128.0.3", ready: false), pod("c", nil),
      pod("d", "127.128.0.5", terminating: true), aPod("other", labels: ["app": "x"]),
    ]
    let decision = ServiceController.decide(service: service, pods: pods, endpoints: nil, slice: nil)
    #expect(decision.summary == ["create endpoints web", "create endpointslices web"])
    guard case .create(_, let endpoints, _) = decision.writes[0], case .create(_, let slice, _) = decision.writes[1]
    else { return }
    let subset = try #require(endpoints["subsets"]?[0])
    #expect(endpoints["subsets"]?.array?.count == 1)
    #expect(subset["addresses"]?.array?.compactMap { $0["ip"]?.string } == ["127.128.0.2"])
    #expect(subset["notReadyAddresses"]?.array?.compactMap { $0["ip"]?.string } == ["127.128.0.3"])
    #expect(subset["ports"] == [["name": "http", "port": 8080, "protocol": "TCP"]])
    #expect(slice["endpoints"]?.array?.count == 3)
    let ports = ServiceReading(service).ports
    #expect(
      ServiceProxy.backends(endpoints, port: ports[0]) == [ServiceListener(address: "127.128.0.2", port: 8080)])
    #expect(
      ServiceController.decide(service: service, pods: pods, endpoints: endpoints, slice: slice) == .nothing)
  }

  @Test("has a slice whose port has a name, if an empty one, as kubectl describe needs it")
  func unnamedPort() throws {
    var unnamed = service
    unnamed.json.set([["port": 80, "targetPort": 8080]], at: ["spec", "ports"])
    let backend = try #require(ServiceBackend(pod("a", "127.128.0.2"), of: ServiceReading(unnamed)))
    let slice = EndpointObjects.slice(for: unnamed, [backend])
    #expect(slice["ports"] == [["name": "", "port": 8080, "protocol": "TCP"]])
    let endpoints = EndpointObjects.endpoints(for: unnamed, [backend])
    #expect(endpoints["subsets"]?[0]?["ports"] == [["port": 8080, "protocol": "TCP"]])
  }

  @Test("without a selector, or headless, has no listener or endpoints of ours")
  func special() {
    var headless = service
    headless.json.set("None", at: ["spec", "clusterIP"])
    #expect(ServiceProxy.listeners(of: headless).isEmpty && !ServiceReading(headless).wantsAddress)
    var external = service
    external.json.set(nil, at: ["spec", "selector"])
    #expect(ServiceController.decide(service: external, pods: [], endpoints: nil, slice: nil) == .nothing)
    #expect(Array(ServiceProxy.listeners(of: service).keys) == [ServiceListener(address: "127.96.0.10", port: 80)])
  }

  @Test("spreads connections in turn and offers the others behind each")
  func turns() {
    let backends = (1...3).map { ServiceListener(address: "127.128.0.\($0)", port: 80) }
    let ring = BackendRing(backends)
    #expect((0..<4).map { _ in ring.turn().first } == [backends[0], backends[1], backends[2], backends[0]])
    ring.replace([backends[2]])
    #expect(ring.turn() == [backends[2]])
    ring.replace([])
    #expect(ring.turn().isEmpty)
  }

  @Test("addresses are unique, differ between clusters, and never end in 0 or 255")
  func addresses() {
    var one = LoopbackAddresses.services(state: "/a")
    let first = (0..<600).compactMap { _ in one.allocate() }
    #expect(Set(first).count == 600 && first.allSatisfy { $0.hasPrefix("127.96.") })
    #expect(!first.contains { $0.hasSuffix(".0") || $0.hasSuffix(".255") })
    var pods = LoopbackAddresses.pods(state: "/a")
    #expect(pods.allocate() != LoopbackAddresses.pods(state: "/b").peek())
    one.release(first[0])
    #expect(one.reserve(first[0]) && !one.reserve(first[0]))
  }
}

extension LoopbackAddresses {
  func peek() -> String? {
    var copy = self
    return copy.allocate()
  }
}
