public import KubernetesModel
public import Logging
import Synchronization

/// What an informer has lived through, for metrics and health.
public struct InformerStatistics: Sendable, Equatable {
  /// Complete lists, streaming ones too.
  public var lists = 0
  public var watches = 0
  public var events = 0
  public var undecodable = 0
  public var failures = 0
  /// Replays of everything that is known.
  public var resyncs = 0
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
/// server has forgotten the version. `Reflector` tells how.
///
/// Expected flow: add handlers, `run()` in a task of its own, wait for `hasSynced`, read `store`.
/// Guarantees: handlers are called in the order of the changes, one at a time, after the store has changed; every object
/// that vanished while the connection was away gets its `deleted`; one unreadable object does not end the stream; the
/// store never goes back in time, unless the cluster itself does.
/// Assumptions: `run()` is called once. Handlers return soon: the stream waits for them.
/// Errors: none are thrown; failures are logged, counted and tried again with growing pauses for ever.
public final class Informer<Object: Sendable>: RunnableInformer {
  public typealias Handler = @Sendable (StoreEvent<Object>) -> Void

  private struct State {
    var hasSynced = false
    var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter = 0
    var statistics = InformerStatistics()
  }

  public let kind: ObjectKind<Object>
  public let selection: Selection
  public let store: ObjectStore<Object>
  let api: any KubernetesAPI
  let time: TimeSource
  let logger: Logger
  /// nil: what is known is not replayed.
  let resync: Duration?
  private let delivery = Delivery<Object>()
  private let state = Mutex(State())

  /// - Parameters:
  ///   - labels: label keys to index the store by.
  ///   - fields: other values to index the store by, each under a name.
  ///   - resync: how often, give or take a tenth, handlers are told of all objects once more; nil: never.
  public init(
    _ api: any KubernetesAPI, _ kind: ObjectKind<Object>, _ selection: Selection = Selection(),
    indexing labels: Set<String> = [], fields: [String: ObjectStore<Object>.FieldIndex] = [:],
    resync: Duration? = .seconds(36000), time: TimeSource = .system, logger: Logger
  ) {
    self.api = api
    self.kind = kind
    self.selection = selection
    self.store = ObjectStore(indexing: labels, fields: fields) { try? kind.decode($0) }
    self.resync = resync
    self.time = time
    var logger = logger
    logger[metadataKey: "resource"] = "\(kind.resource)"
    self.logger = logger
  }

  /// Called after each change of the store. A handler that is added later is told of all that is known first.
  public func onChange(_ handler: @escaping Handler) {
    delivery.add(handler, knowing: store)
  }

  /// Whether the first list is complete, and the handlers have been told of it.
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

  /// Runs until its task is cancelled.
  public func run() async {
    var reflector = Reflector(self)
    await reflector.run()
  }

  // MARK: Changes

  /// Puts the answer to an own write into the store and tells the handlers, ahead of the watch.
  public func note(_ written: JSONValue) {
    guard case .object(let item) = DecodedObject(kind.completed(written), kind) else { return }
    delivery.change { store.note(item) }
  }

  /// Takes a watch's word for an object: added, or changed.
  func take(_ document: JSONValue) {
    switch DecodedObject(kind.completed(document), kind) {
    case .object(let item): delivery.change { store.upsert(item) }
    case .undecodable(let problem):
      complain(problem)
      delivery.change { store.noteProblem(problem) }
    }
  }

  /// Takes a watch's word for an object: gone.
  func takeAway(_ document: JSONValue) {
    guard let identity = ObjectIdentity(document) else { return }
    delivery.change { store.remove(identity) }
  }

  /// Takes in a whole list, of which the store has staged the items.
  func adopt(_ list: ObjectList<Object>, isRestored: Bool) {
    let cause: StoreCause = hasSynced ? .relist : .initialList
    note { $0.lists += 1 }
    delivery.change(all: { store.replace(with: list, cause, isRestored: isRestored) }, then: { self.noteSynced() })
  }

  /// Tells the handlers of everything once more.
  func replay() {
    note { $0.resyncs += 1 }
    for key in store.keys {
      delivery.change { store.item(key).map { $0.event(.resync) } }
    }
  }

  private func noteSynced() {
    let waiting = state.withLock { state in
      state.hasSynced = true
      defer { state.waiting = [:] }
      return state.waiting
    }
    for continuation in waiting.values { continuation.resume() }
  }

  func note(_ change: (inout InformerStatistics) -> Void) {
    state.withLock { change(&$0.statistics) }
  }

  func complain(_ problem: UndecodableObject) {
    note { $0.undecodable += 1 }
    logger.error(
      "an object cannot be read and is left out",
      metadata: ["object": "\(problem.key?.description ?? "unnamed")", "error": "\(problem.reason)"])
  }
}

extension ObjectList.Item {
  /// As handlers are told of an object that has not changed.
  func event(_ cause: StoreCause) -> StoreEvent<Object> {
    StoreEvent(
      identity: identity, change: cause == .resync ? .updated(old: object, new: object) : .added(object), cause: cause)
  }
}
