import HummingbirdCore
import NIOCore
import Synchronization

/// The connections of a listener that takes no more than so many at a time. A newcomer beyond them takes the place of the one that
/// has gone longest without a request; it waits only while all of them have one under way. So nobody is shut out, least of all
/// probes, by sockets that are held open without a word.
final class ConnectionRegister: Sendable {
  /// One connection's. Its owner says with each request whether it is needed; the register looks only where places are short.
  final class Place: Sendable {
    /// Uptime in nanoseconds since when no request has been under way; 0: one is, or the place is being given up.
    fileprivate let idleSince = Atomic<UInt64>(NIODeadline.now().uptimeNanoseconds)
    fileprivate let channel: any Channel

    fileprivate init(_ channel: any Channel) { self.channel = channel }

    func becomesBusy() { idleSince.store(0, ordering: .relaxed) }

    func becomesIdle(at now: NIODeadline) { idleSince.store(now.uptimeNanoseconds, ordering: .relaxed) }
  }

  /// Asks a connection without a request to end, as its place is needed.
  struct GiveUp: Sendable {}

  private struct Contents {
    /// Those that were accepted and have not ended.
    var count = 0
    var places: [ObjectIdentifier: Place] = [:]
    var server: (any Channel)?
    /// A newcomer may be waiting, and whether there is room is looked at again soon.
    var isWaiting = false
  }

  private let maximum: Int
  private let contents = Mutex(Contents())

  /// A connection is not given up before: its first request may be on the way.
  private static let leastAge: UInt64 = 250_000_000
  private static let retry = TimeAmount.milliseconds(100)

  init(maximum: Int) { self.maximum = maximum }

  /// So many more may be open while those that were asked to end do so.
  private var excess: Int { max(16, maximum / 8) }

  var delegate: Delegate { Delegate(register: self) }

  /// - Parameter server: The listener's own channel, which accepts.
  func serves(_ server: any Channel) { contents.withLock { $0.server = server } }

  /// Enters a connection; it leaves with its end.
  func enter(_ channel: any Channel) -> Place {
    let place = Place(channel)
    let key = ObjectIdentifier(place)
    contents.withLock { $0.places[key] = place }
    channel.closeFuture.whenComplete { [weak self] _ in
      self?.contents.withLock { _ = $0.places.removeValue(forKey: key) }
    }
    return place
  }

  /// Told and asked by the listener.
  struct Delegate: AvailableConnectionsDelegate {
    fileprivate let register: ConnectionRegister

    mutating func connectionOpened() { register.opened() }

    mutating func connectionClosed() { register.contents.withLock { $0.count -= 1 } }

    func isAcceptingNewConnections() -> Bool { register.hasRoom() }
  }

  private func hasRoom() -> Bool {
    let oldest = Self.latestStart
    let (hasRoom, server) = contents.withLock { contents -> (Bool, (any Channel)?) in
      if contents.count < maximum { return (true, nil) }
      if contents.count < maximum + excess, contents.places.values.contains(where: { $0.isIdle(since: oldest) }) {
        return (true, nil)
      }
      guard !contents.isWaiting, let server = contents.server else { return (false, nil) }
      contents.isWaiting = true
      return (false, server)
    }
    if let server { look(again: server) }
    return hasRoom
  }

  private func look(again server: any Channel) {
    server.eventLoop.scheduleTask(in: Self.retry) { [weak self] in
      self?.contents.withLock { $0.isWaiting = false }
      server.read()
    }
  }

  /// The latest moment since when a connection that may be given up has been idle.
  private static var latestStart: UInt64 {
    let now = NIODeadline.now().uptimeNanoseconds
    return now > leastAge ? now - leastAge : 0
  }

  private func opened() {
    let oldest = Self.latestStart
    let givenUp = contents.withLock { contents -> [Place] in
      contents.count += 1
      guard contents.count > maximum else { return [] }
      let idle = contents.places.values.filter { $0.isIdle(since: oldest) }
      // Some at once where they are many, so that a flood of newcomers does not have all of them looked at for each.
      let wanted = max(1, contents.places.count / 64)
      guard idle.count > wanted else { return idle }
      guard wanted > 1 else {
        return [idle.min { $0.idleSince.load(ordering: .relaxed) < $1.idleSince.load(ordering: .relaxed) }].compactMap(
          \.self)
      }
      return Array(
        idle.map { (since: $0.idleSince.load(ordering: .relaxed), place: $0) }.sorted { $0.since < $1.since }
          .prefix(wanted).map(\.place))
    }
    for place in givenUp {
      place.becomesBusy()
      place.channel.pipeline.fireUserInboundEventTriggered(GiveUp())
    }
  }
}

extension ConnectionRegister.Place {
  fileprivate func isIdle(since moment: UInt64) -> Bool {
    let since = idleSince.load(ordering: .relaxed)
    return since > 0 && since <= moment
  }
}
