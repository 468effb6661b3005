public import KubernetesModel

/// One candidate for a Lease as a state machine, without clock and network: what has happened goes in, what to do next comes
/// out.
///
/// Guarantee: of any number of candidates, in no instant may two write (`writeDeadline`), however their requests are delayed,
/// lost or doubled, however long their processes are stopped, and whatever their clocks say, as long as those run at about
/// the same speed. It rests on four rules:
/// - A leader may write for `renewDeadline` from the moment in which it began a renewal that succeeded.
/// - Another's record is expired when it has not changed for `leaseDuration`, counted on the own monotonic clock from the
///   answer in which it was first seen to the beginning of the look that still found it. Times written by others count for
///   nothing.
/// - Each write names the version of the Lease that was read.
/// - Where the Lease is missing, it may have been deleted under its leader: candidates wait as if it had just been renewed.
///
/// Caveats: somebody who empties `holderIdentity` by hand says that nobody leads, and is believed. A Lease that is made and
/// deleted again between two looks of a candidate is not seen.
public struct LeaderElection: Sendable {
  public enum Event: Sendable, Equatable {
    /// The beginning, and the end of each pause.
    case ready
    /// The answer to `look`: nil where there is no Lease.
    case found(Lease?)
    /// The answer to `create` and `update`.
    case written(Lease)
    /// No answer, or a refusal: somebody else may have been faster.
    case failed(String)
  }

  /// What to do next. Requests have to end, well or badly, by the given instant of the monotonic clock.
  public enum Step: Sendable, Equatable {
    case look(by: Duration)
    case create(Lease.Spec, by: Duration)
    /// Only if it still has the resource version that it has here.
    case update(Lease, by: Duration)
    case pause(Duration)
    /// This process led and may not any more. There is no next step.
    case lost(String)
  }

  /// What candidates compare. A Lease that was deleted and made again is another one, even if it says the same.
  private struct Record: Sendable, Equatable {
    /// nil: there is no Lease.
    var uid: String?
    var spec: Lease.Spec?

    init(_ lease: Lease?) {
      uid = lease.map { $0.metadata.uid ?? "" }
      spec = lease?.spec
    }
  }

  public let identity: String
  public let settings: LeaderElectionSettings
  /// When the last renewal that succeeded was begun; nil: never led, or lost.
  public private(set) var renewedAt: Duration?
  /// Who leads, as far as this candidate knows; empty: nobody.
  public private(set) var holder = ""
  /// The last record that was seen and when it was first seen so.
  private var observed: (record: Record, since: Duration)?
  private var lastAnswerAt: Duration = .zero
  /// When the present attempt was begun.
  private var askedAt: Duration = .zero
  private var lastFailure: String?

  public init(identity: String, settings: LeaderElectionSettings = LeaderElectionSettings()) {
    self.identity = identity
    self.settings = settings
  }

  /// Until when this process may write, as of its last renewal.
  public var writeDeadline: Duration? { renewedAt.map { $0 + settings.renewDeadline } }

  /// - Parameters:
  ///   - now: monotonic.
  ///   - wall: what is written into the record, for people.
  ///   - random: in 0 ..< 1.
  public mutating func step(_ event: Event, at now: Duration, wall: Timestamp, random: Double) -> Step {
    if let deadline = writeDeadline, now >= deadline {
      return lose("the lease was not renewed for \(settings.renewDeadline)" + (lastFailure.map { ": \($0)" } ?? ""))
    }
    switch event {
    case .ready:
      askedAt = now
      return .look(by: attemptEnd)
    case .found(let lease): return judge(lease, now: now, wall: wall, random: random)
    case .written(let lease):
      observed = (Record(lease), now)
      holder = identity
      lastFailure = nil
      // An answer that took longer than a leader may go without one is none.
      guard now < askedAt + settings.renewDeadline else { return rest(random, now) }
      renewedAt = askedAt
      return rest(random, now)
    case .failed(let reason):
      lastFailure = reason
      return rest(random, now)
    }
  }

  /// The record that sets the Lease free at once; nil where it is not this process' any more.
  public func released(_ lease: Lease, wall: Timestamp) -> Lease? {
    guard var record = lease.spec, record.holderIdentity == identity else { return nil }
    record.holderIdentity = ""
    record.leaseDurationSeconds = 1
    record.renewTime = MicroTime(wall)
    var lease = lease
    lease.spec = record
    return lease
  }

  private var attemptEnd: Duration { writeDeadline ?? askedAt + settings.renewDeadline }

