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
    guard kill(process, SIGTERM) == 0 || errno == ESRCH else {
      throw CleanExit.failure(
        "Process \(process), which runs the cluster on \(folder.path), cannot be stopped: \(String(cString: strerror(errno)))."
      )
    }
    try await waitForEnd(of: process)
    print("Stopped. The state is kept in \(folder.path).")
  }

  /// Returns when the folder and the port can be used again, which is when the process has ended. Its pods have the time
  /// that they ask for (`terminationGracePeriodSeconds`, 30 s unless they say otherwise).
  private func waitForEnd(of process: Int32) async throws {
    let started = ContinuousClock.now
    var isTold = false
    while StateLock.isEnding(process) {
      let waited = ContinuousClock.now - started
      if !isTold, waited > .seconds(5) {
        print("Waiting for the pods to end …")
        isTold = true
      }
      guard waited < Self.patience else {
        throw CleanExit.failure(
          "Process \(process) has not stopped after \(Self.patience.components.seconds) seconds; its pods may have a longer "
            + "terminationGracePeriodSeconds. Wait and repeat `apus down`, or end it with `kill -9 \(process)`.")
      }
      try await Task.sleep(for: .milliseconds(50))
    }
  }

  private static let patience = Duration.seconds(120)

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
