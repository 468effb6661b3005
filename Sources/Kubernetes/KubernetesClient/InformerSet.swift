internal import KubernetesModel
public import Logging
import Synchronization

/// One stream per kind and selection, shared by everyone: who asks for the same objects gets the same informer. What a kind
/// prunes is not looked at: the first request's pruning counts for all.
///
/// Expected flow: controllers ask for what they need, then all informers are run: `ControllerHost` does that with those
/// that its controllers watch, others are given to it as `informers`.
public final class InformerSet: Sendable {
  private struct Key: Hashable {
    var resource: GroupVersionResource
    var selection: Selection
    var type: ObjectIdentifier
    var isMetadataOnly: Bool
  }

  private let api: any KubernetesAPI
  private let resync: Duration?
  private let time: TimeSource
  private let logger: Logger
  private let informers = Mutex<[Key: any RunnableInformer]>([:])

  public init(
    _ api: any KubernetesAPI, resync: Duration? = .seconds(36000), time: TimeSource = .system, logger: Logger
  ) {
    self.api = api
    self.resync = resync
    self.time = time
    self.logger = logger
  }

  /// The informer of these objects, made at the first request.
  ///
  /// - Parameters:
  ///   - labels: label keys to index by, beside those of earlier requests.
  ///   - fields: other values to index by, beside those of earlier requests; of the same name, the first stays.
  public func informer<Object>(
    _ kind: ObjectKind<Object>, _ selection: Selection = Selection(), indexing labels: Set<String> = [],
    fields: [String: ObjectStore<Object>.FieldIndex] = [:]
  ) -> Informer<Object> {
    let key = Key(
      resource: kind.resource, selection: selection, type: ObjectIdentifier(Object.self),
      isMetadataOnly: kind.isMetadataOnly)
    let (informer, isNew) = informers.withLock { informers -> (Informer<Object>, Bool) in
      if let present = informers[key] as? Informer<Object> { return (present, false) }
      let informer = Informer(
        api, kind, selection, indexing: labels, fields: fields, resync: resync, time: time, logger: logger)
      informers[key] = informer
      return (informer, true)
    }
    if !isNew { informer.store.addIndexes(labels: labels, fields: fields) }
    return informer
  }

  /// All that were asked for.
  public var all: [any RunnableInformer] { informers.withLock { Array($0.values) } }
}
