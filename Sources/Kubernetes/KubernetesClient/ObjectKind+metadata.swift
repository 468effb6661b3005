public import KubernetesModel

extension ObjectKind where Object == ObjectMeta {
  /// Only the metadata of objects, for those whose body is not needed: the server sends nothing else, and nothing else is
  /// kept where it does.
  public static func metadataOnly(_ kind: GroupVersionKind, _ resource: GroupVersionResource) -> ObjectKind<ObjectMeta>
  {
    var metadata = ObjectKind(kind: kind, resource: resource) { document throws(JSONMismatch) in
      try (document["metadata"] ?? [:]).decode(as: ObjectMeta.self)
    }
    metadata.isMetadataOnly = true
    return metadata.pruned { document in
      document = [
        "apiVersion": .string(kind.apiVersion), "kind": .string(kind.kind), "metadata": document["metadata"] ?? [:],
      ]
    }
  }

  /// Only the metadata of a typed kind.
  public static func metadataOnly<Typed: KubernetesObject>(_ type: Typed.Type) -> ObjectKind<ObjectMeta> {
    metadataOnly(Typed.gvk, Typed.gvr)
  }
}

extension ObjectKind {
  /// A list or a watch in the form that this kind wants, read as far as it wants.
  func asked(_ request: APIRequest) -> APIRequest {
    var request = request
    request.isMetadataOnly = isMetadataOnly
    request.unread = unread
    return request
  }
}
