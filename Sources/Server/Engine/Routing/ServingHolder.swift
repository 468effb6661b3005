import Synchronization

/// Holds the state that is served and swaps it as a whole. A request takes the state once and keeps it to its end.
package final class ServingHolder: Sendable {
  private struct Contents {
    var state: ServingState?
    /// Why the last table was not taken.
    var failure: String?
    var observers: [@Sendable () -> Void] = []
  }

  private let contents = Mutex(Contents())
  private let swaps = Atomic(0)
  private let draining = Atomic(false)

  package init() {}

  package var state: ServingState? { contents.withLock { $0.state } }

  package func swap(_ state: ServingState) {
    let observers = contents.withLock { contents in
      contents.state = state
      contents.failure = nil
      return contents.observers
    }
    swaps.add(1, ordering: .releasing)
    for observer in observers { observer() }
  }

  /// Grows with each swap: tells cheaply whether a state that was taken before is still the one that is served.
  var generation: Int { swaps.load(ordering: .acquiring) }

  /// `observer` is called after each swap.
  package func onSwap(_ observer: @escaping @Sendable () -> Void) {
    contents.withLock { $0.observers.append(observer) }
  }

  func recordFailure(_ reason: String) {
    contents.withLock { $0.failure = reason }
  }

  /// From now on the server says that it is not ready, while it still answers.
  package func startDraining() { draining.store(true, ordering: .relaxed) }

  package var isDraining: Bool { draining.load(ordering: .relaxed) }

  package enum Readiness: Sendable, Equatable {
    case ready
    case draining
    case notLoaded(reason: String)
  }

  package var readiness: Readiness {
    if isDraining { return .draining }
    return contents.withLock { contents in
      if contents.state != nil { return .ready }
      return .notLoaded(reason: contents.failure ?? "No routing table has been read yet.")
    }
  }

  /// Why the last table was not taken; nil when it was.
  package var failure: String? { contents.withLock { $0.failure } }
}
