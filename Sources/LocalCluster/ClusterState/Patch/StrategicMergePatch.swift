package import KubernetesModel

/// Merge patch that knows lists: elements are merged by the merge key of the schema. The directives are `$patch`
/// (`replace`, `delete`, `merge`), `$deleteFromPrimitiveList/…`, `$setElementOrder/…` and `$retainKeys`, as in
/// Kubernetes' API conventions.
package enum StrategicMergePatch {
  /// Errors: 400 where an element lacks its merge key.
  package static func apply(
    _ patch: JSONValue, to document: JSONValue, schema: ObjectSchema
  ) throws(StatusError) -> JSONValue {
    guard case .object(let changes) = patch else { return patch }
    return .object(try merge(changes, into: document.object ?? [:], schema))
  }

  private static let deletion = "$deleteFromPrimitiveList/"
  private static let order = "$setElementOrder/"

  private static func merge(
    _ patch: [String: JSONValue], into document: [String: JSONValue], _ schema: ObjectSchema
  ) throws(StatusError) -> [String: JSONValue] {
    switch patch["$patch"]?.string {
    case "replace": return patch.filter { $0.key != "$patch" }
    case "delete": return [:]
    default: break
    }
    var result = document
    if let kept = patch["$retainKeys"]?.array?.compactMap(\.string) {
      result = result.filter { kept.contains($0.key) }
    }
    for (key, change) in patch where !key.hasPrefix("$") {
      let child = schema.child(key) ?? .anything
      switch change {
      case .null: result[key] = nil
      case .object(let members):
        result[key] = .object(try merge(members, into: result[key]?.object ?? [:], child))
      case .array(let elements):
        result[key] = .array(try merge(elements, into: result[key]?.array ?? [], child, key))
      default: result[key] = change
      }
    }
    for (key, removed) in patch where key.hasPrefix(deletion) {
      let field = String(key.dropFirst(deletion.count))
      let gone = Set(removed.array ?? [])
      if let elements = result[field]?.array { result[field] = .array(elements.filter { !gone.contains($0) }) }
    }
    for (key, change) in patch where !key.hasPrefix("$") || key.hasPrefix(order) {
      let field = key.hasPrefix(order) ? String(key.dropFirst(order.count)) : key
      let shape = schema.child(field) ?? .anything
      guard shape.listMerge != .replace, let elements = result[field]?.array, let named = change.array,
        key != field || patch[order + field] == nil
      else { continue }
      result[field] = .array(ordered(elements, by: named, as: document[field]?.array ?? [], shape))
    }
    return result
  }

  private static func merge(
    _ patch: [JSONValue], into document: [JSONValue], _ schema: ObjectSchema, _ field: String
  ) throws(StatusError) -> [JSONValue] {
    switch schema.listMerge {
    case .replace: return patch
    case .byValue:
      var result = document
      for element in patch where !result.contains(element) { result.append(element) }
      return result
    case .by(let key): return try merge(patch, into: document, by: key, schema.items ?? .anything, field)
    }
  }

  private static func merge(
    _ patch: [JSONValue], into document: [JSONValue], by key: String, _ items: ObjectSchema, _ field: String
  ) throws(StatusError) -> [JSONValue] {
    if patch.contains(where: { $0["$patch"]?.string == "replace" }) {
      return patch.filter { $0["$patch"] == nil }
    }
    var result = document
    for element in patch {
      guard let identity = element[key] else {
        throw .badRequest("map: \(element.text) does not contain declared merge key: \(key)")
      }
      if element["$patch"]?.string == "delete" {
        result.removeAll { $0[key] == identity }
        continue
      }
      let changes = (element.object ?? [:]).filter { $0.key != "$patch" }
      if let index = result.firstIndex(where: { $0[key] == identity }) {
        result[index] = .object(try merge(changes, into: result[index].object ?? [:], items))
      } else {
        result.append(.object(try merge(changes, into: [:], items)))
      }
    }
    return result
  }

  /// Elements that the patch names come in its order. The others keep theirs and stand before the first named element
  /// that came after them in the live list.
  private static func ordered(
    _ elements: [JSONValue], by named: [JSONValue], as live: [JSONValue], _ schema: ObjectSchema
  ) -> [JSONValue] {
    func identity(_ element: JSONValue) -> JSONValue {
      if case .by(let key) = schema.listMerge { return element[key] ?? .null }
      return element
    }
    func positions(_ list: [JSONValue]) -> [JSONValue: Int] {
      Dictionary(list.enumerated().map { (identity($1), $0) }, uniquingKeysWith: { first, _ in first })
    }
    let wanted = positions(named)
    let places = positions(live)
    let patched = elements.filter { wanted[identity($0)] != nil }.sorted {
      wanted[identity($0), default: 0] < wanted[identity($1), default: 0]
    }
    var others = elements.filter { wanted[identity($0)] == nil }[...]
    var result: [JSONValue] = []
    for element in patched {
      if let place = places[identity(element)] {
        while let other = others.first, let before = places[identity(other)], before < place {
          result.append(others.removeFirst())
        }
      }
      result.append(element)
    }
    return result + others
  }
}
