package import NIOCore

/// How long a connection may be silent or slow. Pure: time comes in, a verdict comes out.
///
/// A client that sends its head or body drop by drop (Slowloris) would hold a connection for ever; so would one that vanished,
/// and one that asks and does not read the answers.
package struct ConnectionTimeouts: Sendable {
  package struct Limits: Sendable, Equatable {
    /// From a head's first byte to its end.
    package var head = Duration.seconds(10)
    /// From a head to the body's end, however fast it comes.
    package var body = Duration.seconds(300)
    /// A body may be silent for this long, and fall behind the least rate by as much.
    package var bodyGrace = Duration.seconds(10)
    /// Bytes a second.
    package var leastBodyRate = 8192
    /// Without a request, and for taking an answer. Longer than the usual load balancers', so that they close first.
    package var idle = Duration.seconds(75)
    /// From the moment a listener closes: a request that is not answered by then is cut off. Short enough that both listeners
    /// end, and the prediction log is stored, within the 30 s that Kubernetes gives a pod.
    package var shutdown = Duration.seconds(10)

    package init() {}

    /// What a client is told that was too slow.
    var slowMessage: String {
      "The request came too slowly: its head may take \(head), its body \(body) and at least \(leastBodyRate) bytes a second, "
        + "with pauses of up to \(bodyGrace)."
    }

    /// How often a connection is looked at: fine enough for the shortest limit.
    var interval: TimeAmount { TimeAmount(min(head, bodyGrace, body, idle, shutdown) / 4) }
  }

  private enum Reading {
    /// Between two requests, since then.
    case nothing(since: NIODeadline)
    case head(since: NIODeadline)
    /// Until then more has to come. Each byte moves that by its time at the least rate, but never beyond the grace from now: what
    /// came early buys no silence.
    case body(since: NIODeadline, until: NIODeadline)
    /// The last answer was given, and the client has to close.
    case ended(since: NIODeadline)
  }

  private let limits: Limits
  private var reading: Reading
  /// Requests that have begun and are not answered.
  private(set) var due = 0
  /// Since when the client has been reading too little for more answers to be written; nil: it reads.
  private var blocked: NIODeadline?
  private var shutdown: NIODeadline?

  package init(limits: Limits, now: NIODeadline) {
    self.limits = limits
    reading = .nothing(since: now)
  }

  /// Bytes have come over the wire.
  package mutating func bytesArrived(_ count: Int, at now: NIODeadline) {
    switch reading {
    case .nothing: reading = .head(since: now)
    case .head, .ended: break
    case .body(let since, let until):
      let time = TimeAmount.nanoseconds(Int64(min(count, 1 << 32)) * 1_000_000_000 / Int64(limits.leastBodyRate))
      reading = .body(since: since, until: min(until + time, now + TimeAmount(limits.bodyGrace)))
    }
  }

  private func bodyBegins(at now: NIODeadline) -> Reading {
    .body(since: now, until: now + TimeAmount(limits.bodyGrace))
  }

  package mutating func headArrived(at now: NIODeadline) {
    due += 1
    reading = bodyBegins(at: now)
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
    case .body: reading = bodyBegins(at: now)
    case .nothing, .ended: break
    }
  }

  /// So many bytes of answers wait for the client that nothing more is written, or, with false, no longer.
  package mutating func blocks(_ isBlocked: Bool, at now: NIODeadline) {
    blocked = isBlocked ? blocked ?? now : nil
  }

  /// The server shuts down.
  package mutating func shutsDown(at now: NIODeadline) { shutdown = shutdown ?? now }

  /// Nothing is read any more; the client gets as long to close as it may be silent.
  package mutating func ended(at now: NIODeadline) {
    due = 0
    reading = .ended(since: now)
  }

  /// Whether a refusal would be the answer to the request that is coming in, and not stand in front of another one's.
  var canRefuse: Bool {
    switch reading {
    case .body: due == 1
    case .ended: false
    case .nothing, .head: due == 0
    }
  }

  package enum Verdict: Sendable, Equatable {
    case patient
    /// Nothing was asked, answers are not taken, or a shutdown cannot wait any longer: the connection is closed without a word.
    case expired
    /// A request comes too slowly.
    case slow
  }

  package func verdict(at now: NIODeadline) -> Verdict {
    func isOver(_ since: NIODeadline?, _ limit: Duration) -> Bool {
      since.map { now >= $0 + TimeAmount(limit) } ?? false
    }
    if isOver(shutdown, limits.shutdown) || isOver(blocked, limits.idle) { return .expired }
    switch reading {
    case .nothing(let since): return due == 0 && isOver(since, limits.idle) ? .expired : .patient
    case .ended(let since): return isOver(since, limits.idle) ? .expired : .patient
    case .head(let since): return isOver(since, limits.head) ? .slow : .patient
    case .body(let since, let until): return now >= until || isOver(since, limits.body) ? .slow : .patient
    }
  }
}
