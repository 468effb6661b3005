internal import Foundation
internal import KubernetesModel
internal import Logging

/// One of the cluster's built-in control loops. `observe` reads, `decide` (a pure function of each controller) judges.
protocol LocalController: Sendable {
  /// As events name it: `job-controller`.
  var name: String { get }
  var watched: [GroupVersionResource] { get }

  /// The objects to look at because of this change.
  func keys(for change: ClusterChange, in cluster: any ClusterAccess) async -> [LocalKey]

  func decision(for key: LocalKey, in cluster: any ClusterAccess, at now: Date) async -> Decision
}

/// Runs one controller: a watcher that fills the queue and a worker that empties it.
struct ControllerLoop: Sendable {
  let controller: any LocalController
  let writer: LocalWriter
  let log: Logger

  /// Returns when the task is cancelled.
  func run() async {
    let queue = KeyQueue()
    await withTaskCancellationHandler {
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          for await change in await writer.cluster.changes(of: controller.watched) {
            for key in await controller.keys(for: change, in: writer.cluster) { await queue.add(key) }
          }
        }
        group.addTask { await work(on: queue) }
      }
    } onCancel: {
      Task { await queue.finish() }
    }
  }

  private func work(on queue: KeyQueue) async {
    var failures: [LocalKey: Int] = [:]
    while let key = await queue.next() {
      let now = Date()
      let decision = await controller.decision(for: key, in: writer.cluster, at: now)
      do {
        try await writer.perform(decision.writes)
        failures[key] = nil
        if let date = decision.lookAgainAt {
          // A little late rather than a little early: times are kept in whole seconds. A deadline may lie farther ahead than a
          // timer reaches.
          let pause = min(max(0, date.timeIntervalSince(now)), Self.longestPause)
          await queue.add(key, after: .seconds(pause) + .milliseconds(20))
        }
      } catch {
        let count = failures[key, default: 0]
        failures[key] = count + 1
        log.debug("retry", metadata: ["controller": "\(controller.name)", "key": "\(key)", "error": "\(error)"])
        await queue.add(key, after: Self.pause.after(failures: count))
      }
    }
  }

  /// Seconds: a look a day too many costs nothing.
  private static let longestPause = 86_400.0

  /// After a failure of a key.
  private static let pause = DoublingPause(first: .milliseconds(5), longest: .seconds(30))
}
