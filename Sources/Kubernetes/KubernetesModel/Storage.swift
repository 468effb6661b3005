/// Texts by key, mounted or read.
public struct ConfigMap: KubernetesObject {
  public static let gvk = GroupVersionKind(group: "", version: "v1", kind: "ConfigMap")
  public static let gvr = GroupVersionResource(group: "", version: "v1", resource: "configmaps")

  public var metadata: ObjectMeta
  public var data: [String: String]
  /// Base64.
  public var binaryData: [String: String]
  public var immutable: Bool?

  public init(metadata: ObjectMeta, data: [String: String] = [:], immutable: Bool? = nil) {
    self.metadata = metadata
    self.data = data
    self.binaryData = [:]
    self.immutable = immutable
  }
}

/// Bytes by key that are nobody else's business. Describing a value of this type never shows them.
public struct Secret: KubernetesObject, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public static let gvk = GroupVersionKind(group: "", version: "v1", kind: "Secret")
  public static let gvr = GroupVersionResource(group: "", version: "v1", resource: "secrets")

  public var metadata: ObjectMeta
  /// Base64.
  public var data: [String: String]
  /// Plain texts that the server moves into `data`; only for writing.
  public var stringData: [String: String]
  public var type: String?
  public var immutable: Bool?

  public init(
    metadata: ObjectMeta, data: [String: String] = [:], stringData: [String: String] = [:], type: String? = nil
  ) {
    self.metadata = metadata
    self.data = data
    self.stringData = stringData
    self.type = type
  }

  /// The bytes of a key; nil where the key is absent or not base64.
  public func bytes(_ key: String) -> [UInt8]? { data[key].flatMap(Base64.decode) }

  /// The UTF-8 text of a key, without white space at its ends: editors leave line breaks there.
  public func text(_ key: String) -> String? {
    guard let bytes = bytes(key), let text = String(validating: bytes, as: UTF8.self) else { return nil }
    var trimmed = Substring(text)
    while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
    while trimmed.first?.isWhitespace == true { trimmed.removeFirst() }
    return String(trimmed)
  }

  /// What keeps the value of a key from being one line of text, as the end of a sentence that begins with the Secret's name;
  /// nil: it is one. Line ends at its ends do not count, as `text` takes them away.
  public func shortcoming(ofLine key: String) -> String? {
    guard data[key] != nil else { return "has no key '\(key)'" }
    guard let text = text(key) else { return "has a key '\(key)' whose value is not UTF-8 text" }
    guard !text.isEmpty else { return "has a key '\(key)' whose value is empty" }
    guard !text.contains(where: \.isNewline) else {
      return "has a key '\(key)' whose value has a line end in its middle; write it as one line"
    }
    return nil
  }

  public var description: String { "Secret \(key) (\(data.count + stringData.count) keys)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: ["metadata": metadata]) }
}

/// A wish for a volume.
public struct PersistentVolumeClaim: KubernetesObject {
  public static let gvk = GroupVersionKind(group: "", version: "v1", kind: "PersistentVolumeClaim")
  public static let gvr = GroupVersionResource(group: "", version: "v1", resource: "persistentvolumeclaims")

  /// How much, and of which kind.
  public struct Spec: Codable, Sendable, Equatable {
    /// Quantities by name; a claim asks for `storage`. A quantity that a document holds as a number is read as its text.
    public struct Resources: Codable, Sendable, Equatable {
      public var requests: [String: String]

      public init(requests: [String: String]) { self.requests = requests }

      public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        requests = try container.decode([String: QuantityText].self, forKey: .requests).mapValues(\.text)
      }

      private enum CodingKeys: String, CodingKey {
        case requests
      }
    }

    public var accessModes: [String]
    public var resources: Resources?
    public var storageClassName: String?
    public var volumeName: String?
    public var volumeMode: String?

    /// - Parameter storage: a quantity such as `10Gi`.
    public init(accessModes: [String], storage: String, storageClassName: String? = nil) {
      self.accessModes = accessModes
      self.resources = Resources(requests: ["storage": storage])
      self.storageClassName = storageClassName
    }
  }

  /// Whether a volume was found.
  public struct Status: Codable, Sendable, Equatable {
    /// `Pending`, `Bound` or `Lost`.
    public var phase: String?

    public init(phase: String? = nil) { self.phase = phase }
  }

  public var metadata: ObjectMeta
  public var spec: Spec?
  public var status: Status?

  public init(metadata: ObjectMeta, spec: Spec? = nil) {
    self.metadata = metadata
    self.spec = spec
  }
}
