public import KubernetesClient
public import KubernetesModel

/// Why a desired object was not applied.
public enum ApplyError: Error, Sendable, Equatable, CustomStringConvertible {
  /// An object of this name is there and belongs to somebody else. It is not touched.
  case foreign(APITarget, owner: String)
  case failed(KubernetesError)

  public var description: String {
    switch self {
    case .foreign(let target, let owner):
      "\(target) is there already and belongs to \(owner); rename one of the two, or delete it"
    case .failed(let error): "\(error)"
    }
  }
}

/// What became of a desired object.
public enum Applied: Sendable, Equatable {
  case created(JSONValue)
  case changed(JSONValue)
  /// The live object says all that is desired.
  case unchanged(JSONValue)
  /// A field that cannot be changed was to be changed: the live object, given here, is being deleted with all that it
  /// owns. Its deletion is an event as any other; the next reconcile makes it anew.
  case replacing(JSONValue)

  public var object: JSONValue {
    switch self {
    case .created(let object), .changed(let object), .unchanged(let object), .replacing(let object): object
    }
  }
}

/// What to do where the server refuses to change a field because it is immutable: a Job's template, a selector, the data of
/// an immutable ConfigMap.
public enum ImmutableFields: Sendable {
  /// It is an error. For objects whose name tells their content: another content, another name.
  case fail
  /// The object is deleted in the foreground, by its uid, and made anew when it is gone.
  case replace
}

/// Brings generated objects to what they should be by server-side apply, and leaves out writes that would change nothing.
///
/// A write is left out where the live object carries the hash of the same intent, and still contains it: the first tells
/// that no field has been taken out of the intent since, the second that nobody has changed one.
public struct Applier: Sendable {
  private let api: any KubernetesAPI
  private let annotation: String

  /// - Parameter annotation: where the hash of the last intent is kept.
  public init(_ api: any KubernetesAPI, annotation: String = "apus.dev/applied-hash") {
    self.api = api
    self.annotation = annotation
  }

  /// - Parameters:
  ///   - desired: the full intent: `apiVersion`, `kind`, `metadata.name`, and every field that is to be owned.
  ///   - live: the object as a cache has it; where it is nil, the server is asked.
  ///   - owner: the object in whose name this happens: it becomes the controller, and an object of another controller is
  ///     refused as `.foreign`.
  ///   - immutable: what to do where a change is refused for good.
  public func apply(
    _ desired: JSONValue, _ resource: GroupVersionResource, namespace: String?, live: JSONValue?,
    owner: OwnerReference?,
    immutable: ImmutableFields = .fail
  ) async throws(ApplyError) -> Applied {
    var desired = desired
    let target = APITarget(resource, namespace: namespace, name: desired["metadata"]?["name"]?.string ?? "")
    if let namespace = target.namespace { desired.set(.string(namespace), at: ["metadata", "namespace"]) }
    if let owner {
      do {
        desired.set([try JSONValue(encoding: owner)], at: ["metadata", "ownerReferences"])
      } catch {
        throw .failed(.unreadable(verb: .apply, target: target, reason: "\(error)"))
      }
    }
    desired.set(.string(desired.fingerprint), at: ["metadata", "annotations", annotation])
    let found = if let live { live } else { try await find(target) }
    if let found, let owner, let stranger = Self.stranger(found, owner, annotation) {
      throw .foreign(target, owner: stranger)
    }
    if immutable == .replace, let found, found[path: "metadata", "deletionTimestamp"] != nil {
      return .replacing(found)
    }
    if let found, desired.isContained(in: found) { return .unchanged(found) }
    do {
      let written = try await api.apply(target, desired)
      return found == nil ? .created(written) : .changed(written)
    } catch {
      guard immutable == .replace, error.isImmutableField, let found else { throw .failed(error) }
      try await replace(found, target)
      return .replacing(found)
    }
  }

  /// In the foreground: what it owns is gone before it is, so that old and new pods never run beside each other.
  private func replace(_ found: JSONValue, _ target: APITarget) async throws(ApplyError) {
    do {
      try await api.delete(target, uid: ObjectIdentity(found)?.uid, propagation: .foreground)
    } catch {
      throw .failed(error)
    }
  }

  private func find(_ target: APITarget) async throws(ApplyError) -> JSONValue? {
    do {
      return try await api.find(target)
    } catch {
      throw .failed(error)
    }
  }

  /// Who else an object belongs to; nil where it is ours.
  private static func stranger(_ object: JSONValue, _ owner: OwnerReference, _ annotation: String) -> String? {
    guard let identity = ObjectIdentity(object) else { return nil }
    if let controller = identity.controller {
      return controller.uid == owner.uid ? nil : "\(controller.kind) \(controller.name)"
    }
    let isOurs = object["metadata"]?["annotations"]?[annotation] != nil
    return isOurs ? nil : "nobody that this operator knows"
  }
}
