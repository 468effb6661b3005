import Foundation
import KubernetesModel
import LocalCluster
import Logging
import Testing

private let configMaps = GroupVersionResource(group: "", version: "v1", resource: "configmaps")

private func aConfigMap(_ name: String, _ value: String = "1") -> JSONValue {
  ["metadata": ["name": .string(name), "namespace": "default"], "data": ["value": .string(value)]]
}

/// A folder that goes with the test.
private struct StateFolder: ~Copyable {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("apus-store-\(UUID().uuidString)").path
  var log: String { path + "/changes.jsonl" }

  func open() throws -> ClusterStore { try ClusterStore(folder: path, log: Logger(label: "test")) }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

struct StoreTests {
  @Test("What was acknowledged is there again, with its versions, after a kill")
  func survives() async throws {
    let folder = StateFolder()
    var store: ClusterStore? = try folder.open()
    _ = try await store?.create(configMaps, namespace: "default", aConfigMap("a"))
    var kept = try await store?.create(configMaps, namespace: "default", aConfigMap("b"))
    kept?.set("2", at: ["data", "value"])
    let updated = try await store?.update(configMaps, subresource: nil, try #require(kept))
    try await store?.delete(
      configMaps, namespace: "default", name: "a", uid: nil, gracePeriod: nil, propagation: .background)
    // Nothing is flushed or closed in an orderly way: the store is just let go.
    store = nil
    let reopened = try folder.open()
    #expect(await reopened.get(configMaps, namespace: "default", name: "a") == nil)
    #expect(await reopened.get(configMaps, namespace: "default", name: "b") == updated)
    let next = try await reopened.create(configMaps, namespace: "default", aConfigMap("c"))
    let version = next[path: "metadata", "resourceVersion"]?.string.flatMap { Int($0) } ?? 0
    #expect(version > updated?[path: "metadata", "resourceVersion"]?.string.flatMap { Int($0) } ?? .max)
  }

  @Test("A last line that was cut off is dropped, all before it stay")
  func tornLine() async throws {
    let folder = StateFolder()
    var store: ClusterStore? = try folder.open()
    for name in ["a", "b"] { _ = try await store?.create(configMaps, namespace: "default", aConfigMap(name)) }
    store = nil
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.log))
    try bytes.dropLast(9).write(to: URL(fileURLWithPath: folder.log))
    let reopened = try folder.open()
    #expect(await reopened.get(configMaps, namespace: "default", name: "a") != nil)
    #expect(await reopened.get(configMaps, namespace: "default", name: "b") == nil)
    _ = try await reopened.create(configMaps, namespace: "default", aConfigMap("b"))
  }

  @Test("Damage in the middle is told, not passed over")
  func damaged() async throws {
    let folder = StateFolder()
    var store: ClusterStore? = try folder.open()
    for name in ["a", "b"] { _ = try await store?.create(configMaps, namespace: "default", aConfigMap(name)) }
    store = nil
    var bytes = try Data(contentsOf: URL(fileURLWithPath: folder.log))
    bytes[bytes.startIndex] = 0x7D
    try bytes.write(to: URL(fileURLWithPath: folder.log))
    #expect(throws: StoreError.self) { try folder.open() }
  }

  @Test("Two clusters do not share a folder")
  func lock() throws {
    let folder = StateFolder()
    let store = try folder.open()
    #expect(throws: StoreError.self) { try folder.open() }
    withExtendedLifetime(store) {}
  }

  @Test("Changes begin with what is there and go on without a gap")
  func changes() async throws {
    let store = try ClusterStore(folder: nil, log: Logger(label: "test"))
    _ = try await store.create(configMaps, namespace: "default", aConfigMap("a"))
    let changes = await store.changes(of: [configMaps])
    _ = try await store.create(configMaps, namespace: "default", aConfigMap("b"))
    try await store.delete(
      configMaps, namespace: "default", name: "a", uid: nil, gracePeriod: nil, propagation: .background)
    var seen: [String] = []
    for await change in changes {
      seen.append("\(change.kind.rawValue) \(change.object[path: "metadata", "name"]?.string ?? "")")
      if seen.count == 3 { break }
    }
    #expect(seen == ["ADDED a", "ADDED b", "DELETED a"])
  }

  @Test("A refusal carries code and reason")
  func refusal() async throws {
    let store = try ClusterStore(folder: nil, log: Logger(label: "test"))
    let made = try await store.create(configMaps, namespace: "default", aConfigMap("a"))
    await #expect(throws: APIFailure(code: 409, reason: "AlreadyExists", message: "configmaps \"a\" already exists")) {
      try await store.create(configMaps, namespace: "default", aConfigMap("a"))
    }
    _ = try await store.update(
      configMaps, subresource: nil,
      {
        var next = made; next["data"] = nil; return next
      }())
    do {
      _ = try await store.update(
        configMaps, subresource: nil,
        {
          var next = made; next["data"] = ["x": "y"]; return next
        }())
      Issue.record("a stale version was taken")
    } catch {
      #expect(error.code == 409 && error.reason == "Conflict")
    }
  }

  @Test(
    "Only loopback names pass",
    arguments: [
      ("localhost", true), ("localhost:6550", true), ("127.0.0.1:80", true), ("127.3.2.1", true), ("[::1]:80", true),
      ("example.com", false), ("127.0.0.1.example.com", false), ("10.0.0.1", false), ("localhost.example.com", false),
      ("", false),
    ])
  func loopback(host: String, passes: Bool) {
    #expect(LoopbackGuard.isLoopback(host) == passes)
  }
}
