public import KubernetesModel
public import Logging
import Synchronization

/// What an informer has lived through, for metrics and health.
public struct InformerStatistics: Sendable, Equatable {
  public var lists = 0
  public var watches = 0
  public var events = 0
  public var undecodable = 0
  public var failures = 0
  /// The last failure, while the informer is behind because of it.
  public var lastFailure: String?
}

/// An informer of any kind of object, for those who run and watch over it.
public protocol RunnableInformer: Sendable {
  var resource: GroupVersionResource { get }
  var hasSynced: Bool { get }
  var objectCount: Int { get }
  var statistics: InformerStatistics { get }
  func run() async
  func waitForSync() async
}

/// Keeps an `ObjectStore` equal to the cluster: list, then watch from there, watch again at each end, list again when the
/// server has forgotten the version.
///
/// Expected flow: add handlers, `run()` in a task of its own, wait for `hasSynced`, read `store`.
/// Guarantees: handlers are called in order, one at a time, after the store has changed; every object that vanished
/// while the connection was away gets its `deleted`; one unreadable object does not end the stream.
/// Errors: none are thrown; failures are logged, counted and tried again with growing pauses for ever.
public final class Informer<Object: Sendable>: RunnableInformer {
  public typealias Handler = @Sendable (StoreEvent<Object>) -> Void

  private struct State {
    var handlers: [Handler] = []
    var hasSynced = false
    var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter = 0
    var statistics = InformerStatistics()
  }

  public let kind: ObjectKind<Object>
  public let selection: Selection
  public let store: ObjectStore<Object>
  private let api: any KubernetesAPI
  private let time: TimeSource
  private let logger: Logger
  private let state = Mutex(State())

  /// - Parameters:
  ///   - labels: label keys to index the store by.
  ///   - fields: other values to index the store by, each under a name.
  public init(
    _ api: any KubernetesAPI, _ kind: ObjectKind<Object>, _ selection: Selection = Selection(),
    indexing labels: Set<String> = [], fields: [String: ObjectStore<Object>.FieldIndex] = [:],
    time: TimeSource = .system, logger: Logger
  ) {
    self.api = api
    self.kind = kind
    self.selection = selection
    self.store = ObjectStore(indexing: labels, fields: fields) { try? kind.decode($0) }
    self.time = time
    var logger = logger
    logger[metadataKey: "resource"] = "\(kind.resource)"
    self.logger = logger
  }

  /// Called after each change of the store. Add handlers before `run`.
  public func onChange(_ handler: @escaping Handler) {
    state.withLock { $0.handlers.append(handler) }
  }

  /// Whether the first list is complete.
  public var hasSynced: Bool { state.withLock { $0.hasSynced } }

  public var resource: GroupVersionResource { kind.resource }
  public var objectCount: Int { store.count }
  public var statistics: InformerStatistics { state.withLock { $0.statistics } }

