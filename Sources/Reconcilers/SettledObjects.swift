import KubernetesModel
import Synchronization

/// Remembers of objects in which nothing was left to do what had been seen of them: who finds the same again need not decide
/// again, until something is due.
///
/// Guarantee: what is remembered says no more than the decision itself, which wants no other look before it is due unless
/// something changes. It is forgotten after ten minutes, as long as the cluster's claims are believed: then everything is
/// looked at once more.
final class SettledObjects: Sendable {
  private struct Entry: Sendable {
    var sight: Sight
    /// Seconds since 1970: what is remembered holds from then on.
    var since: Double
    /// Seconds since 1970; nil: only a change calls for another look.
    var due: Double?
  }

  /// Thousands of objects have one each: they stand under hashes of their keys. Two that share one displace each other.
  private let entries = Mutex<[Int: Entry]>([:])

  private static let memory = 600.0

  /// How an object that is as it was is left alone.
  struct Rest: Sendable, Equatable {
    /// Seconds; nil: until something changes.
    var seconds: Double?
  }

  func rest(_ key: ObjectKey, _ sight: Sight, at now: Timestamp) -> Rest? {
    guard let entry = entries.withLock({ $0[key.hashValue] }), entry.sight == sight else { return nil }
    let now = now.secondsSince1970
    guard now >= entry.since, now - entry.since < Self.memory else { return nil }
    guard let due = entry.due else { return Rest(seconds: nil) }
    return due > now ? Rest(seconds: due - now) : nil
  }

  /// - Parameter seconds: when the object is due; nil: when something changes.
  func remember(_ key: ObjectKey, _ sight: Sight, at now: Timestamp, due seconds: Double?) {
    let now = now.secondsSince1970
    entries.withLock { $0[key.hashValue] = Entry(sight: sight, since: now, due: seconds.map { now + $0 }) }
  }

  func forget(_ key: ObjectKey) {
    entries.withLock { _ = $0.removeValue(forKey: key.hashValue) }
  }
}

/// All that a decision about an object is made from, but for the time, in 128 bits: two are equal, as good as surely, where
/// nothing has changed. Only within one process.
struct Sight: Sendable, Hashable {
  private let high: Int
  private let low: Int

  init(_ body: (inout Hasher) -> Void) {
    var first = Hasher()
    body(&first)
    var second = first
    first.combine(1)
    second.combine(2)
    high = first.finalize()
    low = second.finalize()
  }

  func with(_ more: some Hashable) -> Sight {
    Sight { hasher in
      hasher.combine(self)
      hasher.combine(more)
    }
  }
}
