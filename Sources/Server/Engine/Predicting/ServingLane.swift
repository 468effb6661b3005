/// What a thread needs to predict without waiting for others or allocating: buffers, its share of the counters, ids.
///
/// `@unchecked Sendable`: its state has no lock, as one thread at a time uses a lane. `ServingLanes` sees to that: a lane is used
/// on the event loop it belongs to, or by the one that has borrowed it.
package final class ServingLane: @unchecked Sendable {
  /// Tells lanes apart in the counters; lanes with the same index are slower, not wrong.
  private let index: Int
  let buffers = RowBuffers()
  private var ids = RequestIDs()
  private var current: LaneState?
  /// The holder's, when `current` was taken from it.
  private var generation = -1

  package init(index: Int) { self.index = index }

  /// - Parameter time: Seconds since 1970.
  package func makeRequestID(at time: Double) -> String { ids.next(at: time) }

  /// Among as many shares each counter is divided.
  package static let shares = 16

  package var share: Int { index % Self.shares }

  /// What is served now; nil: nothing yet.
  package func state(of holder: ServingHolder) -> LaneState? {
    let generation = holder.generation
    if generation != self.generation {
      current = holder.state.map { LaneState($0, share: share) }
      self.generation = generation
    }
    return current
  }

  /// A state that was taken before.
  package func state(_ state: ServingState) -> LaneState {
    if let current, current.state === state { return current }
    return LaneState(state, share: share)
  }

  /// Lets go of the state, so that versions that are served no more do not stay in memory for a lane that nobody uses.
  package func forget() {
    current = nil
    generation = -1
  }
}
