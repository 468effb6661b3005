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
/// Errors: what a reconcile throws is logged, counted and tried again: 5 ms·2ⁿ later; where a permission or an API is missing
/// at least 30 s later; never for a `TerminalError`.
/// Guarantees: never two reconciles of one key at once; each change is followed by a reconcile that began after it; a thrown
/// error is followed by another try with growing pauses, unless it is a `TerminalError`. A reconcile that does not end within
/// its time limit is cancelled; one that does not heed that loses its worker, so that others are not held up, and keeps its
/// key until it has ended.
/// Caveats: what Swift makes end the process (an index out of range, an overflow) does so here as well; the process is
/// started again, and its first list brings every object back into the queue. A reconcile that computes or blocks without
/// ever suspending holds one of the process' few threads.
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
    name: String, workers: Int = 2, timeout: Duration = .seconds(60), grace: Duration = .milliseconds(450),
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

  /// Each change of an object reconciles the object of the given kind that controls it, and the one that did so before: whose
  /// object has been taken away wants it back.
  public func owns<Object>(_ informer: Informer<Object>, by owner: GroupVersionKind) {
    watch(informer) { event in
      (event.identity.owners + (event.former?.owners ?? []))
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
    informer.onChange { event in
      // The first list and replays are long; what has just changed must not stand behind them.
      let priority: QueuePriority = event.cause.isBackground ? .low : .normal
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
    logger[metadataKey: "reconcileID"] = "\(UInt64(time.random() * 0x1p53).hexadecimal)"
    let start = time.monotonic()
    switch await bounded(key, logger, start) {
    case .ended(let result):
      let outcome = note(result, logger, start)
      queue.finish(key, outcome, started: start)
    case .abandoned:
      _ = note(.failure(ReconcileTimeout(limit: timeout)), logger, start)
      logger.error("a reconcile does not heed its cancellation and is left alone; its object waits until it ends")
    }
  }

  /// Counts and logs what a reconcile came to.
  private func note(_ result: Ending, _ logger: Logger, _ start: Duration) -> WorkOutcome {
    let outcome: WorkOutcome
    let label: String
    switch result {
    case .success(.done): (outcome, label) = (.done, "success")
    case .success(.requeue(let delay)): (outcome, label) = (.requeue(delay), "requeue_after")
    case .failure(let error as TerminalError):
      metrics.terminalErrors.with(name).increment()
      logger.error("reconcile failed for good", metadata: ["error": "\(error)"])
      (outcome, label) = (.terminal, "error")
    case .failure(let error):
      note(error, logger)
      (outcome, label) = (Self.isRefusal(error) ? .refused : .failed, "error")
    }
    if label == "error" { metrics.reconcileErrors.with(name).increment() }
    metrics.reconciles.with(name, label).increment()
    metrics.reconcileTime.with(name).observe((time.monotonic() - start).inSeconds)
    return outcome
  }

  private static func isRefusal(_ error: any Error) -> Bool {
    let cause: KubernetesError? =
      if case .failed(let cause)? = error as? ApplyError { cause } else { error as? KubernetesError }
    return cause.map { $0.isMissingAPI || $0.isForbidden && !$0.isNamespaceTerminating } ?? false
  }

  private func note(_ error: any Error, _ logger: Logger) {
    if error is ReconcileTimeout { metrics.timeouts.with(name).increment() }
    // Two writers met, or the process is stopping: nobody has to look at that.
    let isOrdinary =
      error is CancellationError || (error as? KubernetesError).map { $0.isConflict || $0 == .cancelled } ?? false
    logger.log(
      level: isOrdinary ? .debug : .warning, "reconcile failed, trying again", metadata: ["error": "\(error)"])
  }

  private typealias Ending = Result<ReconcileResult, any Error>

  private enum Attendance {
    case ended(Ending)
    /// It goes on, though it was cancelled: the worker is free, the key stays with it.
    case abandoned
  }

  /// Runs a reconcile in a task of its own, so that stopping the worker does not cut it off at once. It is cancelled after
  /// the time limit, or after the grace period when the worker is stopped, and not waited for long after that.
  private func bounded(_ key: ObjectKey, _ logger: Logger, _ start: Duration) async -> Attendance {
    let reconcile = reconcile
    let isLate = FirstValue<Bool>()
    let attendance = FirstValue<Ending?>()
    let work = Task { () -> Void in
      let ending: Ending
      do { ending = .success(try await reconcile(key, logger)) } catch { ending = .failure(error) }
      guard !attendance.set(ending) else { return }
      logger.warning("a reconcile that was left alone has ended")
      queue.finish(key, .failed, started: start)
    }
    let limit = cancel(work, after: timeout, patience: Self.patience, attendance) { isLate.set(true) }
    defer { limit.cancel() }
    let ending = await withTaskCancellationHandler {
      await attendance.value
    } onCancel: {
      cancel(work, after: grace, patience: Self.lastPatience, attendance) { isLate.set(false) }
    }
    guard let ending else { return .abandoned }
    isLate.set(false)
    // What a cancelled reconcile throws says nothing; what it has achieved counts.
    if case .failure = ending, await isLate.value { return .ended(.failure(ReconcileTimeout(limit: timeout))) }
    return .ended(ending)
  }

  @discardableResult
  private func cancel(
    _ work: Task<Void, Never>, after delay: Duration, patience: Duration, _ attendance: FirstValue<Ending?>,
    _ mark: @escaping @Sendable () -> Void
  ) -> Task<Void, any Error> {
    Task { [time] in
      try await time.sleep(delay)
      mark()
      work.cancel()
      try await time.sleep(patience)
      attendance.set(nil)
    }
  }

  /// For the end of a reconcile that was cancelled at its time limit.
  private static let patience = Duration.seconds(5)
  /// The same when the process ends.
  private static let lastPatience = Duration.milliseconds(100)
}

extension UInt64 {
  fileprivate var hexadecimal: String { String(self, radix: 16) }
}
