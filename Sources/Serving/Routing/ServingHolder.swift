import Synchronization

/// Holds the state that is served and swaps it as a whole. A request takes the state once and keeps it to its end.
package final class ServingHolder: Sendable {
  private struct Contents {
    var state: ServingState?
    /// Why the last table was not taken.
    var failure: String?
    var isDraining = false
  }

  private let contents = Mutex(Contents())

  package init() {}

  package var state: ServingState? { contents.withLock { $0.state } }

  package func swap(_ state: ServingState) {
    contents.withLock {
      $0.state = state
      $0.failure = nil
    }
  }

  package func noteFailure(_ reason: String) {
    contents.withLock { $0.failure = reason }
  }

  /// From now on the server says that it is not ready, while it still answers.
  package func startDraining() {
    contents.withLock { $0.isDraining = true }
  }

  package var isDraining: Bool { contents.withLock { $0.isDraining } }

  package enum Readiness: Sendable, Equatable {
    case ready
    case draining
    case notLoaded(reason: String)
  }

  package var readiness: Readiness {
    contents.withLock { contents in
      if contents.isDraining { return .draining }
      if contents.state != nil { return .ready }
      return .notLoaded(reason: contents.failure ?? "No routing table has been read yet.")
    }
  }

  /// Why the last table was not taken; nil when it was.
  package var failure: String? { contents.withLock { $0.failure } }
}
