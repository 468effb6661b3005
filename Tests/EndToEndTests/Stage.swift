import Foundation
import KubernetesModel
import TestSupport

/// One namespace with its storage: what one test plays on.
struct Stage: Sendable {
  let cluster: Cluster
  let namespace: String
  /// The folder that pods see as /var/lib/apus.
  let storage: URL

  /// Makes the namespace and, on a real cluster without storage classes, the volume its claim binds to.
  /// - Parameter isNamedSo: the namespace is named `name`, without a number that makes it unique.
  static func open(_ name: String, on given: Cluster? = nil, isNamedSo: Bool = false) async throws -> Stage {
    guard let cluster = given ?? Cluster.current else { throw DeadlineExceeded(description: "no cluster was started") }
    let namespace = isNamedSo ? name : "\(name)-\(UInt32.random(in: 0..<0xFFFFFF))"
    let storage =
      switch cluster.kind {
      case .local: cluster.folder.appendingPathComponent("cluster/volumes/\(namespace)/apus-data")
      case .real: cluster.folder.appendingPathComponent("volumes/\(namespace)")
      }
    try FileManager.default.createDirectory(
      at: storage.appendingPathComponent("data"), withIntermediateDirectories: true)
    try await cluster.kubectl("create", "namespace", namespace)
    if cluster.kind == .real {
      // Containers run as another user than the one who made the folder.
      _ = try await run(["chmod", "-R", "0777", cluster.folder.appendingPathComponent("volumes").path])
      try await cluster.kubectl(
        "apply", "-f", "-",
        input: """
          {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "\(namespace)"},
           "spec": {"capacity": {"storage": "10Gi"}, "accessModes": ["ReadWriteOnce", "ReadWriteMany"],
                    "claimRef": {"namespace": "\(namespace)", "name": "apus-data"},
                    "hostPath": {"path": "\(storage.path)"}}}
          """)
    }
    return Stage(cluster: cluster, namespace: namespace, storage: storage)
  }

  /// Deletes the namespace; the API server finishes on its own.
  func close() async {
    _ = try? await cluster.kubectl("delete", "namespace", namespace, "--wait=false", allowFailure: true)
  }

  /// Deletes the namespace and all that is in its storage; returns when another may have its name.
  func vanish() async throws {
    try await cluster.kubectl("delete", "namespace", namespace, "--timeout=120s")
    if cluster.kind == .real { try await cluster.kubectl("delete", "pv", namespace, "--timeout=60s") }
    // The local cluster does it, too; a server that is ending may still write.
    _ = try await eventually("nothing is left in \(storage.path)", every: .milliseconds(200)) {
      guard FileManager.default.fileExists(atPath: storage.path) else { return true }
      try? FileManager.default.removeItem(at: storage)
      return nil
    }
  }

  @discardableResult
  func kubectl(
    _ arguments: String..., input: String? = nil, environment: [String: String] = [:], allowFailure: Bool = false
  ) async throws -> Output {
    try await run(
      cluster.exec + ["kubectl", "-n", namespace] + arguments, input: input, environment: environment,
      allowFailure: allowFailure)
  }

  func apply(_ yaml: String) async throws {
    try await kubectl("apply", "-f", "-", input: yaml)
  }

  /// The object as JSON, nil where it is not there.
  func get(_ resource: String, _ name: String) async throws -> JSONValue? {
    let output = try await kubectl("get", resource, name, "-o", "json", "--ignore-not-found")
    return output.text.isEmpty ? nil : try JSONValue(parsing: output.text)
  }

  func list(_ resource: String, selector: String = "") async throws -> [JSONValue] {
    let output = try await kubectl("get", resource, "-o", "json", "-l", selector)
    return try JSONValue(parsing: output.text)["items"]?.array ?? []
  }

  /// Waits until `condition` finds what it looks for in the object; says what was there instead when it does not.
  @discardableResult
  func wait<Value: Sendable>(
    for what: String, _ resource: String, _ name: String, within deadline: Duration = .seconds(120),
    _ condition: (JSONValue) throws -> Value?
  ) async throws -> Value {
    var last: JSONValue?
    do {
      return try await eventually(what, within: deadline, every: .milliseconds(300)) {
        last = try await get(resource, name)
        return try last.flatMap(condition)
      }
    } catch let error as DeadlineExceeded {
      let events = try await kubectl("get", "events", "--sort-by=.metadata.creationTimestamp", allowFailure: true)
      throw DeadlineExceeded(
        description: "\(error)\nstatus: \(last?["status"]?.text ?? "the object is missing")\n\(events.text)")
    }
  }

  /// Waits for a condition of the object to have the given status; returns the condition.
  @discardableResult
  func wait(
    _ resource: String, _ name: String, condition type: String, _ status: String = "True", reason: String? = nil,
    within deadline: Duration = .seconds(120)
  ) async throws -> JSONValue {
    try await wait(for: "\(resource)/\(name) \(type)=\(status) \(reason ?? "")", resource, name, within: deadline) {
      $0.condition(type).flatMap { condition in
        let matches = condition["status"]?.string == status && (reason == nil || condition["reason"]?.string == reason)
        return matches ? condition : nil
      }
    }
  }

  /// Address of a Service: reachable from inside the cluster's network.
  func url(ofService name: String) async throws -> String {
    "http://\(try await address(ofService: name)):8080"
  }

  func address(ofService name: String) async throws -> String {
    try await get("service", name)?[path: "spec", "clusterIP"]?.string ?? ""
  }

  func annotate(_ resource: String, _ name: String, _ annotation: String) async throws {
    try await kubectl("annotate", resource, name, annotation, "--overwrite")
  }
}

extension JSONValue {
  func condition(_ type: String) -> JSONValue? {
    self[path: "status", "conditions"]?.array?.first { $0["type"]?.string == type }
  }
}
