import Foundation
import KubernetesModel
import Logging
import TestSupport

@testable import LocalCluster

/// The whole cluster but HTTP, in a folder of its own: a real store, real processes. The image `shell` is `/bin/sh`.
final class ClusterFixture: Sendable {
  let cluster: any ClusterAccess
  let logs: any PodLogs
  private let task: Task<Void, Never>

  init(in folder: TemporaryFolder) throws {
    let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let store = try ClusterStore(folder: folder.path + "/objects", log: log)
    let machinery = ClusterMachinery(
      cluster: store,
      configuration: ClusterMachinery.Configuration(
        state: folder.path, images: ImageCatalog(programFolder: "/nowhere", programs: ["shell": "/bin/sh"]),
        credentials: try ClusterCredentials()), log: log)
    cluster = store
    logs = machinery.logs
    task = Task { await machinery.run(apiPort: 1) }
  }

  /// Ends it as SIGTERM does.
  func stop() async {
    task.cancel()
    await task.value
  }

  static func run(_ body: (ClusterFixture) async throws -> Void) async throws {
    let folder = try TemporaryFolder()
    let fixture = try ClusterFixture(in: folder)
    do {
      try await body(fixture)
    } catch {
      await fixture.stop()
      throw error
    }
    await fixture.stop()
  }

  @discardableResult
  func create(_ resource: GroupVersionResource, _ kind: String, _ name: String, _ body: JSONValue) async throws
    -> JSONValue
  {
    var object = body
    object["apiVersion"] = .string(resource.apiVersion)
    object["kind"] = .string(kind)
    object.set(.string(name), at: ["metadata", "name"])
    object.set("default", at: ["metadata", "namespace"])
    return try await cluster.create(resource, namespace: "default", object)
  }

  /// A pod of one container `main` that runs a shell script.
  @discardableResult
  func pod(
    _ name: String, _ script: String, restart: String = "Never", _ change: (inout JSONValue) -> Void = { _ in }
  ) async throws -> JSONValue {
    var container: JSONValue = ["name": "main", "image": "shell", "args": ["-c", .string(script)]]
    change(&container)
    return try await create(
      ClusterResource.pods, "Pod", name,
      [
        "spec": [
          "restartPolicy": .string(restart), "terminationGracePeriodSeconds": 2, "containers": [container],
          "volumes": [
            ["name": "settings", "configMap": ["name": "settings", "optional": true]],
            ["name": "scratch", "emptyDir": [:]],
          ],
        ]
      ])
  }

  /// Waits until the object fulfils a condition and returns it.
  func wait(
    _ resource: GroupVersionResource, _ name: String, _ what: String, until holds: (ClusterObject) -> Bool
  ) async throws -> ClusterObject {
    try await eventually("\(name): \(what)") {
      let object = await cluster.get(resource, namespace: "default", name: name).map(ClusterObject.init)
      return object.flatMap { holds($0) ? $0 : nil }
    }
  }

  func waitGone(_ resource: GroupVersionResource, _ name: String) async throws {
    _ = try await eventually("\(name) is gone") {
      await cluster.get(resource, namespace: "default", name: name) == nil ? true : nil
    }
  }

  func log(_ pod: String, _ change: (inout LogOptions) -> Void = { _ in }) async throws -> String {
    var options = LogOptions()
    change(&options)
    var bytes: [UInt8] = []
    for await more in try await logs.log(namespace: "default", pod: pod, options: options) { bytes += more }
    return String(decoding: bytes, as: UTF8.self)
  }

  func reasons(of name: String) async -> Set<String> {
    Set(
      await cluster.list(ClusterResource.events, namespace: "default", labels: [:])
        .filter { $0[path: "involvedObject", "name"]?.string == name }.compactMap { $0["reason"]?.string })
  }
}

extension ClusterObject {
  /// Of a pod: the first container's status.
  var container: JSONValue? { status["containerStatuses"]?[0] }
  var phase: String { PodReading(self).phase }
}
