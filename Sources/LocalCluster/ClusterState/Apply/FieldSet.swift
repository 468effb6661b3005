package import KubernetesModel

/// One step from a value to a part of it.
package enum PathElement: Hashable, Sendable, Comparable {
  case field(String)
  /// An element of a list map, by the values of its keys.
  case key([String: JSONValue])
  /// An element of a set.
  case value(JSONValue)
  case index(Int)

  /// As `fieldsV1` writes it: `f:spec`, `k:{"name":"web"}`, `v:"a"`, `i:0`.
  package var text: String {
    switch self {
    case .field(let name): "f:" + name
    case .key(let keys): "k:" + JSONValue.object(keys).text
    case .value(let value): "v:" + value.text
    case .index(let index): "i:\(index)"
    }
  }

  package init?(_ text: String) {
    let rest = String(text.dropFirst(2))
    switch text.prefix(2) {
    case "f:": self = .field(rest)
    case "k:":
      guard let keys = (try? JSONValue(parsing: rest))?.object else { return nil }
      self = .key(keys)
    case "v:":
      guard let value = try? JSONValue(parsing: rest) else { return nil }
      self = .value(value)
    case "i:":
      guard let index = Int(rest) else { return nil }
      self = .index(index)
    default: return nil
    }
  }

  /// As messages write it: `.spec`, `[name="web"]`.
  var pathText: String {
    switch self {
    case .field(let name): "." + name
    case .key(let keys):
      "[" + keys.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }.joined(separator: ",") + "]"
    case .value(let value): "[=\(value.text)]"
    case .index(let index): "[\(index)]"
    }
  }

  package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// A set of paths into an object: what a manager owns. A path may be a member itself and have members below it.
package struct FieldSet: Sendable, Equatable {
  package private(set) var members: Set<PathElement> = []
  package private(set) var children: [PathElement: FieldSet] = [:]

  package init() {}

  package var isEmpty: Bool { members.isEmpty && children.isEmpty }

  mutating func insert(_ element: PathElement) { members.insert(element) }

  subscript(child element: PathElement) -> FieldSet {
    get { children[element] ?? FieldSet() }
    set { children[element] = newValue.isEmpty ? nil : newValue }
  }

  func contains(_ element: PathElement) -> Bool { members.contains(element) }

  package func union(_ other: FieldSet) -> FieldSet {
    var result = self
    result.members.formUnion(other.members)
    for (element, child) in other.children { result[child: element] = result[child: element].union(child) }
    return result
  }

  package func subtracting(_ other: FieldSet) -> FieldSet {
    var result = self
    result.members.subtract(other.members)
    for (element, child) in other.children where children[element] != nil {
      result[child: element] = self[child: element].subtracting(child)
    }
    return result
  }

  /// Also without everything below a member of `other`.
  package func subtractingBelow(_ other: FieldSet) -> FieldSet {
    var result = subtracting(other)
    for element in other.members { result.children[element] = nil }
    for (element, child) in other.children where result.children[element] != nil {
      result[child: element] = result[child: element].subtractingBelow(child)
    }
    return result
  }

  package func intersection(_ other: FieldSet) -> FieldSet {
    var result = FieldSet()
    result.members = members.intersection(other.members)
    for (element, child) in children where other.children[element] != nil {
      result[child: element] = child.intersection(other[child: element])
    }
    return result
  }

  /// Each member's path, as messages write it, in order.
  package var pathTexts: [String] { texts(below: "").sorted() }

  private func texts(below path: String) -> [String] {
    members.map { path + $0.pathText } + children.flatMap { $1.texts(below: path + $0.pathText) }
  }
}

extension FieldSet {
  /// The `fieldsV1` form.
  package var json: JSONValue {
    var object: [String: JSONValue] = [:]
    for element in members.union(children.keys) {
      var inner = children[element]?.json.object ?? [:]
      if members.contains(element), children[element] != nil { inner["."] = [:] }
      object[element.text] = .object(inner)
    }
    return .object(object)
  }

  package init(json: JSONValue) {
    for (key, value) in json.object ?? [:] where key != "." {
      guard let element = PathElement(key) else { continue }
      let inner = value.object ?? [:]
      if inner.isEmpty || inner["."] != nil { members.insert(element) }
      let child = FieldSet(json: value)
      if !child.isEmpty { children[element] = child }
    }
  }
}

