import ArgumentParser
import Foundation
import LocalCluster

/// `apus up --detach`: the same command once more, in the background.
struct DetachedCluster {
  let state: String
  let arguments: [String]

  /// Returns when the cluster is ready, which it says in a file; what it prints meanwhile and later goes to `up.log`.
  func start() async throws {
    do {
      try FileManager.default.createDirectory(
        atPath: state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw CleanExit.failure(
        "The state folder \(state) cannot be used: \(FileFailure.reason(error)). Choose another with --state.")
    }
    let path = state + "/up.log"
    guard
      FileManager.default.createFile(
        atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
      let output = FileHandle(forWritingAtPath: path)
    else { throw CleanExit.failure("\(path) cannot be written.") }
    let ready = state + "/ready.json"
    try? FileManager.default.removeItem(atPath: ready)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = arguments.dropFirst().filter { $0 != "--detach" } + ["--ready-file", ready]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    let started = ContinuousClock.now
    try process.run()
    while process.isRunning {
      if let place = FileManager.default.contents(atPath: ready),
        let cluster = try? JSONDecoder().decode(LocalCluster.Ready.self, from: place)
      {
        UpCommand.welcome(cluster, after: ContinuousClock.now - started, stop: "`apus down --state \(state)`")
        return
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    let printed = FileManager.default.contents(atPath: path) ?? Data()
    try? FileHandle.standardError.write(contentsOf: printed)
    throw ExitCode.failure
  }
}
