import Foundation
import Glibc
import KubernetesModel
import TestSupport

/// An operator that dies as `Death` says at every write it makes, and is started again each time, as a kubelet would.
actor MortalOperator {
  let path: DeadlyPath
  /// nil: it lives on.
  let death: Death?
  private(set) var deaths = 0
  /// Ends that nobody brought about.
  private(set) var complaints: [String] = []
  private let cluster: Cluster
  private let settings: URL
  private let kubeconfig: URL
  private var process: OperatorProcess?
  private var keeper: Task<Void, any Error>?

  private static let name = "mortal-operator"

  init(of cluster: Cluster, dying death: Death?) async throws {
    self.cluster = cluster
    self.death = death
    settings = try await OperatorProcess.settings(of: cluster)
    let access = try JSONValue(
      parsing: try await cluster.kubectl("config", "view", "--raw", "--flatten", "--minify", "-o", "json").text)
    path = try await DeadlyPath.open(to: try APIServerAddress(access))
    try await cluster.kubectl("apply", "-f", "-", input: Crew.permissions([Self.name]))
    // Without a certificate of its own: the path has one. It may do what the installed operator may.
    let own: JSONValue = [
      "apiVersion": "v1", "kind": "Config", "current-context": "path",
      "clusters": [["name": "path", "cluster": ["server": .string("http://127.0.0.1:\(path.port)")]]],
      "users": [["name": "path", "user": ["as": .string(Self.name)]]],
      "contexts": [["name": "path", "context": ["cluster": "path", "user": "path"]]],
    ]
    kubeconfig = cluster.folder.appendingPathComponent("\(Self.name).kubeconfig")
    try Data(own.bytes).write(to: kubeconfig)
  }

  func begin() async throws {
    try await start()
    keeper = Task { try await keep() }
  }

  private func start() async throws {
    try await path.admit(death)
    // One at a time, so there is nobody to be elected.
    let next = try OperatorProcess(
      Self.name, of: cluster, settings: settings, kubeconfig: kubeconfig, flags: ["--no-leader-elect"])
    process = next
    try await path.setVictim(next)
  }

  private func keep() async throws {
    while let running = process {
      let end = try await running.ended(within: .seconds(3600))
      guard !Task.isCancelled else { return }
      if end.status == 128 + SIGKILL { deaths += 1 } else { complaints.append("an operator ended with \(end.status)") }
      try await start()
    }
  }

  /// In order, with nobody to take its place. Returns all writes there ever were.
  func stop() async throws -> [PassedWrite] {
    keeper?.cancel()
    process?.signal(SIGTERM)
    let status = try await process?.ended(within: .seconds(20)).status
    if status != 0 {
      complaints.append("told to stop, the operator ended with \(status.map(String.init) ?? "nothing")")
    }
    let writes = try await path.writes
    process = nil
    try await path.close()
    return writes
  }

  /// Whatever has happened.
  func end() async {
    keeper?.cancel()
    guard let process else { return }
    process.signal(SIGKILL)
    try? await path.close()
  }
}
