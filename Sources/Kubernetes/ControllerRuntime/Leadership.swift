public import KubernetesClient
public import KubernetesModel
import Synchronization

/// Another process leads now, or the Lease could not be renewed in time. The process must end: its caches and plans are
/// those of a leader.
public struct LeadershipLost: Error, Sendable, CustomStringConvertible {
  public var reason: String

  public var description: String { "no longer leading: \(reason)" }
}

/// Whether this process leads, as everyone who writes must ask.
public final class Leadership: Sendable {
  private let deadline = Mutex<Duration?>(nil)
  private let time: TimeSource

  init(time: TimeSource) { self.time = time }

  /// True while the last renewal is younger than the renew deadline: even if the network or this process hangs, a write is
  /// let through only as long as no other process can have taken over.
  public var isLeading: Bool { writeDeadline != nil }

  /// On the monotonic clock: by then a write must have ended. nil: no write may begin.
  public var writeDeadline: Duration? {
    let now = time.monotonic()
    return deadline.withLock { $0 }.flatMap { now < $0 ? $0 : nil }
  }

  func lasts(until instant: Duration?) { deadline.withLock { $0 = instant } }
}

/// Lets writes through only while this process leads; reads always.
///
/// Guarantees: a write is refused as `notLeading` once the renew deadline has passed, and one that was let through carries
/// that deadline along: the client asks the clock again right before the first byte goes out, and gives the request up where
/// it is still under way by then. So a process that was stopped (`SIGSTOP`, a suspended machine, a long pause of its host)
/// writes nothing when it wakes up as somebody who does not lead any more.
/// Caveats: between the client's last look at the clock and the system call that sends are some microseconds in which a
/// process can be stopped as well. And a server may be at work on a request whose client has given up; the time between
/// the renew deadline and the lease's end (5 s, if not set otherwise) is meant for that.
public struct LeaderGuardedAPI: KubernetesAPI {
  private let base: any KubernetesAPI
  private let leadership: Leadership

  public init(_ base: any KubernetesAPI, _ leadership: Leadership) {
    self.base = base
    self.leadership = leadership
  }

  public var fieldManager: String { base.fieldManager }

  public func perform(_ request: APIRequest) async throws(KubernetesError) -> JSONValue {
    guard request.isWrite else { return try await base.perform(request) }
    guard let deadline = leadership.writeDeadline else {
      throw .notLeading(verb: request.verb, target: request.target)
    }
    return try await DeadlineAPI(base, deadline).perform(request)
  }

  public func open(_ request: APIRequest) async throws(KubernetesError) -> WatchStream {
    try await base.open(request)
  }
}

/// Puts one deadline on all calls.
struct DeadlineAPI: KubernetesAPI {
  private let base: any KubernetesAPI
  private let deadline: Duration

  init(_ base: any KubernetesAPI, _ deadline: Duration) {
    self.base = base
    self.deadline = deadline
  }

  var fieldManager: String { base.fieldManager }

  func perform(_ request: APIRequest) async throws(KubernetesError) -> JSONValue {
    var request = request
    request.deadline = request.deadline.map { min($0, deadline) } ?? deadline
    return try await base.perform(request)
  }

  func open(_ request: APIRequest) async throws(KubernetesError) -> WatchStream { try await base.open(request) }
}
