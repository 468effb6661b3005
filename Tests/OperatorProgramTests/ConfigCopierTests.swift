import ControllerRuntime
import Foundation
import Glibc
import HTTPTransport
import KubernetesClient
import KubernetesModel
import TestSupport
import Testing

/// The example operator, as a process, from its first object to its last.
@Suite("The example operator")
struct ConfigCopierTests {
  private static let wishes = GroupVersionResource(
    group: "examples.apus.dev", version: "v1", resource: "configcopies")
  private static let namespaces = GroupVersionResource(group: "", version: "v1", resource: "namespaces")
  private let wish = APITarget(wishes, namespace: "default", name: "shared")

  private func start(_ api: LocalAPI, _ arguments: String..., log: String = "copier.log") throws -> RunningProgram {
    try RunningProgram(
      "config-copier",
      ["--kubeconfig", api.kubeconfig, "--health-address", "0", "--lease-duration", "8", "--renew-deadline", "6"]
        + ["--retry-period", "0.5"] + arguments,
      environment: ["POD_NAMESPACE": "default", "POD_NAME": log], log: api.folder + "/" + log)
  }

  private func prepare(_ api: LocalAPI) async throws {
    try await api.install("Examples/config-copier/crd.yaml")
    for name in ["a", "b", "c"] {
      _ = try await api.client.create(
        APITarget(Self.namespaces),
        [
          "apiVersion": "v1", "kind": "Namespace",
          "metadata": ["name": .string(name), "labels": name == "c" ? [:] : ["team": "x"]],
        ])
    }
    _ = try await api.client.create(
      ConfigMap(metadata: ObjectMeta(name: "shared", namespace: "default"), data: ["k": "1"]))
    _ = try await eventually("the new kind is served") {
      try? await api.client.create(
        APITarget(Self.wishes, namespace: "default"),
        [
          "apiVersion": "examples.apus.dev/v1", "kind": "ConfigCopy", "metadata": ["name": "shared"],
          "spec": ["configMap": "shared", "namespaceLabel": "team"],
        ])
    }
  }

  private func change(_ api: LocalAPI, to value: String) async throws {
    _ = try await api.client.patch(
      ConfigMap.self, namespace: "default", name: "shared", .merge, ["data": ["k": .string(value)]])
  }

  /// Returns when exactly these namespaces have a copy with this value.
  private func copied(_ api: LocalAPI, _ value: String, to namespaces: [String], _ program: RunningProgram) async throws
  {
    do {
      _ = try await eventually("copies in \(namespaces)") {
        let copies = try await api.client.list(ConfigMap.self).objects.filter {
          $0.metadata.labels["examples.apus.dev/copy-of"] == "default.shared"
        }
        let isDone =
          copies.compactMap(\.metadata.namespace).sorted() == namespaces
          && copies.allSatisfy { $0.data == ["k": value] }
        return isDone ? true : nil
      }
    } catch {
      program.signal(SIGKILL)
      throw DeadlineExceeded(description: "\(error)\n\(program.output)")
    }
  }

  private func ready(_ api: LocalAPI, _ reason: String) async throws -> JSONValue {
    try await eventually("Ready is \(reason)") {
      let status = try await api.client.find(wish)?["status"]
      return status?["conditions"]?[0]?["reason"]?.string == reason ? status : nil
    }
  }

  @Test("converges, leaves what is not its own alone, survives a restart, cleans up and ends in good order")
  func life() async throws {
    try await LocalAPI.with { api in
      try await prepare(api)
      let port = try RunningProgram.freePort()
      let first = try start(api, "--metrics-address", "127.0.0.1:\(port)", log: "first.log")
      defer { first.signal(SIGKILL) }
      try await copied(api, "1", to: ["a", "b"], first)
      #expect(try await ready(api, "Copied")["copies"] == 2)
      let page = try await CurlTransport().send(HTTPRequest(url: "http://127.0.0.1:\(port)/metrics")).text
      for line in [
        "config_copier_copies_written_total 2\n", #"leader_election_master_status{name="config-copier"} 1"#,
        #"controller_runtime_reconcile_errors_total{controller="configcopy"} 0"#,
      ] { #expect(page.contains(line), "\(line)") }

      _ = try await api.client.create(
        ConfigMap(metadata: ObjectMeta(name: "shared", namespace: "c"), data: ["theirs": "yes"]))
      _ = try await api.client.patch(
        APITarget(Self.namespaces, name: "c"), .merge, ["metadata": ["labels": ["team": "x"]]])
      #expect(try await ready(api, "NotOurs")["conditions"]?[0]?["status"] == "False")
      #expect(try await api.client.get(ConfigMap.self, namespace: "c", name: "shared").data == ["theirs": "yes"])
      _ = try await eventually("an Event says so") {
        try await api.client.list(Event.self).objects.first { $0.reason == "NotOurs" && $0.type == "Warning" }
      }
      try await api.client.delete(ConfigMap.self, namespace: "c", name: "shared")
      try await copied(api, "1", to: ["a", "b", "c"], first)

      first.signal(SIGKILL)
      #expect(try await first.ended() == 128 + SIGKILL)
      try await change(api, to: "2")
      let second = try start(api, "--metrics-address", "0", log: "second.log")
      defer { second.signal(SIGKILL) }
      try await copied(api, "2", to: ["a", "b", "c"], second)
      try await api.client.delete(wish)
      try await copied(api, "", to: [], second)
      _ = try await eventually("the object is gone") { try await api.client.find(wish) == nil ? true : nil }

      second.signal(SIGTERM)
      #expect(try await second.ended() == 0)
      let lease = try await api.client.get(Lease.self, namespace: "default", name: "config-copier")
      #expect(lease.spec?.holderIdentity == "" && lease.spec?.leaseTransitions == 1)
      #expect(try await api.client.list(ConfigMap.self, Selection(namespace: "a")).objects.isEmpty)
    }
  }

  @Test("writes nothing when it wakes up after its lease, and ends at once", arguments: 0..<3)
  func stopped(round: Int) async throws {
    try await LocalAPI.with { api in
      try await prepare(api)
      let program = try start(api, "--metrics-address", "0")
      defer { program.signal(SIGKILL) }
      try await copied(api, "1", to: ["a", "b"], program)
      // Stopped in the middle of work: it always has a write before it.
      for value in 0..<(20 + 7 * round) { try await change(api, to: "x\(value)") }
      program.signal(SIGSTOP)
      try await change(api, to: "last")
      let other = try start(api, "--metrics-address", "0", log: "other.log")
      defer { other.signal(SIGKILL) }
      try await copied(api, "last", to: ["a", "b"], other)
      let before = try api.writes.filter { !$0.agent.isEmpty }.count
      other.signal(SIGTERM)
      #expect(try await other.ended() == 0)
      try await change(api, to: "later")
      let after = try api.writes.count
      program.signal(SIGCONT)
      #expect(try await program.ended() == 1)
      let writes = try api.writes
      #expect(writes.count == after, "\(writes.suffix(5))")
      #expect(before > 0 && program.output.contains("leadership lost"))
    }
  }
}
