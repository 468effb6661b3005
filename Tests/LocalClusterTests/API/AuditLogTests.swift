import Foundation
import KubernetesModel
import LocalCluster
import Logging
import Testing

private func events(in file: String) throws -> [JSONValue] {
  try Data(contentsOf: URL(fileURLWithPath: file)).split(separator: 0x0A).map { try JSONValue(parsing: $0) }
}

@Suite("The audit log's file")
struct AuditLogTests {
  @Test(
    "has a line for each request of a client, in their order",
    .enabled(if: RunningCluster.hasKubectl, "kubectl is not installed"))
  func clients() async throws {
    try await RunningCluster.with { cluster in
      try await cluster.succeed("create", "configmap", "a", "--as", "alice")
      _ = try await cluster.kubectl("create", "configmap", "a")
      try await cluster.succeed("delete", "configmap", "a")
      let writes = try events(in: cluster.audit).filter { event in
        ["create", "delete"].contains(event["verb"]?.string) && event[path: "objectRef", "name"]?.string == "a"
      }
      #expect(writes.map { $0["verb"]?.string } == ["create", "create", "delete"])
      #expect(writes.map { $0[path: "responseStatus", "code"]?.integer } == [201, 409, 200])
      #expect(writes.map { $0[path: "impersonatedUser", "username"]?.string } == ["alice", nil, nil])
      #expect(writes.allSatisfy { $0["userAgent"]?.string?.hasPrefix("kubectl/") == true })
      let moments = writes.compactMap { $0["stageTimestamp"]?.string }
      #expect(moments == moments.sorted())
    }
  }

  @Test("goes on where it ended")
  func appended() async throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("audit-\(UUID()).jsonl").path
    defer { try? FileManager.default.removeItem(atPath: file) }
    let resource = GroupVersionResource(group: "", version: "v1", resource: "configmaps")
    for _ in 0..<2 {
      let store = try ClusterStore(folder: nil, audit: file, log: Logger(label: "test"))
      #expect(await store.get(resource, namespace: "default", name: "none") == nil)
    }
    let reads = try events(in: file)
    #expect(reads.map { $0[path: "responseStatus", "code"]?.integer } == [404, 404])
    #expect(reads.allSatisfy { $0["requestURI"]?.string == "/api/v1/namespaces/default/configmaps/none" })
  }

  @Test("that cannot be written keeps the cluster from starting, with the reason")
  func refused() {
    #expect {
      try ClusterStore(folder: nil, audit: "/proc/none/audit.jsonl", log: Logger(label: "test"))
    } throws: { "\($0)".contains("/proc/none/audit.jsonl") && "\($0)".contains("No such file or directory") }
  }
}
