public import KubernetesModel

/// Which objects of a store are meant. A query is small, holds no object, and can be kept and asked again: where its
/// `ObjectStates` are the same as before, so are the objects.
public struct StoreQuery: Sendable, Hashable {
  package enum Form: Sendable, Hashable {
    case key(ObjectKey)
    /// - Parameters:
    ///   - value: the hash under which the store's index has the objects; it means something within this process only.
    ///   - namespace: nil: all of them.
    case indexed(_ value: UInt64, namespace: String?)
    case all
  }

  package let form: Form

  package init(_ form: Form) { self.form = form }

  /// The object with this key, if it is there.
  public static func key(_ key: ObjectKey) -> StoreQuery { StoreQuery(.key(key)) }

  /// The objects with an owner reference to this uid.
  public static func ownedBy(_ uid: String) -> StoreQuery { indexed(StoreHash("owner", uid), nil) }

  /// The objects whose indexed label has this value; of one namespace, where it is given.
  public static func label(_ label: String, _ value: String, namespace: String? = nil) -> StoreQuery {
    indexed(StoreHash("label " + label, value), namespace)
  }

  /// The objects that the field's index puts under this value; of one namespace, where it is given.
  public static func field(_ field: String, _ value: String, namespace: String? = nil) -> StoreQuery {
    indexed(StoreHash("field " + field, value), namespace)
  }

  /// All objects. Their states cost no more than those of one; any change of any object tells.
  public static let all = StoreQuery(.all)

  private static func indexed(_ hash: StoreHash, _ namespace: String?) -> StoreQuery {
    StoreQuery(.indexed(hash.bits, namespace: namespace))
  }
}
