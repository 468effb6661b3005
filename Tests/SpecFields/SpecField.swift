package import ApusAPI
package import KubernetesModel

/// A field of a spec and another valid value of it, found by walking the schema: a field that is new is found too.
package struct SpecField: Sendable {
  /// `training.split.seed`; elements of lists by their index.
  package var path: [String]
  /// The whole spec with this one field changed.
  package var changed: JSONValue
  /// The spec that differs from it in this field only: the given one, with all that had to be made around the field.
  package var unchanged: JSONValue

  package init(path: [String], changed: JSONValue, unchanged: JSONValue) {
    self.path = path
    self.changed = changed
    self.unchanged = unchanged
  }

  package var name: String { path.joined(separator: ".") }

  /// Every field of `spec` by its schema.
  ///
  /// - Parameters:
  ///   - values: what to change a field to where the schema does not tell enough.
  ///   - isValid: whether a spec would be accepted.
  /// Returns also the fields for which no valid value was found.
  package static func all(
    of schema: Schema, in spec: JSONValue, values: [String: JSONValue], isValid: (JSONValue) -> Bool
  ) -> (fields: [SpecField], unknown: [String]) {
    var fields: [SpecField] = []
    var unknown: [String] = []
    for (path, leaf, isRequired) in leaves(schema, []) {
      let current = value(at: path[...], in: spec)
      let candidates =
        values[path.joined(separator: ".")].map { [$0] } ?? leaf.candidates(besides: current)
      let valid =
        candidates
        .filter { $0 != current ?? leaf.defaultValue ?? leaf.impliedValue }
        .map { put($0, at: path[...], in: spec, schema) }
        .filter(isValid)
      guard let changed = valid.first else {
        unknown.append(path.joined(separator: "."))
        continue
      }
      var unchanged = spec
      if current == nil, isRequired || value(at: path.dropLast()[...], in: spec) == nil {
        unchanged = isRequired ? valid.dropFirst().first ?? spec : removed(path[...], from: changed)
      }
      fields.append(SpecField(path: path, changed: changed, unchanged: unchanged))
    }
    return (fields, unknown)
  }

  private static func removed(_ path: ArraySlice<String>, from value: JSONValue) -> JSONValue {
    guard let first = path.first else { return value }
    if let index = Int(first), var elements = value.array, index < elements.count {
      elements[index] = removed(path.dropFirst(), from: elements[index])
      return .array(elements)
    }
    var copy = value
    copy[first] = path.count == 1 ? nil : value[first].map { removed(path.dropFirst(), from: $0) }
    return copy
  }

  private static func leaves(
    _ schema: Schema, _ path: [String], isRequired: Bool = false
  ) -> [(path: [String], schema: Schema, isRequired: Bool)] {
    switch schema.kind {
    case .object(let properties) where !properties.isEmpty:
      return properties.filter { !$0.schema.isImmutable }.flatMap {
        leaves($0.schema, path + [$0.name], isRequired: $0.isRequired)
      }
    case .list(_, let element) where !element.properties.isEmpty: return leaves(element, path + ["0"])
    default: return [(path, schema, isRequired)]
    }
  }

  private static func value(at path: ArraySlice<String>, in value: JSONValue?) -> JSONValue? {
    guard let first = path.first else { return value }
    if let index = Int(first) {
      guard let elements = value?.array, index < elements.count else { return nil }
      return Self.value(at: path.dropFirst(), in: elements[index])
    }
    return Self.value(at: path.dropFirst(), in: value?[first])
  }

  /// Whatever is missing on the way is made with what it requires; of alternatives only the named one stays.
  private static func put(
    _ new: JSONValue, at path: ArraySlice<String>, in value: JSONValue?, _ schema: Schema
  ) -> JSONValue {
    guard let first = path.first else { return new }
    if case .list(_, let element) = schema.kind {
      var elements = value?.array ?? []
      let changed = put(new, at: path.dropFirst(), in: elements.first, element)
      if elements.isEmpty { elements = [changed] } else { elements[0] = changed }
      return .array(elements)
    }
    var members = value?.object ?? schema.sample?.object ?? [:]
    for other in schema.alternatives where other != first && schema.alternatives.contains(first) {
      members[other] = nil
    }
    if let inner = schema[property: first] {
      members[first] = put(new, at: path.dropFirst(), in: members[first], inner)
    }
    return .object(members)
  }
}

extension Schema {
  fileprivate var isImmutable: Bool { rules.contains { $0.expression == "self == oldSelf" } }

  /// The members of which exactly one is there.
  fileprivate var alternatives: [String] {
    guard let rule = rules.first(where: { $0.expression.hasSuffix(".filter(x, x).size() == 1") }) else { return [] }
    return properties.map(\.name).filter { rule.expression.contains("has(self.\($0))") }
  }

  /// A value with all that is required, and the first of alternatives.
  fileprivate var sample: JSONValue? {
    guard case .object(let properties) = kind else { return candidates(besides: nil).first }
    var members: [String: JSONValue] = [:]
    for property in properties where property.isRequired || property.name == alternatives.first {
      members[property.name] = property.schema.sample
    }
    return .object(members)
  }

  /// Values that may be valid, the most telling first.
  fileprivate func candidates(besides current: JSONValue?) -> [JSONValue] {
    switch kind {
    case .boolean: return [.bool(!(current?.bool ?? (defaultValue ?? impliedValue)?.bool ?? false))]
    case .integer(let minimum, let maximum):
      let now = current?.integer ?? defaultValue?.integer ?? minimum ?? 1
      return [now + 1, now - 1, minimum, maximum].compactMap(\.self).map { .integer(Int64($0)) }
    case .number(let bounds):
      let now = current?.double ?? defaultValue?.double ?? bounds.minimum ?? 1
      return [now + 0.01, now - 0.01, now + 1].map { .number(($0 * 1000).rounded() / 1000) }
    case .string(let bounds):
      if !bounds.values.isEmpty { return bounds.values.map(JSONValue.string) }
      let forms = (bounds.form ?? "").components(separatedBy: " or ").filter { !$0.isEmpty }
      let pattern = bounds.pattern.flatMap { try? Regex($0) }
      return (forms + forms.map { $0 + "2" } + ["changed", "7m", "v1", "8m", "v3"])
        .filter { text in pattern.map { text.wholeMatch(of: $0) != nil } ?? true }
        .map(JSONValue.string)
    case .integerOrString: return ["changed"]
    case .list(_, let element):
      let sample = element.sample ?? "changed"
      return [.array((current?.array ?? []) + [sample]), .array([sample]), []]
    case .map(_, let element): return [["changed": element.sample ?? "changed"]]
    case .object: return [[:]]
    case .anyObject: return [["spec": ["nodeSelector": ["disk": "fast"]]]]
    }
  }
}

extension String {
  fileprivate func components(separatedBy mark: String) -> [String] {
    split(separator: mark, omittingEmptySubsequences: true).map(String.init)
  }
}
