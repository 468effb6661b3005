import Foundation
import ServiceLifecycle
import Values
package import WorkerContract

/// Watches the routing table's file: the way by which a server starts, and the fallback when a push does not arrive.
///
/// The content is compared rather than the time of change: a ConfigMap's files are swapped by a link, and are small.
package struct RoutingFile: Service {
  package let path: String
  private let controller: RoutingController
  private let interval: Duration

  /// The longest pause between two tries to load a table that failed.
  private static let longestPause = Duration.seconds(30)

  package init(path: String, controller: RoutingController, interval: Duration = .seconds(1)) {
    self.path = path
    self.controller = controller
    self.interval = interval
  }

  /// Reads the file and takes its table.
  package func load() async -> Result<RoutingController.Outcome, RoutingError> {
    switch contents() {
    case .success(let document): return await controller.apply(document, from: .file)
    case .failure(let error): return await controller.refuse(error)
    }
  }

  /// The table that is mounted now; nil where there is none that can be read.
  package var table: RoutingTable? {
    guard case .success(let document) = contents() else { return nil }
    return try? RoutingController.table(in: document)
  }

  private func contents() -> Result<Data, RoutingError> {
    do {
      return .success(try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      let isThere = FileManager.default.fileExists(atPath: path)
      return .failure(.unreadable(path: path, reason: isThere ? "access is refused" : "there is no such file"))
    }
  }

  package func run() async throws {
    await cancelWhenGracefulShutdown {
      var watch = Watch(pause: DoublingPause(first: interval, longest: Self.longestPause))
      while !Task.isCancelled {
        switch contents() {
        case .success(let document):
          if watch.isDue(document) { watch.record(await controller.apply(document, from: .file), of: document) }
        case .failure(let error):
          if watch.isNews(error) { _ = await controller.refuse(error) }
        }
        try? await Task.sleep(for: interval)
      }
    }
  }

  /// What the loop remembers: a table is tried once, and again with growing pauses while a version cannot be loaded.
  private struct Watch {
    let pause: DoublingPause
    var tried: Data?
    var retryAt: ContinuousClock.Instant?
    /// Of this table, in a row.
    var failures = 0
    var lastError: RoutingError?

    func isDue(_ document: Data) -> Bool {
      if document != tried { return true }
      return retryAt.map { $0 <= .now } ?? false
    }

    mutating func record(_ result: Result<RoutingController.Outcome, RoutingError>, of document: Data) {
      if document != tried { failures = 0 }
      tried = document
      lastError = nil
      retryAt = nil
      switch result {
      case .failure(.version):
        retryAt = .now + pause.after(failures: failures)
        failures += 1
      // A newer one was pushed, which the file should bring next.
      case .failure(.olderRevision): retryAt = .now + RoutingController.pushPrecedence
      default: break
      }
    }

    mutating func isNews(_ error: RoutingError) -> Bool {
      defer { lastError = error }
      // Once it can be read again, the document is taken again, which also takes back the complaint.
      tried = nil
      return error != lastError
    }
  }
}
