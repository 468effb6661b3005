import Foundation
import Glibc
import KubernetesModel
import Synchronization
import TestSupport

/// An `apus-operator` that is a process of this test, not a pod: it can be stopped, continued and killed.
final class OperatorProcess: Sendable {
  let name: String
  let process: pid_t
  private let log: URL
  private let end = Mutex<(status: Int32, at: ContinuousClock.Instant)?>(nil)

  /// - Parameter kubeconfig: nil: as `cluster` gives it.
  init(
    _ name: String, of cluster: Cluster, settings: URL, kubeconfig: URL? = nil, flags: [String] = []
  ) throws {
    self.name = name
    var command = cluster.exec + [cluster.programs.appendingPathComponent("apus-operator").path]
    command += ["--configuration", settings.path, "--metrics-address", "0", "--health-address", "0"]
    if let kubeconfig { command += ["--kubeconfig", kubeconfig.path] }
    command += flags
    let variables = ProcessInfo.processInfo.environment
      .merging(["POD_NAME": name, "POD_NAMESPACE": "apus-system"]) { $1 }
    log = cluster.folder.appendingPathComponent("\(name).log")
    process = try spawn(
      command, variables: variables.map { "\($0.key)=\($0.value)" }, files: ["/dev/null", log.path, log.path])
    Thread { [self] in
      let status = waitForEnd(of: process)
      end.withLock { $0 = (status, .now) }
    }.start()
  }

  /// Returns when it has found another leading.
  func stoodBy(within limit: Duration) async throws {
    _ = try await eventually("\(name) stands by", within: limit, every: .milliseconds(50)) {
      try String(contentsOf: log, encoding: .utf8).contains("another process leads") ? true : nil
    }
  }

  /// nil: it runs, or is stopped.
  var status: Int32? { end.withLock { $0?.status } }

  func signal(_ number: Int32) {
    end.withLock { if $0 == nil { Glibc.kill(process, number) } }
  }

  /// Its exit status and when it ended.
  func ended(within limit: Duration) async throws -> (status: Int32, at: ContinuousClock.Instant) {
    try await eventually("\(name) ends", within: limit, every: .milliseconds(5)) { end.withLock { $0 } }
  }

  /// The settings of the operator that is installed, in a file.
  static func settings(of cluster: Cluster) async throws -> URL {
    let text = try await cluster.kubectl(
      "-n", "apus-system", "get", "configmap", "apus-operator", "-o", #"jsonpath={.data.operator\.yaml}"#
    ).text
    let file = cluster.folder.appendingPathComponent("operator.yaml")
    try Data(text.utf8).write(to: file)
    return file
  }
}

extension Cluster {
  /// Who holds the Lease, without what makes the name unique; nil: nobody.
  func leader() async throws -> String? {
    let holder = try await kubectl(
      "-n", "apus-system", "get", "lease", "apus-operator", "--ignore-not-found", "-o",
      "jsonpath={.spec.holderIdentity}"
    ).text
    return holder.split(separator: "_").first.map(String.init)
  }

  /// Runs `body` while the installed operator is away.
  func withoutItsOperator(_ body: () async throws -> Void) async throws {
    func scale(to replicas: Int) async throws {
      try await kubectl("-n", "apus-system", "scale", "deployment/apus-operator", "--replicas=\(replicas)")
    }
    try await scale(to: 0)
    do {
      _ = try await eventually("the installed operator is gone", within: .seconds(60), every: .milliseconds(200)) {
        () async throws -> Bool? in
        try await kubectl(
          "-n", "apus-system", "get", "pods", "-l", "app.kubernetes.io/component=operator", "-o", "name"
        ).text.isEmpty ? true : nil
      }
      try await body()
    } catch {
      try? await scale(to: 1)
      throw error
    }
    try await scale(to: 1)
    try await kubectl("-n", "apus-system", "rollout", "status", "deployment/apus-operator", "--timeout=60s")
  }
}
