public import KubernetesClient
public import KubernetesModel
public import Logging
import Synchronization

/// Another process leads now, or the Lease could not be renewed in time. The process must end: its caches and plans are
/// those of a leader.
public struct LeadershipLost: Error, Sendable, CustomStringConvertible {
  public var reason: String

  public var description: String { "no longer leading: \(reason)" }
}

/// Whether this process leads, as everyone who writes must ask.
public final class Leadership: Sendable {
  private struct State {
    /// When the last successful renewal was begun.
    var renewedAt: Duration?
  }

  private let state = Mutex(State())
  private let time: TimeSource
  private let deadline: Duration

  init(time: TimeSource, deadline: Duration) {
    self.time = time
    self.deadline = deadline
  }

  /// True while the last renewal is younger than the renew deadline: even if the network or this process hangs, a write is
  /// let through only as long as no other process can have taken over.
  public var isLeading: Bool {
    let now = time.monotonic()
    return state.withLock { $0.renewedAt.map { now - $0 < deadline } ?? false }
  }

  func renewed(at start: Duration) { state.withLock { $0.renewedAt = start } }
  func ended() { state.withLock { $0.renewedAt = nil } }
}

/// Lets writes through only while this process leads; reads always.
public struct LeaderGuardedAPI: KubernetesAPI {
  private let base: any KubernetesAPI
  private let leadership: Leadership

  public init(_ base: any KubernetesAPI, _ leadership: Leadership) {
    self.base = base
    self.leadership = leadership
  }

  public var fieldManager: String { base.fieldManager }

  public func perform(_ request: APIRequest) async throws(KubernetesError) -> JSONValue {
    guard !request.isWrite || leadership.isLeading else {
      throw .notLeading(verb: request.verb, target: request.target)
    }
    return try await base.perform(request)
  }

  public func open(_ request: APIRequest) async throws(KubernetesError) -> WatchStream {
    try await base.open(request)
  }
}

/// Holds a Lease: waits for it, renews it, releases it.
public final class LeaderElector: Sendable {
  public let leadership: Leadership
  private let api: any KubernetesAPI
  private let key: ObjectKey
  private let identity: String
  private let settings: LeaderElection.Settings
  private let time: TimeSource
  private let logger: Logger
  private let election: Mutex<LeaderElection>
  private let held = Mutex<Lease?>(nil)

  /// - Parameter identity: unique for each process, such as `hostname_uuid`.
  public init(
    _ api: any KubernetesAPI, namespace: String, name: String, identity: String,
    settings: LeaderElection.Settings = .init(), time: TimeSource = .system, logger: Logger
  ) {
    self.api = api
    key = ObjectKey(namespace: namespace, name: name)
    self.identity = identity
    self.settings = settings
    self.time = time
    var logger = logger
    logger[metadataKey: "lease"] = "\(key)"
    self.logger = logger
    election = Mutex(LeaderElection(identity: identity, settings: settings))
    leadership = Leadership(time: time, deadline: settings.renewDeadline)
  }

  public var name: String { key.name }

  /// Returns when this process leads. Errors: `CancellationError`.
  public func acquire() async throws {
    var lastHolder: String?
    while true {
      switch await attempt() {
      case .leading:
        logger.info("this process leads", metadata: ["identity": "\(identity)"])
        return
      case .following(let holder):
        if holder != lastHolder { logger.info("another process leads", metadata: ["holder": "\(holder)"]) }
        lastHolder = holder
      case .failed(let error):
        logger.warning("the lease cannot be had, trying again", metadata: ["error": "\(error)"])
      }
      // Spread, so that standbys do not collide again and again.
      try await time.sleep(settings.retryPeriod * (1 + 1.2 * time.random()))
    }
  }

  /// Renews until the lease is lost. Errors: `LeadershipLost`, `CancellationError`.
  public func hold() async throws {
    var last = time.monotonic()
    while true {
      try await time.sleep(settings.retryPeriod)
      let start = time.monotonic()
      switch await bounded(until: last + settings.renewDeadline) {
      case .leading: last = start
      case .following(let holder):
        leadership.ended()
        throw LeadershipLost(reason: "\(holder) has taken the lease")
      case .failed(let error):
        guard time.monotonic() - last < settings.renewDeadline else {
          leadership.ended()
          throw LeadershipLost(reason: "the lease could not be renewed for \(settings.renewDeadline): \(error)")
        }
        logger.warning("the lease could not be renewed, trying again", metadata: ["error": "\(error)"])
      }
    }
  }

  /// Lets others lead at once. Only after all work has ended.
  public func release() async {
    leadership.ended()
    guard var lease = held.withLock({ $0 }), let spec = lease.spec else { return }
    lease.spec = election.withLock { $0.released(spec, wall: time.wall()) }
    do {
      _ = try await api.update(lease)
      held.withLock { $0 = nil }
      logger.info("lease released")
    } catch {
      logger.warning("the lease could not be released; it expires by itself", metadata: ["error": "\(error)"])
    }
  }

  private enum Attempt: Sendable {
    case leading
    case following(String)
    case failed(KubernetesError)
  }

  /// A renewal that hangs must not keep the leader from noticing that its time is over.
  private func bounded(until deadline: Duration) async -> Attempt {
    let rest = deadline - time.monotonic()
    return await withTaskGroup(of: Attempt?.self) { group in
      group.addTask { await self.attempt() }
      group.addTask { [time] in
        try? await time.sleep(max(rest, .milliseconds(1)))
        return nil
      }
      defer { group.cancelAll() }
      if let first = await group.next(), let attempt = first { return attempt }
      return .failed(.cancelled)
    }
  }

  private func attempt() async -> Attempt {
    let start = time.monotonic()
    do throws(KubernetesError) {
      let found = try await api.find(Lease.self, namespace: key.namespace, name: key.name)
      let written: Lease
      switch election.withLock({ $0.decide(found, now: start, wall: time.wall()) }) {
      case .wait(let holder): return .following(holder)
      case .create(let spec):
        written = try await api.create(
          Lease(metadata: ObjectMeta(name: key.name, namespace: key.namespace), spec: spec))
      case .write(let spec):
        guard var lease = found else { return .failed(.cancelled) }
        lease.spec = spec
        written = try await api.update(lease)
      }
      election.withLock { $0.noteWritten(written.spec ?? Lease.Spec(), now: start) }
      held.withLock { $0 = written }
      leadership.renewed(at: start)
      return .leading
    } catch {
      return .failed(error)
    }
  }
}
