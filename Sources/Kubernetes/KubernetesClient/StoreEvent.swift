/// What happened to an object in a cache.
public enum StoreChange<Object: Sendable>: Sendable {
  case added(Object)
  case updated(old: Object, new: Object)
  case deleted(Object)

  /// The object as it is now, or last was.
  public var object: Object {
    switch self {
    case .added(let object), .updated(_, let object), .deleted(let object): object
    }
  }
}

/// Why a handler is told of an object.
public enum StoreCause: Sendable, Equatable {
  /// The first list, or what the cache held already when the handler was added.
  case initialList
  /// The watch, as it happened.
  case watch
  /// A later list: the object changed, came or went while nobody was watching.
  case relist
  /// The answer to a write of this process, ahead of the watch.
  case ownWrite
  /// Nothing happened: every few hours all objects are told once more, as `updated` from and to the same state, so that
  /// what a handler has missed or botched is mended.
  case resync

  /// Told in bulk, and nobody waits for it: work that follows belongs behind everything else.
  public var isBackground: Bool { self == .initialList || self == .resync }
}

/// A change with what indexes and queues need to know of it.
public struct StoreEvent<Object: Sendable>: Sendable {
  public var identity: ObjectIdentity
  public var change: StoreChange<Object>
  public var cause: StoreCause
  /// What it was known as before an update: other labels, other owners.
  public var former: ObjectIdentity?
}
