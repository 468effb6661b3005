import Exposition
public import KubernetesClient
public import Logging
public import ServiceLifecycle
import Synchronization

/// A cache did not fill in time.
public struct CachesNotSynced: Error, Sendable, CustomStringConvertible {
  public var missing: [String]

  public var description: String {
    "these caches did not fill in time: \(missing.joined(separator: "; ")); check the permissions and the CRDs"
  }
}

/// Runs informers, the election and controllers in the right order, as one service.
///
/// Expected flow: informers fill their caches, on standbys too; when this process leads, the controllers work; on a graceful
/// shutdown the workers end first, then their last events are written, then the lease is released, then the informers stop.
/// Errors: `LeadershipLost`, `CachesNotSynced`: the process must end and be started again.
public final class ControllerHost: ServiceLifecycle.Service {
  private let controllers: [Controller]
  private let informers: [any RunnableInformer]
  let preconditions: [any Precondition]
  private let elector: LeaderElector?
  private let events: EventRecorder?
  private let syncTimeout: Duration
  private let time: TimeSource
  private let metrics: RuntimeMetrics
  private let logger: Logger
  private let isWorking = Mutex(false)

  /// - Parameters:
  ///   - informers: beside those that the controllers watch, which are found by themselves.
  ///   - preconditions: looked at from the start, on standbys too; each has been looked at when the controllers start.
  ///   - elector: nil: there is only one process.
  ///   - events: what the controllers record with; it runs as a service of its own, which must end after this one.
  public init(
    _ controllers: [Controller], informers: [any RunnableInformer] = [],
    preconditions: [any Precondition] = [], elector: LeaderElector? = nil, events: EventRecorder? = nil,
    syncTimeout: Duration = .seconds(120), time: TimeSource = .system, metrics: RuntimeMetrics, logger: Logger
  ) {
    self.controllers = controllers
    self.preconditions = preconditions
    self.elector = elector
    self.events = events
    self.syncTimeout = syncTimeout
    self.time = time
    self.metrics = metrics
    self.logger = logger
    var seen: Set<ObjectIdentifier> = []
    self.informers = (informers + controllers.flatMap(\.watched)).filter { informer in
      seen.insert(ObjectIdentifier(informer as AnyObject)).inserted
    }
    for informer in self.informers { metrics.follow(informer) }
    if let elector {
      let leading = metrics.leading.with(elector.name)
      metrics.registry.beforeScrape { leading.set(elector.leadership.isLeading ? 1 : 0) }
    }
  }

  /// Whether all caches are filled: standbys are ready too.
  public var isReady: Bool { informers.allSatisfy(\.hasSynced) }

  /// Whether the controllers are at work here.
  public var isLeading: Bool { isWorking.withLock { $0 } }

  /// What is not filled yet, and why.
  public var unreadyCaches: [String] {
    informers.filter { !$0.hasSynced }.map { informer in
      "\(informer.resource)" + (informer.statistics.lastFailure.map { ": \($0)" } ?? "")
    }
  }

  public func run() async throws {
    try await cancelWhenGracefulShutdown {
      do {
        try await self.runAll()
      } catch is CancellationError {
        self.logger.info("controllers have stopped")
      }
    }
  }

  private func runAll() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for informer in informers {
        group.addTask { await informer.run() }
      }
      for precondition in preconditions {
        group.addTask { await self.follow(precondition) }
      }
      group.addTask { try await self.lead() }
      defer { group.cancelAll() }
      // Informers end only when cancelled, so the first to end well or badly is the leader's part.
      while try await group.next() != nil {
        guard !Task.isCancelled else { throw CancellationError() }
      }
    }
  }

  private func follow(_ precondition: any Precondition) async {
    while !Task.isCancelled {
      let pause = await precondition.look()
      guard (try? await time.sleep(pause)) != nil else { return }
    }
  }

  private func lead() async throws {
    do {
      // A leader whose caches are empty would keep others from the work, so a candidate can work at once.
      try await waitForCaches()
      for precondition in preconditions { _ = await precondition.look() }
      try await elector?.acquire()
      try await work()
      try Task.checkCancellation()
    } catch let error as LeadershipLost {
      throw error
    } catch {
      await sayFarewell()
      throw error
    }
  }

  private func work() async throws {
    defer { isWorking.withLock { $0 = false } }
    try await withThrowingTaskGroup(of: Void.self) { group in
      if let elector { group.addTask { try await elector.hold() } }
      group.addTask {
        self.isWorking.withLock { $0 = true }
        await withTaskGroup(of: Void.self) { controllers in
          for controller in self.controllers {
            controllers.addTask { await controller.run() }
          }
        }
      }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  /// In a task of its own: this one is cancelled by now.
  private func sayFarewell() async {
    await Task {
      await events?.drain(within: Self.farewell)
      await elector?.release()
    }.value
  }

  /// For the last events: an API server that is away must not hold up the end.
  private static let farewell = Duration.milliseconds(150)

  private func waitForCaches() async throws {
    let informers = informers
    let allSynced = await withTaskGroup(of: Bool.self) { group in
      group.addTask {
        for informer in informers { await informer.waitForSync() }
        return true
      }
      group.addTask { [time, syncTimeout] in
        try? await time.sleep(syncTimeout)
        return false
      }
      defer { group.cancelAll() }
      return await group.next() ?? false
    }
    try Task.checkCancellation()
    guard allSynced else { throw CachesNotSynced(missing: unreadyCaches) }
  }
}
