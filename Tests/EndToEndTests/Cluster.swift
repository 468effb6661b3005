import Foundation
import KubernetesModel
import TestSupport

/// The cluster that `scripts/end-to-end` started, seen only through commands: the same suite runs on the local cluster
/// and on a real Kubernetes.
struct Cluster: Sendable {
  enum Kind: String, Sendable {
    case local
    case real
  }

  var kind: Kind
  /// Prefix of every command that talks to the cluster's network.
  var exec: [String]
  /// Folder of this run, readable by pods.
  var folder: URL
  /// Folder with the four programs.
  var programs: URL

  /// nil where no cluster was started for this run.
  static let current: Cluster? = {
    let environment = ProcessInfo.processInfo.environment
    guard let kind = environment["APUS_E2E"].flatMap(Kind.init(rawValue:)), let folder = environment["APUS_E2E_FOLDER"],
      let programs = environment["APUS_E2E_BIN"]
    else { return nil }
    return Cluster(
      kind: kind, exec: (environment["APUS_E2E_EXEC"] ?? "").split(separator: " ").map(String.init),
      folder: URL(fileURLWithPath: folder), programs: URL(fileURLWithPath: programs))
  }()

  static var isThere: Bool { current != nil }
  static var isLocal: Bool { current?.kind == .local }

  /// Folder of the real data beside the repository, where it is there.
  static let data: URL? = {
    let folder = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../../shared/data").standardizedFileURL
    return FileManager.default.fileExists(atPath: folder.path) ? folder : nil
  }()

  static var hasData: Bool { isThere && data != nil }

  @discardableResult
  func kubectl(
    _ arguments: String..., input: String? = nil, environment: [String: String] = [:], allowFailure: Bool = false
  ) async throws -> Output {
    try await run(exec + ["kubectl"] + arguments, input: input, environment: environment, allowFailure: allowFailure)
  }

  /// The program `apus` inside the cluster's network.
  @discardableResult
  func apus(_ arguments: [String], allowFailure: Bool = false) async throws -> Output {
    try await run(exec + [programs.appendingPathComponent("apus").path] + arguments, allowFailure: allowFailure)
  }

  /// An HTTP request from inside the cluster's network: status code and body.
  func http(_ method: String = "GET", _ url: String, body: String? = nil) async throws -> (status: Int, body: String) {
    var command = exec + ["curl", "-sS", "-m", "20", "-X", method, "-w", "\n%{http_code}", url]
    if body != nil { command += ["-H", "content-type: application/json", "--data-binary", "@-"] }
    let output = try await run(command, input: body)
    let lines = output.text.split(separator: "\n", omittingEmptySubsequences: false)
    return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
  }
}
