import NIOCore
import Synchronization

/// What a thread needs to predict without waiting for others or allocating: buffers, its share of the counters, ids.
///
/// Sendable because one thread at a time uses it: that of the event loop it belongs to, or whoever has borrowed it.
final class ServingLane: @unchecked Sendable {
  /// Tells lanes apart in the counters; lanes with the same index are slower, not wrong.
  let index: Int
  let buffers = RowBuffers()
  private var ids = RequestIDs()
  private var clock = HTTPClock()
  private var current: LaneState?
  /// The holder's, when `current` was taken from it.
  private var generation = -1

  init(index: Int) { self.index = index }

  /// - Parameter time: Seconds since 1970.
  func makeRequestID(at time: Double) -> String { ids.next(at: time) }

  /// The time as the header `Date` has it.
  func date() -> String { clock.text() }

  /// Among as many shares each counter is divided.
  static let shares = 16

  var share: Int { index % Self.shares }

  /// What is served now; nil: nothing yet.
  func state(of holder: ServingHolder) -> LaneState? {
    let generation = holder.generation
    if generation != self.generation {
      current = holder.state.map { LaneState($0, share: share) }
      self.generation = generation
    }
    return current
  }

  /// A state that was taken before.
  func state(_ state: ServingState) -> LaneState {
    if let current, current.state === state { return current }
    return LaneState(state, share: share)
  }

  /// Lets go of the state, so that versions that are served no more do not stay in memory for a lane that nobody uses.
  fileprivate func forget() {
    current = nil
    generation = -1
  }
}

/// The lanes of a server: one for each event loop, and others for work elsewhere.
final class ServingLanes: Sendable {
  private struct Contents {
    var made = 0
    var loops: [ObjectIdentifier: (loop: any EventLoop, lane: ServingLane)] = [:]
    var idle: [ServingLane] = []
    /// How often states were let go of.
    var releases = 0

    mutating func make() -> ServingLane {
      made += 1
      return ServingLane(index: made - 1)
    }
  }

  private let contents = Mutex(Contents())

  /// The lane of an event loop, to be used on that loop only.
  func lane(of loop: any EventLoop) -> ServingLane {
    contents.withLock { contents in
      if let known = contents.loops[ObjectIdentifier(loop)] { return known.lane }
      let lane = contents.make()
      contents.loops[ObjectIdentifier(loop)] = (loop, lane)
      return lane
    }
  }

  /// Lends a lane that nobody uses at the moment.
  func borrowing<Result, Failure: Error>(
    _ body: (ServingLane) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let (lane, releases) = contents.withLock { contents in
      (contents.idle.popLast() ?? contents.make(), contents.releases)
    }
    defer {
      contents.withLock { contents in
        if contents.releases != releases { lane.forget() }
        contents.idle.append(lane)
      }
    }
    return try body(lane)
  }

  /// Lets all lanes go of the states they hold, each where it may be touched. They take the one that is served with the next
  /// request.
  func releaseStates() {
    let loops = contents.withLock { contents in
      contents.releases += 1
      for lane in contents.idle { lane.forget() }
      return Array(contents.loops.values)
    }
    for (loop, lane) in loops { loop.execute { lane.forget() } }
  }
}
