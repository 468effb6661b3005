import Foundation
import Glibc
import KubernetesModel
import TestSupport
import Testing

/// A local cluster that one test may kill as it likes: a process of `apus up` with a state folder of its own.
struct OwnCluster: Sendable {
  let cluster: Cluster
  private let folder: URL

  var state: URL { folder.appendingPathComponent("cluster") }
  private var kubeconfig: URL { folder.appendingPathComponent("kubeconfig") }

  /// Starts it with Apus installed.
  static func open(_ name: String) async throws -> OwnCluster {
    let shared = try #require(Cluster.current)
    let folder = shared.folder.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let own = OwnCluster(
      cluster: Cluster(
        kind: .local, exec: ["env", "KUBECONFIG=\(folder.appendingPathComponent("kubeconfig").path)"], folder: folder,
        programs: shared.programs), folder: folder)
    try await own.start()
    do {
      try await own.cluster.kubectl("apply", "--server-side", "-f", "crds")
      try await own.cluster.kubectl("apply", "-k", "manifests/install")
    } catch {
      try? await own.stop()
      throw error
    }
    return own
  }

  /// Returns when the API answers.
  func start() async throws {
    try await cluster.apus([
      "up", "--detach", "--state", state.path, "--port", "0", "--kubeconfig", kubeconfig.path,
    ])
  }

  /// Ends it in an orderly way.
  func stop() async throws { try await cluster.apus(["down", "--state", state.path]) }

  /// Kills the cluster itself; the processes of its pods live on.
  func killCluster() throws {
    let text = try String(contentsOf: state.appendingPathComponent("lock"), encoding: .utf8)
    let process = try #require(pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    try #require(Glibc.kill(process, SIGKILL) == 0)
  }

  /// Half of a change, as a machine leaves it that stops while it writes.
  func tearJournal() throws {
    let journal = try FileHandle(forWritingTo: state.appendingPathComponent("objects/changes.jsonl"))
    try journal.seekToEnd()
    try journal.write(contentsOf: Data(#"{"group":"","resource":"pods","namespace":"default","na"#.utf8))
    try journal.close()
  }

  /// Processes of pods that run `program`; nil: any.
  func processes(_ program: String? = nil) -> [pid_t] {
    let mark = Data("APUS_CONTAINER=\(state.path):".utf8)
    let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return all.compactMap { pid_t($0) }.filter { process in
      guard FileManager.default.contents(atPath: "/proc/\(process)/environ")?.range(of: mark) != nil else {
        return false
      }
      let command = FileManager.default.contents(atPath: "/proc/\(process)/cmdline")?.split(separator: 0).first
      let name = command.map { String(decoding: $0, as: UTF8.self) }?.split(separator: "/").last
      return program == nil || name.map(String.init) == program
    }
  }

  /// Kills the first process of the program, as soon as there is one; returns it.
  @discardableResult
  func kill(next program: String) async throws -> pid_t {
    try await eventually("\(program) runs and is killed", within: .seconds(60), every: .milliseconds(5)) {
      processes(program).first { Glibc.kill($0, SIGKILL) == 0 }
    }
  }
}
