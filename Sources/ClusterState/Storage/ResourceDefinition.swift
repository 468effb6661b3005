package import KubernetesModel

/// A kind of object that the API serves: a built-in one, or one a CustomResourceDefinition brings.
package struct ResourceDefinition: Sendable {
  package struct Version: Sendable {
    package var name: String
    package var schema: Schema
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
  package var definition: ResourceDefinition
  package var version: ResourceDefinition.Version

  var apiVersion: String { definition.group.isEmpty ? version.name : "\(definition.group)/\(version.name)" }
  var kind: GroupVersionKind {
    GroupVersionKind(group: definition.group, version: version.name, kind: definition.kind)
  }
}

/// All that is served.
package struct Catalog: Sendable {
  package private(set) var definitions: [GroupResource: ResourceDefinition]

  package init() {
    definitions = Dictionary(uniqueKeysWithValues: BuiltInResources.all.map { ($0.groupResource, $0) })
  }

  mutating func add(_ definition: ResourceDefinition) { definitions[definition.groupResource] = definition }

  mutating func remove(_ resource: GroupResource) { definitions[resource] = nil }

  package func served(group: String, version: String, resource: String) -> ServedResource? {
    guard let definition = definitions[GroupResource(group: group, resource: resource)],
      let version = definition.version(version)
    else { return nil }
    return ServedResource(definition: definition, version: version)
  }

  package func served(_ resource: GroupVersionResource) -> ServedResource? {
    served(group: resource.group, version: resource.version, resource: resource.resource)
  }

  /// The resource of a kind as owner references name it.
  func definition(of kind: GroupVersionKind) -> ResourceDefinition? {
    definitions.values.first { $0.group == kind.group && $0.kind == kind.kind }
  }

  /// A stored collection in its storage version.
  func stored(_ resource: GroupResource) -> ServedResource? {
    guard let definition = definitions[resource],
      let version = definition.version(definition.storageVersion) ?? definition.versions.first
    else { return nil }
    return ServedResource(definition: definition, version: version)
  }

  /// Groups in the order of discovery: core, the other built-in ones, then those of custom resources.
  var groups: [(name: String, versions: [String])] {
    var found: [String: [String]] = [:]
    for definition in definitions.values.sorted(by: { $0.resource < $1.resource }) {
      for version in definition.versions where !(found[definition.group] ?? []).contains(version.name) {
        found[definition.group, default: []].append(version.name)
      }
    }
    let builtIn = BuiltInResources.groupOrder
    return found.keys.sorted { left, right in
      let ranks = [left, right].map { builtIn.firstIndex(of: $0) ?? builtIn.count }
      return ranks[0] != ranks[1] ? ranks[0] < ranks[1] : left < right
    }.map { group in (group, (found[group] ?? []).sorted(by: VersionPriority.isHigher)) }
  }

  func resources(group: String, version: String) -> [ServedResource] {
    definitions.values.filter { $0.group == group }.sorted { $0.resource < $1.resource }
      .compactMap { definition in
        definition.version(version).map { ServedResource(definition: definition, version: $0) }
      }
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
