import Foundation
import Glibc
import KubernetesModel
import TestSupport

/// Several operators, each with a way of its own to the API server and a name of its own in the audit log.
actor Crew {
  struct Member {
    var running: OperatorProcess
    let path: FaultyPath
    let kubeconfig: URL
  }

  private(set) var members: [String: Member] = [:]
  private let cluster: Cluster
  private let settings: URL

  init(_ names: [String], of cluster: Cluster) async throws {
    self.cluster = cluster
    settings = try await OperatorProcess.settings(of: cluster)
    let access = try JSONValue(
      parsing: try await cluster.kubectl("config", "view", "--raw", "--minify", "-o", "json").text)
    let server = access[path: "clusters"]?.array?.first?[path: "cluster", "server"]?.string ?? ""
    guard let url = URLComponents(string: server), let host = url.host, let port = url.port else {
      throw DeadlineExceeded(description: "the kubeconfig names no server with a port: \(server)")
    }
    try await cluster.kubectl("apply", "-f", "-", input: Self.permissions(names))
    for name in names {
      let path = try await FaultyPath.open(to: host, port: port)
      var own = access
      own["clusters"] = .array(
        (access["clusters"]?.array ?? []).map { entry in
          var entry = entry
          entry.set(.string("\(url.scheme ?? "http")://127.0.0.1:\(path.port)"), at: ["cluster", "server"])
          return entry
        })
      own["users"] = .array(
        (access["users"]?.array ?? []).map { entry in
          var entry = entry
          entry.set(.string(name), at: ["user", "as"])
          return entry
        })
      let kubeconfig = cluster.folder.appendingPathComponent("\(name).kubeconfig")
      try Data(own.bytes).write(to: kubeconfig)
      members[name] = Member(
        running: try OperatorProcess(name, of: cluster, settings: settings, kubeconfig: kubeconfig), path: path,
        kubeconfig: kubeconfig)
    }
  }

  subscript(name: String) -> Member? { members[name] }

  /// As a kubelet does after a container has ended.
  func startAgain(_ name: String) throws {
    guard let member = members[name] else { return }
    members[name]?.running = try OperatorProcess(
      name, of: cluster, settings: settings, kubeconfig: member.kubeconfig)
  }

  /// Names and exit statuses of those who do not run.
  var fallen: [String] {
    members.sorted { $0.key < $1.key }.compactMap { name, member in
      member.running.status.map { "\(name) ended with \($0)" }
    }
  }

  /// Exit statuses of an orderly end.
  func stop() async throws -> [Int32] {
    for member in members.values { member.running.signal(SIGTERM) }
    var statuses: [Int32] = []
    for member in members.values { statuses.append(try await member.running.ended(within: .seconds(20)).status) }
    return statuses
  }

  /// Whatever has happened.
  func end() async {
    for member in members.values {
      member.running.signal(SIGKILL)
      try? await member.path.close()
    }
  }

  /// The rights of the installed operator, under each name.
  static func permissions(_ names: [String]) -> String {
    let subjects = names.map { "- {kind: User, apiGroup: rbac.authorization.k8s.io, name: \($0)}" }.joined(
      separator: "\n")
    return """
      apiVersion: rbac.authorization.k8s.io/v1
      kind: ClusterRoleBinding
      metadata: {name: apus-soak}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: apus-operator}
      subjects:
      \(subjects)
      ---
      apiVersion: rbac.authorization.k8s.io/v1
      kind: RoleBinding
      metadata: {name: apus-soak, namespace: apus-system}
      roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: apus-operator-leader-election}
      subjects:
      \(subjects)
      """
  }
}
