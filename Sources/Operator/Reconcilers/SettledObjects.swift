import KubernetesModel
import Synchronization

/// Remembers of objects in which nothing was left to do what their reconcile had read: who would find the same again need not
/// decide again, until something is due.
///
/// Guarantee: what is remembered says no more than the decision itself, which wants no other look before it is due unless
/// something changes. It is forgotten after ten minutes, or earlier where an answer from outside the caches is believed
/// for a shorter time, counted from when it was given: then everything is looked at once more.
final class SettledObjects: Sendable {
  private struct Entry: Sendable {
    var memo: CacheMemo
    /// Seconds since 1970: what is remembered holds from then on …
    var since: Double
    /// … until then.
    var until: Double
    /// Seconds since 1970; infinity: only a change calls for another look.
    var due: Double
  }

  /// Thousands of objects have one each: they stand under hashes of their keys. Two that share one displace each other.
  private let entries = Mutex<[Int: Entry]>([:])

  private static let memory = 600.0

  /// How an object that is as it was is left alone.
  struct Rest: Sendable, Equatable {
    /// Seconds; nil: until something changes.
    var seconds: Double?
  }

  /// nil: it must be looked at.
  func rest(_ key: ObjectKey, in caches: ClusterCaches, at now: Timestamp) -> Rest? {
    let now = now.secondsSince1970
    guard var entry = entries.withLock({ $0[key.hashValue] }), now >= entry.since, now < entry.until, now < entry.due
    else { return nil }
    let before = entry.memo
    guard entry.memo.holds(for: key, in: caches) else { return nil }
    if entry.memo != before { entries.withLock { $0[key.hashValue] = entry } }
    return Rest(seconds: entry.due == .infinity ? nil : entry.due - now)
  }

  /// Does nothing where what was read cannot be relied on later.
  /// - Parameter seconds: when the object is due; nil: when something changes.
  func remember(_ reader: CacheReader, at now: Timestamp, due seconds: Double?) {
    guard let memo = reader.memo() else { return }
    let now = now.secondsSince1970
    let entry = Entry(
      memo: memo, since: now, until: now + min(Self.memory, reader.believedFor), due: now + (seconds ?? .infinity))
    entries.withLock { $0[reader.key.hashValue] = entry }
  }

  func forget(_ key: ObjectKey) {
    entries.withLock { _ = $0.removeValue(forKey: key.hashValue) }
  }
}