extension FieldSet {
  /// Members that every built-in object of Go's has, even when nothing is in them: nobody adds them.
  private static let alwaysThere: Set<String> = [
    "metadata", "spec", "status", "template", "strategy", "resources", "scaleTargetRef", "source", "involvedObject",
    "containers",
  ]

  /// All paths of a value under its schema: leaves, atomic parts, empty objects, list elements and map entries;
  /// `withContainers`: also the objects and lists that hold them.
  package init(of value: JSONValue, schema: ObjectSchema, withContainers: Bool = false) {
    switch value {
    case .object(let object):
      for (key, member) in object {
        let element = PathElement.field(key)
        let shape = schema.properties[key] ?? schema.additional ?? .anything
        let isEntry = schema.properties[key] == nil
        let child =
          shape.isAtomic(member) ? FieldSet() : FieldSet(of: member, schema: shape, withContainers: withContainers)
        let isMade = withContainers && !(schema.definition != nil && Self.alwaysThere.contains(key))
        if isEntry || isMade || shape.isAtomic(member) || member.object?.isEmpty == true { insert(element) }
        self[child: element] = child
      }
    case .array(let elements):
      for (index, member) in elements.enumerated() {
        let element = schema.identity(of: member, at: index)
        insert(element)
        if let items = schema.items, case .key = element, !items.isAtomic(member) {
          self[child: element] = FieldSet(of: member, schema: items, withContainers: withContainers)
        }
      }
    default: break
    }
  }

  /// What differs: paths only in `new`, only in `old`, and leaves in both whose values are not equal.
  package static func changes(
    from old: JSONValue, to new: JSONValue, schema: ObjectSchema
  ) -> (added: FieldSet, removed: FieldSet, modified: FieldSet) {
    let before = FieldSet(of: old, schema: schema, withContainers: true)
    let after = FieldSet(of: new, schema: schema, withContainers: true)
    return (
      after.subtracting(before), before.subtracting(after),
      modified(before.intersection(after), old, new, schema)
    )
  }

  private static func modified(
    _ common: FieldSet, _ old: JSONValue, _ new: JSONValue, _ schema: ObjectSchema
  ) -> FieldSet {
    var result = FieldSet()
    for element in common.members where common.children[element] == nil {
      guard let left = schema.part(element, of: old), let right = schema.part(element, of: new), left != right else {
        continue
      }
      // An empty object that got members is seen by these; a granular part is not a leaf.
      let shape = schema.shape(of: element)
      if shape.isAtomic(left) || shape.isAtomic(right) { result.insert(element) }
    }
    for (element, child) in common.children {
      guard let left = schema.part(element, of: old), let right = schema.part(element, of: new), left != right else {
        continue
      }
      result[child: element] = modified(child, left, right, schema.shape(of: element))
    }
    return result
  }
}

extension ObjectSchema {
  /// Owned as a whole: a scalar, a list without identities, a map marked so.
  func isAtomic(_ value: JSONValue) -> Bool {
    switch value {
    case .object: facts.isAtomicMap || facts.definition == "io.k8s.apimachinery.pkg.api.resource.Quantity"
    case .array: facts.listType == .atomic
    default: true
    }
  }

  /// How an element of this list is told from the others.
  func identity(of element: JSONValue, at index: Int) -> PathElement {
    switch facts.listType {
    case .atomic: return .index(index)
    case .set: return .value(element)
    case .map(let keys):
      var identity: [String: JSONValue] = [:]
      for key in keys { identity[key] = element[key] ?? facts.items?.properties[key]?.defaultValue }
      return identity.isEmpty ? .index(index) : .key(identity)
    }
  }

  func shape(of element: PathElement) -> ObjectSchema {
    switch element {
    case .field(let key): facts.properties[key] ?? facts.additional ?? .anything
    default: facts.items ?? .anything
    }
  }

  func part(_ element: PathElement, of value: JSONValue) -> JSONValue? {
    switch element {
    case .field(let key): return value[key]
    default:
      return value.array?.enumerated().first { identity(of: $0.element, at: $0.offset) == element }?.element
    }
  }
}
