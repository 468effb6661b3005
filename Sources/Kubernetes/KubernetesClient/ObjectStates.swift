import KubernetesModel

/// In which states some objects of a store are, without their content: two are equal, as good as surely, where they are about
/// the same objects in the same versions. Taking one reads no object, so that "has anything changed?" costs next to nothing.
///
/// Caveat: equal and unequal are all that they tell, only within one process, and only of one query to one store.
public struct ObjectStates: Sendable, Hashable {
  private var count = 0
  /// Sums of hashes with 64 bits each: the order of the objects must not matter.
  private var first: UInt64 = 0
  private var second: UInt64 = 0

  public init() {}

  /// Of all objects of a store.
  /// - Parameter changes: how many changes the store has seen.
  init(count: Int, changes: UInt64) {
    self.count = count
    first = changes
  }

  mutating func insert(_ key: ObjectKey, uid: UInt64, version: String) {
    var hasher = Hasher()
    hasher.combine(key)
    hasher.combine(uid)
    hasher.combine(version)
    var other = hasher
    other.combine(1)
    count += 1
    first &+= UInt64(bitPattern: Int64(hasher.finalize()))
    second &+= UInt64(bitPattern: Int64(other.finalize()))
  }
}
