import Engine
import NIOCore
import Synchronization

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
