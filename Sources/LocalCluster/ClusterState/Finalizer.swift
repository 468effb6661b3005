import KubernetesModel

extension JSONValue {
  /// `metadata.finalizers` of an object.
  var finalizers: [String] { (self[path: "metadata", "finalizers"]?.array ?? []).compactMap(\.string) }
}

/// The finalizers that the cluster itself sets.
enum Finalizer {
  /// The object goes after its dependents.
  static let foreground = "foregroundDeletion"
  /// The object goes after its dependents have been let go.
  static let orphan = "orphan"
  /// A CustomResourceDefinition goes after its objects.
  static let cleanup = "customresourcecleanup.apiextensions.k8s.io"
}