  private mutating func judge(_ lease: Lease?, now: Duration, wall: Timestamp, random: Double) -> Step {
    if observed?.record != Record(lease) || mayHaveMissedLease(lease, now) { observed = (Record(lease), now) }
    lastAnswerAt = now
    let since = observed?.since ?? now
    guard let lease else {
      holder = ""
      let isOver = renewedAt != nil || askedAt - since >= settings.leaseDuration
      return isOver ? .create(record(after: nil, wall: wall), by: attemptEnd) : rest(random, now)
    }
    let spec = lease.spec ?? Lease.Spec()
    holder = spec.holderIdentity ?? ""
    if holder != identity, !holder.isEmpty {
      guard renewedAt == nil else { return lose("\(holder) has taken the lease") }
      let duration = spec.leaseDurationSeconds.map { Duration.seconds(max(0, $0)) } ?? settings.leaseDuration
      guard askedAt - since >= duration else { return rest(random, now) }
    }
    var mine = lease
    mine.spec = record(after: spec, wall: wall)
    return .update(mine, by: attemptEnd)
  }

  /// No Lease looks like no Lease: after a long pause without a look there may have been one in between.
  private func mayHaveMissedLease(_ lease: Lease?, _ now: Duration) -> Bool {
    lease == nil && now - lastAnswerAt >= settings.renewDeadline
  }

  private mutating func lose(_ reason: String) -> Step {
    renewedAt = nil
    return .lost(reason)
  }

  /// Leaders renew in step; candidates are spread, so that they do not collide again and again.
  private func rest(_ random: Double, _ now: Duration) -> Step {
    guard let deadline = writeDeadline else { return .pause(settings.retryPeriod * (1 + 1.2 * random)) }
    return .pause(max(.zero, min(settings.retryPeriod, deadline - now)))
  }

  private func record(after spec: Lease.Spec?, wall: Timestamp) -> Lease.Spec {
    var record = Lease.Spec()
    record.holderIdentity = identity
    record.leaseDurationSeconds = settings.leaseDurationSeconds
    record.renewTime = MicroTime(wall)
    if let spec, spec.holderIdentity == identity {
      // Each renewal must look like a change, also where the wall clock stands still or was put back.
      if let last = spec.renewTime?.time, wall < last.advanced(bySeconds: 0.001) {
        record.renewTime = MicroTime(last.advanced(bySeconds: 0.001))
      }
      record.acquireTime = spec.acquireTime
      record.leaseTransitions = spec.leaseTransitions
    } else {
      record.acquireTime = MicroTime(wall)
      // The API has 32 bits for it; whoever wrote the record before is not to be trusted with an overflow.
      let before = spec?.leaseTransitions.map { min(max($0, 0), Int(Int32.max) - 1) }
      let isFirst = before == nil && (spec?.holderIdentity ?? "").isEmpty
      record.leaseTransitions = isFirst ? 0 : (before ?? 0) + 1
    }
    return record
  }
}

/// How patient candidates and leaders are.
public struct LeaderElectionSettings: Sendable, Equatable {
  /// How long a leader that says nothing is believed in.
  public let leaseDuration: Duration
  /// A leader that could not renew for this long stops.
  public let renewDeadline: Duration
  /// Between two renewals; candidates look every 1 to 2.2 of it.
  public let retryPeriod: Duration

  /// 15 s, 10 s, 2 s.
  public init() {
    leaseDuration = .seconds(15)
    renewDeadline = .seconds(10)
    retryPeriod = .seconds(2)
  }

  /// Errors: the order that keeps two leaders apart is lease duration > renew deadline > 1.2 · retry period > 0.
  public init(leaseDuration: Duration, renewDeadline: Duration, retryPeriod: Duration)
    throws(UnusableElectionSettings)
  {
    guard leaseDuration > renewDeadline else {
      throw UnusableElectionSettings(
        reason: "the lease duration (\(leaseDuration)) must be longer than the renew deadline (\(renewDeadline))")
    }
    guard renewDeadline > retryPeriod * 1.2, retryPeriod > .zero else {
      throw UnusableElectionSettings(
        reason: "the renew deadline (\(renewDeadline)) must be longer than 1.2 retry periods (\(retryPeriod)), and "
          + "that longer than nothing")
    }
    self.leaseDuration = leaseDuration
    self.renewDeadline = renewDeadline
    self.retryPeriod = retryPeriod
  }

  /// The record has whole seconds. Rounded up: others may wait longer than they must, never shorter.
  var leaseDurationSeconds: Int {
    Int(leaseDuration.components.seconds) + (leaseDuration.components.attoseconds > 0 ? 1 : 0)
  }
}

/// Times with which two processes could lead at once.
public struct UnusableElectionSettings: Error, Sendable, Equatable, CustomStringConvertible {
  public var reason: String

  public var description: String { reason }
}
