import Foundation
import Glibc
import HTTPTransport
import KubernetesClient
import KubernetesModel
import TestSupport
import Testing

/// The operator itself as a process.
@Suite("apus-operator")
struct ApusOperatorTests {
  private func settings(_ api: LocalAPI) throws -> String {
    let file = api.folder + "/operator.yaml"
    try "images: {worker: 'apus-worker:1', server: 'apus-server:1'}\n".write(
      toFile: file, atomically: true, encoding: .utf8)
    return file
  }

  private func start(_ api: LocalAPI, _ arguments: [String], _ environment: [String: String] = [:]) throws
    -> RunningProgram
  {
    try RunningProgram(
      "apus-operator", arguments,
      environment: ["POD_NAMESPACE": "default", "POD_NAME": "one"].merging(environment) { $1 },
      log: api.folder + "/operator.log")
  }

  @Test("ends at SIGTERM in good order: the lease is released; its face is there from the start")
  func orderlyEnd() async throws {
    try await LocalAPI.with { api in
      for kind in ["modeldeployments", "modelversions", "monitoringpolicies"] {
        try await api.install("crds/apus.dev_\(kind).yaml")
      }
      let health = try RunningProgram.freePort()
      let metrics = try RunningProgram.freePort()
      _ = try await api.client.create(Lease(metadata: ObjectMeta(name: "apus-operator", namespace: "default")))
      let program = try start(
        api,
        [
          "--config", try settings(api), "--health-address", "127.0.0.1:\(health)", "--metrics-address",
          "127.0.0.1:\(metrics)",
        ], ["APUS_OPERATOR_KUBECONFIG": api.kubeconfig, "APUS_OPERATOR_SECURE_METRICS": "true"])
      defer { program.signal(SIGKILL) }
      let transport = try CurlTransport()
      func get(_ port: Int, _ path: String) async -> HTTPResponse? {
        try? await transport.send(HTTPRequest(url: "http://127.0.0.1:\(port)\(path)"))
      }
      let ready = try await eventually("it is ready") { () async -> HTTPResponse? in
        let answer = await get(health, "/readyz?verbose")
        return answer?.status == 200 ? answer : nil
      }
      #expect(ready.text == "[+]ping ok\n[+]informer-sync ok\n[+]crds ok\n[+]storage ok\nreadyz check passed\n")
      #expect(await get(health, "/healthz/ping")?.text == "ok\n")
      // Nobody has shown a token.
      #expect(await get(metrics, "/metrics")?.status == 401)
      _ = try await eventually("it leads") { program.output.contains("this process leads") ? true : nil }
      program.signal(SIGTERM)
      #expect(try await program.ended() == 0, "\(program.output)")
      let lease = try await api.client.get(Lease.self, namespace: "default", name: "apus-operator")
      #expect(lease.spec?.holderIdentity == "" && lease.spec?.leaseTransitions == 0)
      for line in program.output.split(separator: "\n") {
        let fields = try JSONValue(parsing: String(line))
        #expect(fields["message"] != nil && fields["level"] != nil && fields["time"] != nil)
      }
    }
  }

  @Test("is not ready beside the CRDs of the release before, says so, and is ready when they are replaced")
  func olderDefinitions() async throws {
    try await LocalAPI.with { api in
      let kinds = ["modeldeployments", "modelversions", "monitoringpolicies"]
      for kind in kinds { try await api.install("Tests/Golden/crds-0.1.0/apus.dev_\(kind).yaml") }
      let health = try RunningProgram.freePort()
      let program = try start(
        api,
        [
          "--config", try settings(api), "--health-address", "127.0.0.1:\(health)", "--metrics-address", "0",
          "--no-leader-elect", "--kubeconfig", api.kubeconfig,
        ])
      defer { program.signal(SIGKILL) }
      let transport = try CurlTransport()
      func ready() async -> HTTPResponse? {
        try? await transport.send(HTTPRequest(url: "http://127.0.0.1:\(health)/readyz"))
      }
      _ = try await eventually("it says why it is not ready") { () async -> Bool? in
        let answer = await ready()
        guard answer?.status == 503, let text = answer?.text else { return nil }
        return text.contains("[-]crds failed: the CRDs are older than this operator: ") ? true : nil
      }
      #expect(program.output.contains("the CRDs are older than this operator"))
      for kind in kinds { try await api.replace("crds/apus.dev_\(kind).yaml") }
      _ = try await eventually("it is ready") { await ready()?.status == 200 ? true : nil }
      program.signal(SIGTERM)
      _ = try await program.ended()
    }
  }

  @Test("tells its version, and what is wrong with its flags")
  func flags() async throws {
    try await LocalAPI.with { api in
      let version = try start(api, ["--version"])
      #expect(try await version.ended() == 0)
      #expect(version.output.contains("0.1.0"))
      let wrong = try start(api, [], ["APUS_OPERATOR_LEADER_ELECT": "perhaps"])
      #expect(try await wrong.ended() != 0)
      #expect(wrong.output.contains("APUS_OPERATOR_LEADER_ELECT: 'perhaps'"))
    }
  }
}
