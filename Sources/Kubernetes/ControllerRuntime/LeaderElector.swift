public import KubernetesClient
import KubernetesModel
public import Logging
import Synchronization

/// Holds a Lease: waits for it, renews it, releases it. The rules are those of `LeaderElection`; here are clock and network.
public final class LeaderElector: Sendable {
  private struct State {
    var election: LeaderElection
    /// What the election wants to be done next.
    var next: LeaderElection.Step?
    /// As it was last written.
    var lease: Lease?
  }

  public let leadership: Leadership
  private let api: any KubernetesAPI
  private let key: ObjectKey
  private let identity: String
  private let time: TimeSource
  private let logger: Logger
  private let onLoss: @Sendable (LeadershipLost) -> Void
  private let state: Mutex<State>

  /// - Parameters:
  ///   - identity: unique for each process, such as `hostname_uuid`.
  ///   - onLoss: called at once when the lease is lost, before anything is waited for: a program ends itself here.
  public init(
    _ api: any KubernetesAPI, namespace: String, name: String, identity: String,
    settings: LeaderElectionSettings = .init(), time: TimeSource = .system, logger: Logger,
    onLoss: @escaping @Sendable (LeadershipLost) -> Void = { _ in }
  ) {
    self.onLoss = onLoss
    self.api = api
    key = ObjectKey(namespace: namespace, name: name)
    self.identity = identity
    self.time = time
    var logger = logger
    logger[metadataKey: "lease"] = "\(key)"
    self.logger = logger
    state = Mutex(State(election: LeaderElection(identity: identity, settings: settings)))
    leadership = Leadership(time: time)
  }

  public var name: String { key.name }

  /// Returns when this process leads. Errors: `CancellationError`.
  public func acquire() async throws {
    var lastHolder: String?
    logger.info("waiting for the lease", metadata: ["identity": "\(identity)"])
    while !leadership.isLeading {
      try await goOn()
      let holder = state.withLock { $0.election.holder }
      if holder != lastHolder, holder != identity {
        logger.info(
          holder.isEmpty ? "nobody holds the lease" : "another process leads", metadata: ["holder": "\(holder)"])
      }
      lastHolder = holder
    }
    logger.info("this process leads", metadata: ["identity": "\(identity)"])
  }

  /// Renews until the lease is lost. Errors: `LeadershipLost`, `CancellationError`.
  public func hold() async throws {
    while true { try await goOn() }
  }

  /// Does what the election wants, and tells it what came of it.
  private func goOn() async throws {
    let event: LeaderElection.Event
    switch state.withLock({ $0.next }) {
    case nil: event = .ready
    case .lost(let reason):
      let loss = LeadershipLost(reason: reason)
      logger.critical("leadership lost, the process ends", metadata: ["error": "\(loss)"])
      onLoss(loss)
      throw loss
    case .pause(let pause):
      try await time.sleep(pause)
      event = .ready
    case .look(let end): event = await attempt(by: end) { [key] api in .found(try await api.find(Lease.self, key)) }
    case .create(let spec, let end):
      let lease = Lease(metadata: ObjectMeta(name: key.name, namespace: key.namespace), spec: spec)
      event = await attempt(by: end) { api in .written(try await api.create(lease)) }
    case .update(let lease, let end):
      event = await attempt(by: end) { api in .written(try await api.update(lease)) }
    }
    if case .failed(let reason) = event {
      try Task.checkCancellation()
      logger.warning("the lease could not be read or written, trying again", metadata: ["error": "\(reason)"])
    }
    let now = time.monotonic()
    let deadline = state.withLock { state in
      if case .written(let lease) = event { state.lease = lease }
      state.next = state.election.step(event, at: now, wall: time.wall(), random: time.random())
      return state.election.writeDeadline
    }
    leadership.lasts(until: deadline)
  }

  /// One request. It is left alone where it does not end in time, so that a leader always notices that its own is over.
  private func attempt(
    by end: Duration,
    _ body: @escaping @Sendable (any KubernetesAPI) async throws -> LeaderElection.Event
  ) async -> LeaderElection.Event {
    let api = DeadlineAPI(api, end)
    let event = await time.result(within: end - time.monotonic()) {
      do {
        return try await body(api)
      } catch {
        return LeaderElection.Event.failed("\(error)")
      }
    }
    return event ?? .failed("the API server did not answer in time")
  }

  /// Lets others lead at once. Only after all work has ended; where it cannot be done in time, the lease expires by itself.
  public func release(within limit: Duration = .milliseconds(250)) async {
    let lease = state.withLock { state in
      defer { state.lease = nil }
      return state.lease
    }
    guard let lease, let deadline = leadership.writeDeadline else { return }
    leadership.lasts(until: nil)
    let api = DeadlineAPI(api, min(deadline, time.monotonic() + limit))
    let failure = await time.result(within: limit) { [self] in await release(lease, api) } ?? "there was no answer"
    if let failure {
      logger.warning("the lease could not be released; it expires by itself", metadata: ["error": "\(failure)"])
    } else {
      logger.info("lease released")
    }
  }

  /// Gives what went wrong.
  private func release(_ lease: Lease, _ api: DeadlineAPI) async -> String? {
    do throws(KubernetesError) {
      do throws(KubernetesError) {
        try await free(lease, api)
      } catch {
        // A renewal that was cut off by the stop may have taken effect all the same.
        guard error.isConflict, let lease = try await api.find(Lease.self, key) else { throw error }
        try await free(lease, api)
      }
      return nil
    } catch {
      return "\(error)"
    }
  }

  private func free(_ lease: Lease, _ api: DeadlineAPI) async throws(KubernetesError) {
    guard let released = state.withLock({ $0.election.released(lease, wall: time.wall()) }) else { return }
    _ = try await api.update(released)
  }
}

extension KubernetesAPI {
  fileprivate func find<Object: KubernetesObject>(
    _ type: Object.Type, _ key: ObjectKey
  ) async throws(KubernetesError) -> Object? {
    try await find(type, namespace: key.namespace, name: key.name)
  }
}
