import ArgumentParser
import Foundation
import LocalCluster
import LocalCluster

/// `apus up --detach`: the same command once more, in the background.
struct DetachedCluster {
  let state: String
  let arguments: [String]

  /// Returns when the cluster is ready, having shown what it printed.
  func start() async throws {
    do {
      try FileManager.default.createDirectory(
        atPath: state, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw CleanExit.failure(
        "The state folder \(state) cannot be used: \(FileFailure.reason(error)). Choose another with --state.")
    }
    let path = state + "/up.log"
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let output = FileHandle(forWritingAtPath: path)
    else { throw CleanExit.failure("\(path) cannot be written.") }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    process.arguments = arguments.dropFirst().filter { $0 != "--detach" }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = output
    try process.run()
    while process.isRunning {
      if printed(path).contains("the state is kept") {
        print(printed(path).replacing("Ctrl-C stops", with: "`apus down --state \(state)` stops"))
        return
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    try? FileHandle.standardError.write(contentsOf: Data(printed(path).utf8))
    throw ExitCode.failure
  }

  private func printed(_ path: String) -> String {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}
