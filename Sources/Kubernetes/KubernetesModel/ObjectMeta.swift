/// What every object says about itself. `managedFields` is not read: nothing here needs it, and it is the larger half of
/// many objects.
public struct ObjectMeta: Codable, Sendable, Equatable {
  public var name: String?
  public var generateName: String?
  /// nil for cluster-wide objects.
  public var namespace: String?
  public var uid: String?
  public var resourceVersion: String?
  /// Counts the changes of the spec.
  public var generation: Int?
  public var creationTimestamp: Timestamp?
  public var deletionTimestamp: Timestamp?
  public var deletionGracePeriodSeconds: Int?
  public var labels: [String: String]
  public var annotations: [String: String]
  public var ownerReferences: [OwnerReference]
  public var finalizers: [String]

  public init(
    name: String? = nil, namespace: String? = nil, labels: [String: String] = [:], annotations: [String: String] = [:],
    ownerReferences: [OwnerReference] = [], finalizers: [String] = []
  ) {
    self.name = name
    self.namespace = namespace
    self.labels = labels
    self.annotations = annotations
    self.ownerReferences = ownerReferences
    self.finalizers = finalizers
  }

  public var isBeingDeleted: Bool { deletionTimestamp != nil }

  /// The owner that keeps this object in its hands, if any.
  public var controller: OwnerReference? { ownerReferences.first { $0.controller == true } }

  public func isControlled(byUID uid: String) -> Bool { controller?.uid == uid }
}

/// Points to an object in the same namespace that owns this one; the garbage collector follows it.
public struct OwnerReference: Codable, Sendable, Hashable {
  public var apiVersion: String
  public var kind: String
  public var name: String
  public var uid: String
  public var controller: Bool?
  public var blockOwnerDeletion: Bool?

  public init(
    apiVersion: String, kind: String, name: String, uid: String, controller: Bool? = true,
    blockOwnerDeletion: Bool? = true
  ) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.name = name
    self.uid = uid
    self.controller = controller
    self.blockOwnerDeletion = blockOwnerDeletion
  }
}

/// Points to any object, for Events.
public struct ObjectReference: Codable, Sendable, Hashable {
  public var apiVersion: String?
  public var kind: String?
  public var namespace: String?
  public var name: String?
  public var uid: String?
  public var resourceVersion: String?
  public var fieldPath: String?

  public init(
    apiVersion: String? = nil, kind: String? = nil, namespace: String? = nil, name: String? = nil, uid: String? = nil,
    resourceVersion: String? = nil, fieldPath: String? = nil
  ) {
    self.apiVersion = apiVersion
    self.kind = kind
    self.namespace = namespace
    self.name = name
    self.uid = uid
    self.resourceVersion = resourceVersion
    self.fieldPath = fieldPath
  }
}

/// Namespace and name: what a work queue holds and a cache is keyed by. The namespace is empty for cluster-wide objects.
public struct ObjectKey: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
  public var namespace: String
  public var name: String

  public init(namespace: String, name: String) {
    self.namespace = namespace
    self.name = name
  }

  public var description: String { namespace.isEmpty ? name : "\(namespace)/\(name)" }

  public static func < (left: ObjectKey, right: ObjectKey) -> Bool {
    (left.namespace, left.name) < (right.namespace, right.name)
  }
}
