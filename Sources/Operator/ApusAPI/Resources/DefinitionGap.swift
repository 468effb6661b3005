package import KubernetesModel

/// What a CustomResourceDefinition of the cluster does not hold of a kind as this release knows it.
package struct DefinitionGap: Sendable, Equatable {
  /// `status.schedule`; of a list's items `status.history[].message`, of a map's values `spec.x.*`.
  package var path: String
  /// Whether the operator itself writes it: the API server would drop or refuse that.
  package var isWritten: Bool

  package init(_ path: String, isWritten: Bool) {
    self.path = path
    self.isWritten = isWritten
  }
}

extension ResourceDefinition {
  /// Compares field by field, whatever the release is called: what a later release has besides is no gap. Of a part that is
  /// missing only the part itself is named.
  ///
  /// - Parameter stored: the CustomResourceDefinition, apiextensions.k8s.io/v1.
  package func gaps(in stored: JSONValue) -> [DefinitionGap] {
    let versions = stored[path: "spec", "versions"]?.array ?? []
    guard let version = versions.first(where: { $0["name"]?.string == resource.version && $0["served"] == true }) else {
      return [DefinitionGap("version \(resource.version)", isWritten: true)]
    }
    let root = version[path: "schema", "openAPIV3Schema"] ?? [:]
    var gaps: [DefinitionGap] = []
    if version[path: "subresources", "status"] == nil {
      gaps.append(DefinitionGap("subresource status", isWritten: true))
    }
    for (name, part, isWritten) in [("spec", spec, isOperatorsOwn), ("status", status, true)] {
      let missing = root.lacks(name) ? [name] : part.missing(in: root[path: "properties", name] ?? [:], at: name)
      gaps += missing.map { DefinitionGap($0, isWritten: isWritten) }
    }
    return gaps
  }
}

extension Schema {
  /// Paths of what an object of this schema may hold and the API server, by its own schema, would drop or refuse.
  fileprivate func missing(in node: JSONValue, at path: String) -> [String] {
    switch kind {
    case .object(let properties):
      return properties.flatMap { property -> [String] in
        let path = "\(path).\(property.name)"
        if node.lacks(property.name) { return [path] }
        return node[path: "properties", property.name].map { property.schema.missing(in: $0, at: path) } ?? []
      }
    case .list(_, let element): return node["items"].map { element.missing(in: $0, at: "\(path)[]") } ?? [path]
    case .map(_, let value):
      if node.keepsUnknown { return [] }
      return node["additionalProperties"].map { value.missing(in: $0, at: "\(path).*") } ?? [path]
    case .anyObject: return node.keepsUnknown ? [] : [path]
    case .string(let bounds):
      guard let known = node["enum"]?.array else { return [] }
      let missing = bounds.values.filter { !known.contains(.string($0)) }
      return missing.isEmpty || bounds.values.isEmpty ? [] : ["\(path) \(missing.joined(separator: "|"))"]
    case .integer, .number, .boolean, .integerOrString: return []
    }
  }
}

extension JSONValue {
  fileprivate var keepsUnknown: Bool { self["x-kubernetes-preserve-unknown-fields"] == true }

  fileprivate func lacks(_ property: String) -> Bool { self[path: "properties", property] == nil && !keepsUnknown }
}
