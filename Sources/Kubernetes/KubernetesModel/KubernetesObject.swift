/// A kind of object that the API serves, as a Swift type.
///
/// `apiVersion` and `kind` belong to the type, not to its values: lists leave them out of their items. `manifest` puts
/// them in.
///
/// A type may have fewer fields than its kind, as those of this module do: they are for objects that an operator makes,
/// and for reading. What has no field is lost between reading and writing, so change objects that others write as well by
/// a patch or by server-side apply; never replace them.
public protocol KubernetesObject: Codable, Sendable, Equatable {
  static var gvk: GroupVersionKind { get }
  static var gvr: GroupVersionResource { get }
  static var isNamespaced: Bool { get }
  var metadata: ObjectMeta { get set }
}

extension KubernetesObject {
  public static var isNamespaced: Bool { true }

  public var key: ObjectKey { ObjectKey(namespace: metadata.namespace ?? "", name: metadata.name ?? "") }

  /// The whole object as the API takes it, `apiVersion` and `kind` included.
  public var manifest: JSONValue {
    get throws(JSONMismatch) {
      var value = try JSONValue(encoding: self)
      value["apiVersion"] = .string(Self.gvk.apiVersion)
      value["kind"] = .string(Self.gvk.kind)
      return value
    }
  }

  /// Points to this object for Events.
  public var reference: ObjectReference {
    ObjectReference(
      apiVersion: Self.gvk.apiVersion, kind: Self.gvk.kind, namespace: metadata.namespace, name: metadata.name,
      uid: metadata.uid, resourceVersion: metadata.resourceVersion)
  }

  /// A controlling owner reference to this object; nil before the server has given it a uid.
  public var ownerReference: OwnerReference? {
    guard let name = metadata.name, let uid = metadata.uid else { return nil }
    return OwnerReference(apiVersion: Self.gvk.apiVersion, kind: Self.gvk.kind, name: name, uid: uid)
  }
}

/// The container overloads below are what synthesised `Codable` conformances of this module use for lists and maps: absent
/// or null is empty, and empty is left out, as Go's `omitempty` does on the other side.
extension KeyedDecodingContainer {
  func decode<Element: Decodable>(_ type: [Element].Type, forKey key: Key) throws -> [Element] {
    try decodeIfPresent(type, forKey: key) ?? []
  }

  func decode<Value: Decodable>(_ type: [String: Value].Type, forKey key: Key) throws -> [String: Value] {
    try decodeIfPresent(type, forKey: key) ?? [:]
  }
}

extension KeyedEncodingContainer {
  mutating func encode<Element: Encodable>(_ value: [Element], forKey key: Key) throws {
    try encodeIfPresent(value.isEmpty ? nil : value, forKey: key)
  }

  mutating func encode<Value: Encodable>(_ value: [String: Value], forKey key: Key) throws {
    try encodeIfPresent(value.isEmpty ? nil : value, forKey: key)
  }
}
