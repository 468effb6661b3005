import KubernetesModel

/// A kind of object that the API serves: a built-in one, or one a CustomResourceDefinition brings.
package struct ServedDefinition: Sendable {
  package struct Version: Sendable {
    package var name: String
    package var schema: ObjectSchema
    package var hasStatus = false
    package var scale: ScalePaths?
    /// nil: columns are computed by `BuiltInColumns`.
    package var columns: [PrinterColumn]?
  }

  package var group: String
  /// Lower case, plural.
  package var resource: String
  package var singular: String
  package var kind: String
  package var listKind: String
  package var shortNames: [String] = []
  package var categories: [String] = []
  package var isNamespaced = true
  package var isCustom = false
  /// `metadata.generation` counts changes of the spec.
  package var hasGeneration = false
  /// Served versions, preferred first.
  package var versions: [Version]
  package var storageVersion: String
  /// Where the objects are; another resource's for `events.k8s.io`.
  package var storage: GroupResource
  /// Only POST: answered at once, nothing stored.
  package var isReview = false

  package var groupResource: GroupResource { GroupResource(group: group, resource: resource) }

  package func version(_ name: String) -> Version? { versions.first { $0.name == name } }

  package var storedAPIVersion: String { group.isEmpty ? storageVersion : "\(group)/\(storageVersion)" }
}

/// Where the scale subresource finds replicas, as dot paths: `.spec.replicas`.
package struct ScalePaths: Sendable, Equatable {
  package var spec: [String]
  package var status: [String]
  package var selector: [String]?
}

/// A column of `kubectl get`, as a CustomResourceDefinition declares it.
package struct PrinterColumn: Sendable, Equatable {
  package var name: String
  /// `string`, `integer`, `number`, `boolean`, `date`.
  package var type: String
  package var format: String = ""
  package var description: String = ""
  package var priority: Int = 0
  package var path: String
}

/// A definition in one of its versions: what a request's path names.
package struct ServedResource: Sendable {
  package var definition: ServedDefinition
  package var version: ServedDefinition.Version

  var apiVersion: String { definition.group.isEmpty ? version.name : "\(definition.group)/\(version.name)" }
  var kind: GroupVersionKind {
    GroupVersionKind(group: definition.group, version: version.name, kind: definition.kind)
  }
}

/// Kubernetes' order of version names: v2 before v1 before v1beta1 before v1alpha1 before anything else.
enum VersionPriority {
  static func isHigher(_ left: String, _ right: String) -> Bool {
    switch (rank(left), rank(right)) {
    case (let left?, let right?): left > right
    case (_?, nil): true
    case (nil, _?): false
    case (nil, nil): left < right
    }
  }

  private static func rank(_ name: String) -> (Int, Int, Int)? {
    guard let match = name.wholeMatch(of: /v([0-9]+)((alpha|beta)([0-9]+))?/), let major = Int(match.1) else {
      return nil
    }
    guard let stage = match.3 else { return (3, major, 0) }
    return (stage == "beta" ? 2 : 1, major, match.4.flatMap { Int($0) } ?? 0)
  }
}
