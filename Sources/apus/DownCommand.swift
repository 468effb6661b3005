import ArgumentParser
import Foundation
import LocalCluster

/// `apus down`: stops a cluster that runs elsewhere, for instance one that was detached.
struct DownCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "down", abstract: "Stop the local cluster and its pods; the state is kept.")

  @OptionGroup var folder: StateFolderOption

  func run() async throws {
    guard let process = StateLock.holder(of: folder.path) else {
      try endLeftovers()
      return
    }
    kill(process, SIGTERM)
    let deadline = ContinuousClock.now.advanced(by: .seconds(30))
    while StateLock.holder(of: folder.path) != nil {
      guard ContinuousClock.now < deadline else {
        throw CleanExit.failure("Process \(process) has not stopped after 30 seconds.")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
    print("Stopped. The state is kept in \(folder.path).")
  }

  /// A cluster that was killed has left its pods' processes running.
  private func endLeftovers() throws {
    var count = 0
    if FileManager.default.fileExists(atPath: folder.path) {
      do {
        let lock = try StateLock(folder: folder.path)
        count = Leftovers(state: folder.path).end()
        withExtendedLifetime(lock) {}
      } catch {
        throw CleanExit.failure("\(error)")
      }
    }
    print(
      "No local cluster is running on \(folder.path)."
        + (count == 0 ? "" : " Ended what a killed one had left: \(count) processes of pods."))
  }
}
