package import JSON

/// A document to be written, with its order and its comments.
package indirect enum YAMLNode: Sendable {
  /// A scalar, or an empty list or object.
  case scalar(JSONValue)
  /// `{a: 1, b: [2]}` on one line.
  case inline(JSONValue)
  case list([YAMLNode])
  case map([YAMLField])

  /// Block style throughout.
  package init(_ value: JSONValue) {
    switch value {
    case .array(let elements) where !elements.isEmpty: self = .list(elements.map(YAMLNode.init))
    case .object(let members) where !members.isEmpty:
      self = .map(
        members.sorted { (Self.rank($0.key), $0.key) < (Self.rank($1.key), $1.key) }
          .map { YAMLField($0.key, YAMLNode($0.value)) })
    default: self = .scalar(value)
    }
  }

  static func rank(_ key: String) -> Int {
    ["apiVersion", "kind", "metadata", "name", "namespace", "spec"].firstIndex(of: key) ?? (key == "status" ? 8 : 7)
  }
}

/// A key with its value, a comment in lines of its own above it, and one behind it.
package struct YAMLField: Sendable {
  package var key: String
  package var value: YAMLNode
  package var above: String?
  package var behind: String?

  package init(_ key: String, _ value: YAMLNode, above: String? = nil, behind: String? = nil) {
    self.key = key
    self.value = value
    self.above = above
    self.behind = behind
  }

  package init(_ key: String, _ value: JSONValue, above: String? = nil, behind: String? = nil) {
    self.init(key, YAMLNode(value), above: above, behind: behind)
  }
}
