public import KubernetesModel

/// In which states some objects of a store are, without their content: two are equal, as good as surely, where they are about
/// the same objects in the same versions. Taking one reads no object, so that "has anything changed?" costs next to nothing.
///
/// Caveat: equal and unequal are all that they tell, and only within one process.
public struct ObjectStates: Sendable, Hashable {
  private var count = 0
  /// Sums of hashes with 64 bits each: the order of the objects must not matter.
  private var first: UInt64 = 0
  private var second: UInt64 = 0

  public init() {}

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

extension ObjectStore {
  /// Of the object with this key, if it is there.
  public func states(of key: ObjectKey) -> ObjectStates { states([key]) }

  /// Of the objects with an owner reference to this uid.
  public func states(ownedBy uid: String) -> ObjectStates { states(keys(ownedBy: uid)) }

  /// Of the objects whose indexed label has this value.
  public func states(label: String, value: String, namespace: String? = nil) -> ObjectStates {
    states(keys(label: label, value: value, namespace: namespace))
  }

  /// Of the objects that the field's index puts under this value.
  public func states(field: String, value: String, namespace: String? = nil) -> ObjectStates {
    states(keys(field: field, value: value, namespace: namespace))
  }
}
