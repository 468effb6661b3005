package import NIOCore

/// How long a connection may be silent or slow. Pure: time comes in, a deadline comes out.
///
/// A client that sends its head or body drop by drop (Slowloris) would hold a connection for ever; so would one that vanished.
package struct ConnectionPatience: Sendable {
  package struct Limits: Sendable, Equatable {
    /// From a head's first byte to its end.
    package var head = Duration.seconds(10)
    /// From a head to the body's end, however fast it comes.
    package var body = Duration.seconds(300)
    /// A body may take this long, and longer by what has come at the least rate.
    package var bodyGrace = Duration.seconds(10)
    /// Bytes a second.
    package var leastBodyRate = 8192
    /// Without a request, and for taking an answer. Longer than the usual load balancers', so that they close first.
    package var idle = Duration.seconds(75)

    package init() {}

    /// How often a connection is looked at: fine enough for the shortest limit.
    var interval: TimeAmount { TimeAmount(min(head, bodyGrace, body, idle) / 4) }
  }

  private enum Reading {
    /// Between two requests, since then.
    case nothing(since: NIODeadline)
    case head(since: NIODeadline)
    case body(since: NIODeadline, bytes: Int)
    /// The last answer was given, and the client has to close.
    case ended(since: NIODeadline)
  }

  private let limits: Limits
  private var reading: Reading
  /// Requests that have begun and are not answered.
  private(set) var due = 0

  package init(limits: Limits, now: NIODeadline) {
    self.limits = limits
    reading = .nothing(since: now)
  }

  /// Bytes have come over the wire.
  package mutating func bytesArrived(_ count: Int, at now: NIODeadline) {
    switch reading {
    case .nothing: reading = .head(since: now)
    case .head, .ended: break
    case .body(let since, let bytes): reading = .body(since: since, bytes: bytes + count)
    }
  }

  package mutating func headArrived(at now: NIODeadline) {
    due += 1
    reading = .body(since: now, bytes: 0)
  }

  package mutating func requestArrived(at now: NIODeadline) {
    reading = .nothing(since: now)
  }

  package mutating func answered(at now: NIODeadline) {
    due -= 1
    if case .nothing = reading { reading = .nothing(since: now) }
  }

  /// The server has not read for a while, which is not the client's fault.
  package mutating func readsAgain(at now: NIODeadline) {
    switch reading {
    case .head: reading = .head(since: now)
    case .body: reading = .body(since: now, bytes: 0)
    case .nothing, .ended: break
    }
  }

  /// Nothing is read any more; the client gets as long to close as it may be silent.
  package mutating func ended(at now: NIODeadline) {
    due = 0
    reading = .ended(since: now)
  }

  /// Whether a refusal would be the answer to the request that is coming in, and not stand in front of another one's.
  package var canRefuse: Bool {
    switch reading {
    case .body: due == 1
    case .ended: false
    case .nothing, .head: due == 0
    }
  }

  package enum Verdict: Sendable, Equatable {
    case patient
    /// Nothing was asked: the connection is closed without a word.
    case idle
    /// A request comes too slowly.
    case slow
  }

  package func verdict(at now: NIODeadline) -> Verdict {
    switch reading {
    case .nothing(let since): due == 0 && now >= since + TimeAmount(limits.idle) ? .idle : .patient
    case .ended(let since): now >= since + TimeAmount(limits.idle) ? .idle : .patient
    case .head(let since): now >= since + TimeAmount(limits.head) ? .slow : .patient
    case .body(let since, let bytes):
      now >= since + TimeAmount(min(limits.body, limits.bodyGrace + .seconds(bytes) / limits.leastBodyRate))
        ? .slow : .patient
    }
  }
}
