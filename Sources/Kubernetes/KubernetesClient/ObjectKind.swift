public import KubernetesModel

/// How objects of a kind are asked for and read: a typed kind, or any kind as JSON.
public struct ObjectKind<Object: Sendable>: Sendable {
  public var kind: GroupVersionKind
  public var resource: GroupVersionResource
  /// Only metadata is asked for; see `ObjectKind.metadataOnly`.
  var isMetadataOnly = false
  let decode: @Sendable (JSONValue) throws(JSONMismatch) -> Object
  /// What is not even read of a server's answer.
  private(set) var unread = JSONPaths(["metadata", "managedFields"])
  /// Takes out of a document what no reader of the cache needs, before it is kept.
  private(set) var prune: @Sendable (inout JSONValue) -> Void = { _ in }

  /// This kind without what stands at these places, lists being passed through: it is left out as answers are read, which
  /// costs less than taking it out afterwards. `metadata.managedFields` is always left out.
  public func without(_ paths: [String]...) -> ObjectKind {
    var kind = self
    for path in paths { kind.unread.insert(path) }
    return kind
  }

  /// This kind without some of its content: what is taken out of a document here is neither kept nor read, which saves
  /// memory where an operator needs little of large objects. Comes after `without`.
  public func pruned(_ prune: @escaping @Sendable (inout JSONValue) -> Void) -> ObjectKind {
    var kind = self
    kind.prune = prune
    return kind
  }

  /// Items of lists come without `apiVersion` and `kind`: they are put in.
  func completed(_ item: JSONValue) -> JSONValue {
    guard item["kind"] == nil else { return item }
    var item = item
    item["apiVersion"] = .string(kind.apiVersion)
    item["kind"] = .string(kind.kind)
    return item
  }
}

extension ObjectKind where Object: KubernetesObject {
  public static var typed: ObjectKind<Object> {
    ObjectKind(kind: Object.gvk, resource: Object.gvr) { value throws(JSONMismatch) in try value.decode(as: Object.self)
    }
  }
}

extension ObjectKind where Object == JSONValue {
  /// Whole objects as JSON, without `managedFields`.
  public static func untyped(_ kind: GroupVersionKind, _ resource: GroupVersionResource) -> ObjectKind<JSONValue> {
    ObjectKind(kind: kind, resource: resource) { value throws(JSONMismatch) in value }
  }

  /// The JSON of a typed kind, with all the fields that the Swift type does not have.
  public static func untyped<Typed: KubernetesObject>(_ type: Typed.Type) -> ObjectKind<JSONValue> {
    untyped(Typed.gvk, Typed.gvr)
  }
}

/// What every cache and index needs to know of an object, read from its metadata.
public struct ObjectIdentity: Sendable, Equatable {
  public var key: ObjectKey
  public var uid: String
  public var resourceVersion: String
  public var labels: [String: String]
  public var owners: [OwnerReference]

  /// The owner that keeps the object in its hands.
  public var controller: OwnerReference? { owners.first { $0.controller == true } }

  /// nil where the document has no name.
  public init?(_ object: JSONValue) {
    guard let metadata = object["metadata"], let name = metadata["name"]?.string else { return nil }
    key = ObjectKey(namespace: metadata["namespace"]?.string ?? "", name: name)
    uid = metadata["uid"]?.string ?? ""
    resourceVersion = metadata["resourceVersion"]?.string ?? ""
    labels = metadata["labels"]?.stringMap ?? [:]
    owners = (metadata["ownerReferences"]?.array ?? []).compactMap(OwnerReference.init)
  }
}

extension OwnerReference {
  /// Read by hand: every object of every cache has one, each time it is looked at.
  fileprivate init?(_ value: JSONValue) {
    guard let apiVersion = value["apiVersion"]?.string, let kind = value["kind"]?.string,
      let name = value["name"]?.string, let uid = value["uid"]?.string
    else { return nil }
    self.init(
      apiVersion: apiVersion, kind: kind, name: name, uid: uid, controller: value["controller"]?.bool,
      blockOwnerDeletion: value["blockOwnerDeletion"]?.bool)
  }
}

/// An object that is there, but cannot be read as its type.
public struct UndecodableObject: Sendable, Equatable {
  public var key: ObjectKey?
  public var reason: String
}

/// A list's result: a consistent state as of `resourceVersion`.
public struct ObjectList<Object: Sendable>: Sendable {
  public struct Item: Sendable {
    public var identity: ObjectIdentity
    public var object: Object
    /// What `object` was read from, for those who keep it.
    var document: JSONValue?
  }

  public var items: [Item] = []
  /// Objects that a store holds in this very version, so that they were not read again.
  var unchanged: Set<ObjectKey> = []
  public var undecodable: [UndecodableObject] = []
  public var resourceVersion = ""

  public var objects: [Object] { items.map(\.object) }

  mutating func add(page: JSONValue, _ kind: ObjectKind<Object>) {
    resourceVersion = page["metadata"]?["resourceVersion"]?.string ?? resourceVersion
    for item in page["items"]?.array ?? [] {
      switch DecodedObject(kind.completed(item), kind) {
      case .object(let item): items.append(item)
      case .undecodable(let problem): undecodable.append(problem)
      }
    }
  }
}

/// One object of a list or a watch: read, or known not to be readable.
enum DecodedObject<Object: Sendable>: Sendable {
  case object(ObjectList<Object>.Item)
  case undecodable(UndecodableObject)

  init(_ value: JSONValue, _ kind: ObjectKind<Object>) {
    guard let identity = ObjectIdentity(value) else {
      self = .undecodable(UndecodableObject(key: nil, reason: "the object has no metadata.name"))
      return
    }
    var value = value
    // Answers to own writes are read as a whole.
    value.remove(kind.unread)
    kind.prune(&value)
    do throws(JSONMismatch) {
      self = .object(.init(identity: identity, object: try kind.decode(value), document: value))
    } catch {
      self = .undecodable(UndecodableObject(key: identity.key, reason: "\(error)"))
    }
  }
}

/// Resource versions are opaque, but in practice, and officially since 1.35, numbers that grow.
public enum ResourceVersion {
  /// Whether `left` is surely older than `right`: both are numbers, compared by length and then by digits.
  public static func isOlder(_ left: String, than right: String) -> Bool {
    guard isNumber(left), isNumber(right), left != right else { return false }
    return left.utf8.count == right.utf8.count ? left < right : left.utf8.count < right.utf8.count
  }

  private static func isNumber(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) } && (text.utf8.first != 0x30 || text == "0")
  }
}
