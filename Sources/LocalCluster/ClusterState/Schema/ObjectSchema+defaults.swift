package import KubernetesModel

extension ObjectSchema {
  /// The value with the defaults of absent members filled in, at every depth. A null is dropped where a default exists and
  /// the schema is not nullable, as the API server does.
  package func defaulted(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(var members):
      for (key, schema) in facts.properties {
        if members[key] == nil || (members[key] == .null && !schema.isNullable && schema.defaultValue != nil) {
          guard let standard = schema.defaultValue else { continue }
          members[key] = standard
        }
      }
      for (key, member) in members {
        guard let schema = facts.properties[key] ?? facts.additional else { continue }
        members[key] = schema.defaulted(member)
      }
      return .object(members)
    case .array(let elements):
      guard let items = facts.items else { return value }
      return .array(elements.map(items.defaulted))
    default: return value
    }
  }

  /// The value without members that the schema does not know, and the paths of these: `spec.replicaz`.
  package func pruned(_ value: JSONValue) -> (value: JSONValue, unknown: [String]) {
    var unknown: [String] = []
    let value = prune(value, at: "", isRoot: true, &unknown)
    return (value, unknown.sorted())
  }

  private static let embeddedKeys: Set<String> = ["apiVersion", "kind", "metadata"]

  private func prune(_ value: JSONValue, at path: String, isRoot: Bool, _ unknown: inout [String]) -> JSONValue {
    switch value {
    case .object(let members):
      if facts.basic == nil, facts.properties.isEmpty, facts.additional == nil { return value }
      var kept: [String: JSONValue] = [:]
      for (key, member) in members {
        let place = path.isEmpty ? key : "\(path).\(key)"
        if let schema = facts.properties[key] ?? facts.additional {
          kept[key] = schema.prune(member, at: place, isRoot: false, &unknown)
        } else if facts.preservesUnknown
          || (isRoot || facts.isEmbeddedResource) && Self.embeddedKeys.contains(key)
        {
          kept[key] = member
        } else {
          unknown.append(place)
        }
      }
      return .object(kept)
    case .array(let elements):
      guard let items = facts.items else { return value }
      return .array(
        elements.enumerated().map { items.prune($1, at: "\(path)[\($0)]", isRoot: false, &unknown) })
    default: return value
    }
  }
}
