import Exposition
public import KubernetesClient
public import KubernetesModel
public import Logging
import Synchronization

/// What a reconcile came to.
public enum ReconcileResult: Sendable, Equatable {
  /// Nothing to do until something changes.
  case done
  /// Look again after this time, even if nothing changes.
  case requeue(after: Duration)
}

/// Thrown by a reconcile for what only a change of the object can mend: it is not tried again by itself.
public struct TerminalError: Error, Sendable, CustomStringConvertible {
  public var reason: String

  public init(_ reason: String) { self.reason = reason }

  public var description: String { reason }
}

/// A reconcile did not end in time and was cancelled.
public struct ReconcileTimeout: Error, Sendable, Equatable, CustomStringConvertible {
  public var limit: Duration

  public var description: String { "the reconcile took longer than \(limit) and was cancelled" }
}

/// Keeps objects of one kind in the state that they ask for: changes put keys into a queue, workers reconcile them.
///
/// Expected flow: `watch` the kind, `owns` what it creates, hand the controller to a `ControllerHost`.
/// Guarantees: never two reconciles of one key at once; each change is followed by a reconcile that began after it; a thrown
/// error is followed by another try with growing pauses, unless it is a `TerminalError`.
/// Assumptions: reconciles honour cancellation.
public final class Controller: Sendable {
  public typealias Reconcile = @Sendable (ObjectKey, Logger) async throws -> ReconcileResult

  public let name: String
  public let queue: WorkQueue
  private let workers: Int
  private let timeout: Duration
  private let grace: Duration
  private let time: TimeSource
  private let logger: Logger
  private let metrics: RuntimeMetrics
  private let reconcile: Reconcile
  private let informers = Mutex<[any RunnableInformer]>([])

  /// - Parameters:
  ///   - timeout: a reconcile that takes longer is cancelled and counts as failed.
  ///   - grace: how long reconciles under way may go on when the controller is stopped.
  public init(
    name: String, workers: Int = 2, timeout: Duration = .seconds(60), grace: Duration = .milliseconds(700),
    time: TimeSource = .system, metrics: RuntimeMetrics, logger: Logger, reconcile: @escaping Reconcile
  ) {
    self.name = name
    self.workers = max(1, workers)
    self.timeout = timeout
    self.grace = grace
    self.time = time
    self.metrics = metrics
    var logger = logger
    logger[metadataKey: "controller"] = "\(name)"
    self.logger = logger
    self.reconcile = reconcile
    queue = WorkQueue(name: name, time: time, metrics: metrics)
    for result in ["success", "error", "requeue_after"] { _ = metrics.reconciles.with(name, result) }
    _ = metrics.reconcileErrors.with(name)
    _ = metrics.terminalErrors.with(name)
    _ = metrics.timeouts.with(name)
    _ = metrics.reconcileTime.with(name)
    _ = metrics.activeWorkers.with(name)
    metrics.maximumWorkers.with(name).set(Double(self.workers))
  }

  // MARK: What brings keys into the queue

  /// Each change of an object reconciles that object.
  public func watch<Object>(_ informer: Informer<Object>) {
    watch(informer) { event in [event.identity.key] }
  }

  /// Each change of an object reconciles the object of the given kind that controls it. Where the owner has changed, the old
  /// one is not told: an object never changes hands here.
  public func owns<Object>(_ informer: Informer<Object>, by owner: GroupVersionKind) {
    watch(informer) { event in
      event.identity.owners
        .filter { $0.controller == true && $0.kind == owner.kind }
        .filter { GroupVersionKind(apiVersion: $0.apiVersion, kind: $0.kind).group == owner.group }
        .map { ObjectKey(namespace: event.identity.key.namespace, name: $0.name) }
    }
  }

  /// Each change of an object reconciles the objects that `keys` names.
  public func watch<Object>(_ informer: Informer<Object>, keys: @escaping @Sendable (StoreEvent<Object>) -> [ObjectKey])
  {
    informers.withLock { $0.append(informer) }
    let queue = queue
    informer.onChange { [weak informer] event in
      // The first list can be long; what changes meanwhile must not stand behind it.
      let priority: QueuePriority = informer?.hasSynced == false ? .low : .normal
      for key in keys(event) { queue.add(key, priority) }
    }
  }

  var watched: [any RunnableInformer] { informers.withLock { $0 } }

  // MARK: Work

  /// Runs the workers until the task is cancelled; then those at work get the grace period to end.
  func run() async {
    logger.info("controller started", metadata: ["workers": "\(workers)"])
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.queue.runTimer() }
      for _ in 0..<workers {
        group.addTask { await self.work() }
      }
      await group.waitForAll()
    }
    queue.close()
    logger.info("controller stopped")
  }

  private func work() async {
    let active = metrics.activeWorkers.with(name)
    while let key = await queue.next() {
      active.add(1)
      await reconcileOnce(key)
      active.add(-1)
    }
  }

  private func reconcileOnce(_ key: ObjectKey) async {
    var logger = logger
    logger[metadataKey: "namespace"] = "\(key.namespace)"
    logger[metadataKey: "name"] = "\(key.name)"
    logger[metadataKey: "reconcileID"] = "\(String(UInt32(time.random() * 4_294_967_295), radix: 16))"
    let start = time.monotonic()
    let outcome: WorkOutcome
    let result: String
    do {
      switch try await bounded(key, logger) {
      case .done:
        outcome = .done
        result = "success"
      case .requeue(let delay):
        outcome = .requeue(delay)
        result = "requeue_after"
      }
    } catch let error as TerminalError {
      metrics.terminalErrors.with(name).increment()
      logger.error("reconcile failed for good", metadata: ["error": "\(error)"])
      outcome = .terminal
      result = "error"
    } catch {
      outcome = .failed
      result = "error"
      note(error, logger)
    }
    if result == "error" { metrics.reconcileErrors.with(name).increment() }
    metrics.reconciles.with(name, result).increment()
    metrics.reconcileTime.with(name).observe((time.monotonic() - start).inSeconds)
    queue.finish(key, outcome, started: start)
  }

  private func note(_ error: any Error, _ logger: Logger) {
    if error is ReconcileTimeout { metrics.timeouts.with(name).increment() }
    // Two writers met, or the process is stopping: nobody has to look at that.
    let isOrdinary =
      error is CancellationError || (error as? KubernetesError).map { $0.isConflict || $0 == .cancelled } ?? false
    logger.log(
      level: isOrdinary ? .debug : .warning, "reconcile failed, trying again", metadata: ["error": "\(error)"])
  }

  /// Runs a reconcile in a task of its own, so that stopping the worker does not cut it off at once, and cancels it after
  /// the time limit, or after the grace period when the worker is stopped.
  private func bounded(_ key: ObjectKey, _ logger: Logger) async throws -> ReconcileResult {
    let reconcile = reconcile
    let work = Task { try await reconcile(key, logger) }
    let limit = Task { [time, timeout] in
      try await time.sleep(timeout)
      work.cancel()
    }
    defer { limit.cancel() }
    do {
      return try await withTaskCancellationHandler {
        try await work.value
      } onCancel: { [time, grace] in
        Task {
          try? await time.sleep(grace)
          work.cancel()
        }
      }
    } catch {
      // Cancelled, but not because this worker is being stopped: by the limit.
      guard work.isCancelled, !Task.isCancelled else { throw error }
      throw ReconcileTimeout(limit: timeout)
    }
  }
}