  /// Returns when the first list is complete, or the task is cancelled.
  public func waitForSync() async {
    let ticket = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          guard !state.hasSynced, !Task.isCancelled else { return true }
          state.waiting[ticket] = continuation
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiting.removeValue(forKey: ticket) }?.resume()
    }
  }

  /// Puts the answer to an own write into the store and tells the handlers, ahead of the watch.
  public func note(_ written: JSONValue) {
    guard case .object(let item) = DecodedObject(kind.completed(written), kind) else { return }
    tell(store.note(item))
  }

  /// Runs until its task is cancelled.
  public func run() async {
    var version: String?
    var backoff = WatchBackoff()
    while !Task.isCancelled {
      let start = time.monotonic()
      do throws(RoundEnd) {
        let from: String
        if let version {
          from = version
        } else {
          from = try await relist()
          version = from
        }
        version = try await watch(from: from)
        state.withLock { $0.statistics.lastFailure = nil }
        backoff.noteSuccess(lasting: time.monotonic() - start)
        continue
      } catch {
        switch error {
        case .expired:
          logger.info("the watch's version has expired, listing again")
          version = nil
          // At once for the first time; a server that keeps answering so is not to be hammered.
          let isFirst = !backoff.isFailing
          backoff.noteExpiry()
          if isFirst { continue }
        case .failed(let cause, let reached):
          guard cause != .cancelled, !Task.isCancelled else { return }
          if let reached { version = reached }
          note(cause)
          if cause.isForbidden || cause.isMissingAPI { backoff.noteRefusal() }
        }
      }
      let pause = backoff.next(afterRunning: time.monotonic() - start, random: time.random())
      guard (try? await time.sleep(pause)) != nil else { return }
    }
  }

  /// How one round ends, other than well.
  private enum RoundEnd: Error {
    /// The version is not known to the server any more.
    case expired
    /// `reached`: the version up to which all events have been taken in.
    case failed(KubernetesError, reached: String?)
  }

  private func note(_ failure: KubernetesError) {
    state.withLock { state in
      state.statistics.failures += 1
      state.statistics.lastFailure = "\(failure)"
    }
    logger.warning("list or watch failed, trying again", metadata: ["error": "\(failure)"])
  }

  private func relist() async throws(RoundEnd) -> String {
    let list: ObjectList<Object>
    do {
      list = try await api.list(kind, selection) { page in
        for problem in page.undecodable { complain(problem) }
        store.stage(page.items)
      } restart: {
        store.unstage()
      }
    } catch {
      store.unstage()
      if error.isGone { throw .expired }
      throw .failed(error, reached: nil)
    }
    for event in store.replace(with: list, hasSynced ? .relist : .initialList) { tell(event) }
    let waiting = state.withLock { state in
      state.statistics.lists += 1
      state.statistics.lastFailure = nil
      state.hasSynced = true
      defer { state.waiting = [:] }
      return state.waiting
    }
    for continuation in waiting.values { continuation.resume() }
    return list.resourceVersion
  }

  /// Gives the version to go on from after a clean end.
  private func watch(from start: String) async throws(RoundEnd) -> String {
    var version = start
    var hasEvents = false
    let began = time.monotonic()
    // Spread, so that not all watches of all clients are renewed at once.
    let timeout = 300 + Int(time.random() * 300)
    do throws(KubernetesError) {
      let stream = try await api.open(
        .watch(kind.resource, selection, resourceVersion: version, timeoutSeconds: timeout))
      state.withLock { $0.statistics.watches += 1 }
      var events = stream.makeAsyncIterator()
      while let event = try await events.next() {
        hasEvents = true
        state.withLock { $0.statistics.lastFailure = nil }
        if case .failure(let refusal) = event { throw .refused(refusal) }
        if let reached = take(event) { version = reached }
      }
    } catch {
      if error.isGone { throw .expired }
      throw .failed(error, reached: version)
    }
    // A proxy or a server on its way out; without a pause this would be a busy loop.
    guard hasEvents || time.monotonic() - began >= .seconds(1) else {
      throw .failed(
        .unreadable(
          verb: .watch, target: APITarget(kind.resource, namespace: selection.namespace),
          reason: "the watch ended at once and without an event"), reached: version)
    }
    return version
  }

  /// The event's resource version.
  private func take(_ event: WatchEvent) -> String? {
    let object: JSONValue
    var isDeleted = false
    switch event {
    case .added(let value), .modified(let value): object = value
    case .deleted(let value):
      object = value
      isDeleted = true
    case .bookmark(let version, _): return version.isEmpty ? nil : version
    case .failure: return nil
    }
    state.withLock { $0.statistics.events += 1 }
    let version = object["metadata"]?["resourceVersion"]?.string
    if isDeleted, let identity = ObjectIdentity(object) {
      tell(store.remove(identity))
      return version
    }
    switch DecodedObject(kind.completed(object), kind) {
    case .object(let item):
      tell(store.upsert(item))
    case .undecodable(let problem):
      complain(problem)
      tell(store.noteProblem(problem))
    }
    return version
  }

  private func complain(_ problem: UndecodableObject) {
    state.withLock { $0.statistics.undecodable += 1 }
    logger.error(
      "an object cannot be read and is left out",
      metadata: ["object": "\(problem.key?.description ?? "unnamed")", "error": "\(problem.reason)"])
  }

  private func tell(_ event: StoreEvent<Object>?) {
    guard let event else { return }
    for handler in state.withLock({ $0.handlers }) { handler(event) }
  }
}

/// Pauses between failed rounds: 800 ms, doubling to 30 s, full jitter; forgotten after two good minutes.
///
/// | failures | 1 | 2 | 3 | 4 | 5 | 6 and more |
/// |---|---|---|---|---|---|---|
/// | up to | 0.8 s | 1.6 s | 3.2 s | 6.4 s | 12.8 s | 30 s |
struct WatchBackoff: Equatable {
  private(set) var failures = 0
  private var hasExpired = false
  private var isRefused = false

  var isFailing: Bool { failures > 0 || hasExpired }

  mutating func noteExpiry() { hasExpired = true }

  /// No permission, or no such API: only a person can mend it, so the pauses are long from the start.
  mutating func noteRefusal() { isRefused = true }

  mutating func noteSuccess(lasting duration: Duration) {
    hasExpired = false
    if duration >= .seconds(1) { self = WatchBackoff() }
  }

  /// - Parameter random: in 0 ..< 1.
  mutating func next(afterRunning duration: Duration, random: Double) -> Duration {
    if duration >= .seconds(120) { failures = 0 }
    failures += 1
    let ceiling = min(0.8 * Double(1 << min(failures - 1, 10)), 30)
    defer { isRefused = false }
    // The lower half is kept for refusals: retried slowly, but retried.
    return .seconds(isRefused ? 15 + 15 * random : ceiling * random)
  }
}
