import Foundation
import Glibc
import KubernetesModel
import TestSupport
import Testing

@testable import LocalCluster

@Suite("A Service's address")
struct ServiceProxyTests {
  private static let python = ProgramSearch.find(
    "python3", in: ProcessInfo.processInfo.environment["PATH"], from: "/")

  /// Answers each connection with the pod's name.
  private static let server = """
    exec python3 -c 'import os,socket
    s=socket.socket(); s.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1); s.bind((os.environ["IP"],7000)); s.listen()
    while True:
      c,_=s.accept(); c.sendall((os.environ["NAME"]+"\\n").encode()*2000); c.close()'
    """

  @Test("spreads connections over the ready pods", .enabled(if: python != nil, "python3 is needed"))
  func spreading() async throws {
    try await ClusterFixture.run { cluster in
      for name in ["a", "b"] {
        try await cluster.create(
          ClusterResource.pods, "Pod", name,
          [
            "metadata": ["labels": ["app": "web"]],
            "spec": [
              "terminationGracePeriodSeconds": 1,
              "containers": [
                [
                  "name": "main", "image": "shell", "args": ["-c", .string(Self.server)],
                  "ports": [["name": "tcp", "containerPort": 7000]],
                  "readinessProbe": ["tcpSocket": ["port": "tcp"]],
                  "env": [
                    ["name": "NAME", "valueFrom": ["fieldRef": ["fieldPath": "metadata.name"]]],
                    ["name": "IP", "valueFrom": ["fieldRef": ["fieldPath": "status.podIP"]]],
                  ],
                ]
              ],
            ],
          ])
      }
      try await cluster.create(
        ClusterResource.services, "Service", "web",
        ["spec": ["selector": ["app": "web"], "ports": [["port": 80, "targetPort": "tcp"]]]])
      _ = try await cluster.wait(ClusterResource.endpoints, "web", "has both pods") {
        $0.json["subsets"]?[0]?["addresses"]?.array?.count == 2
      }
      let service = try await cluster.wait(ClusterResource.services, "web", "has an address") {
        ServiceReading($0).address != nil
      }
      let address = try #require(ServiceReading(service).address)
      let seen = try await eventually("both pods answer") {
        let answers = (0..<4).map { _ in Self.read(address, 80) }
        return Set(answers).count == 2 && answers.allSatisfy { $0.count == 4_000 } ? Set(answers.map { $0.first }) : nil
      }
      #expect(seen == ["a", "b"])
      try await cluster.cluster.delete(
        ClusterResource.services, namespace: "default", name: "web", uid: nil, gracePeriod: nil,
        propagation: .background)
      _ = try await eventually("nobody listens") { Self.read(address, 80).isEmpty ? true : nil }
      _ = try await eventually("the endpoints are gone") {
        await cluster.cluster.get(ClusterResource.endpoints, namespace: "default", name: "web") == nil ? true : nil
      }
    }
  }

  /// All that a connection gives until it is closed; empty when there is none.
  private static func read(_ host: String, _ port: Int) -> String {
    var destination = sockaddr_in()
    destination.sin_family = sa_family_t(AF_INET)
    destination.sin_port = UInt16(port).bigEndian
    inet_pton(AF_INET, host, &destination.sin_addr)
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    let code = withUnsafePointer(to: destination) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard code == 0 else { return "" }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 8_192)
    while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { text += buffer[0..<count] }
    return String(decoding: text, as: UTF8.self)
  }
}
