import ApusAPI
import Decisions
import Foundation
import HTTPTransport
import KubernetesModel
import Testing

@testable import Reconcilers

@Suite struct SecuredServingTests {
  private static let secured: JSONValue = [
    "serving": [
      "replicas": 1,
      "security": [
        "tokenSecretRef": ["name": "income-clients", "key": "tokens"], "tlsSecretRef": ["name": "income-tls"],
      ],
    ]
  ]

  private func put(_ name: String, _ data: [String: String], in scene: Scene) {
    let encoded = data.mapValues { JSONValue.string(Data($0.utf8).base64EncodedString()) }
    scene.put(
      Resource.secrets,
      [
        "apiVersion": "v1", "kind": "Secret", "metadata": ["name": .string(name), "namespace": "shop"],
        "data": .object(encoded),
      ])
  }

  @Test func `no token of a client is ever sent to a pod`() async throws {
    let scene = Scene(hasKeys: true)
    put("income-clients", ["tokens": "the-old-token\n the-new-token \n\n"], in: scene)
    put("income-tls", ["tls.crt": "c", "tls.key": "k"], in: scene)
    try await scene.serve(Self.secured)
    let push = try #require(scene.transport.requests.first)
    #expect(push.url == "http://10.0.0.1:8081/model/reload")
    #expect(push.headers["Content-Type"] == "application/json")
    for request in scene.transport.requests {
      #expect(!request.headers.contains { $0.value.contains("the-new-token") || $0.value.contains("the-old-token") })
    }
    #expect(scene.condition("Serving")?["status"] == "True")
    #expect(scene.condition("Serving")?["message"]?.string?.contains("Secret") == false)
  }

  @Test
  func `pods that speak TLS are told by TLS, those from before by HTTP, and the first of a chain is the server's`()
    async throws
  {
    let chain = ["A", "B"].map { "-----BEGIN CERTIFICATE-----\n\($0)\n-----END CERTIFICATE-----\n" }.joined()
    let scene = Scene()
    put("income-clients", ["tokens": "new"], in: scene)
    put("income-tls", ["tls.crt": chain, "tls.key": "k"], in: scene)
    try await scene.serve(Self.secured)
    scene.startServer("income-2", isEncrypted: true)
    for _ in 0..<2 { _ = try await scene.models.reconcile(scene.key) }
    let pushes = scene.transport.requests
    #expect(pushes.map(\.url) == ["http://10.0.0.1:8081/model/reload", "https://10.0.0.1:8081/model/reload"])
    #expect(pushes.map(\.pinnedCertificate)[0] == nil)
    let pinned = pushes.last?.pinnedCertificate.map { String(decoding: $0, as: UTF8.self) }
    #expect(pinned == "-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----")
    #expect(scene.condition("Serving")?["status"] == "True")
  }

  @Test func `without a certificate in the Secret a pod that speaks TLS is told nothing`() async throws {
    let scene = Scene()
    put("income-clients", ["tokens": "new"], in: scene)
    put("income-tls", ["tls.crt": "none", "tls.key": "k"], in: scene)
    scene.startServer(isEncrypted: true)
    try await scene.serve(Self.secured, startsServer: false)
    #expect(scene.transport.requests.isEmpty)
    #expect(scene.condition("Serving")?["reason"] == "RoutingUnconfirmed")
  }

  @Test func `an operator without keys brings no proof`() async throws {
    let scene = Scene()
    try await scene.serve()
    #expect(scene.transport.requests.first?.headers["Authorization"] == nil)
  }

  @Test(arguments: [
    ([:], "there is no Secret income-clients in namespace shop; there is no Secret income-tls in namespace shop"),
    (
      ["income-clients": ["other": "x"], "income-tls": ["tls.crt": "c", "tls.key": "k"]],
      "Secret income-clients has no key 'tokens'"
    ),
    (
      ["income-clients": ["tokens": "x"], "income-tls": ["tls.crt": "c", "tls.key": ""]],
      "Secret income-tls has no key 'tls.key'"
    ),
  ])
  func `what is wrong with a Secret stands in the condition, and its content nowhere`(
    _ secrets: [String: [String: String]], _ words: String
  ) async throws {
    let scene = Scene()
    for (name, data) in secrets { put(name, data, in: scene) }
    try await scene.serve(Self.secured)
    let message = try #require(scene.condition("Serving")?["message"]?.string)
    #expect(message.contains("(new servers cannot start: \(words))"), "\(message)")
    let written = scene.cluster.writes.map { "\($0)" }.joined()
    #expect(!written.contains("tls.crt\":\"c") && !written.contains(Data("x".utf8).base64EncodedString()))
  }
}
