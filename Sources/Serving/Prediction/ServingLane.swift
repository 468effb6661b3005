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

  init(index: Int) { self.index = index }

  func makeRequestID() -> String { ids.next() }

  /// The time as the header `Date` has it.
  func date() -> String { clock.text() }

  /// Among as many shares each counter is divided.
  static let shares = 16

  var share: Int { index % Self.shares }
}

/// The lanes of a server: one for each event loop, and others for work elsewhere.
final class ServingLanes: Sendable {
  private struct Contents {
    var made = 0
    var loops: [ObjectIdentifier: ServingLane] = [:]
    var idle: [ServingLane] = []

    mutating func make() -> ServingLane {
      made += 1
      return ServingLane(index: made - 1)
    }
  }

  private let contents = Mutex(Contents())

  /// The lane of an event loop, to be used on that loop only.
  func lane(of loop: any EventLoop) -> ServingLane {
    contents.withLock { contents in
      if let lane = contents.loops[ObjectIdentifier(loop)] { return lane }
      let lane = contents.make()
      contents.loops[ObjectIdentifier(loop)] = lane
      return lane
    }
  }

  /// Lends a lane that nobody uses at the moment.
  func borrowing<Result, Failure: Error>(
    _ body: (ServingLane) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let lane = contents.withLock { contents in contents.idle.popLast() ?? contents.make() }
    defer { contents.withLock { $0.idle.append(lane) } }
    return try body(lane)
  }
}
