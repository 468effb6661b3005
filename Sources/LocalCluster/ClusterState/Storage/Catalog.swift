package import KubernetesModel

/// All that is served.
package struct Catalog: Sendable {
  package private(set) var definitions: [GroupResource: ServedDefinition]

  package init() {
    definitions = Dictionary(uniqueKeysWithValues: BuiltInResources.all.map { ($0.groupResource, $0) })
  }

  mutating func add(_ definition: ServedDefinition) { definitions[definition.groupResource] = definition }

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
  func definition(of kind: GroupVersionKind) -> ServedDefinition? {
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
