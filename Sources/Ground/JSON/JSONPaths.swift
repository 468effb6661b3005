/// Places in a document, each named by the keys that lead there from the root. Lists are passed through: a path goes on in
/// each of their elements. Whoever reads a document may have these places left out.
public struct JSONPaths: Sendable, Hashable {
  struct Member: Sendable, Hashable {
    var key: String
    /// Empty: the whole member.
    var rest: JSONPaths
  }

  /// Few: they are looked through.
  private(set) var members: [Member] = []

  public init() {}

  public init(_ paths: [String]...) {
    for path in paths { insert(path) }
  }

  public var isEmpty: Bool { members.isEmpty }

  /// An empty path changes nothing; one below or above a place that is there already leaves the shorter of the two.
  public mutating func insert(_ path: some Collection<String>) {
    guard let key = path.first else { return }
    let rest = path.dropFirst()
    if let index = members.firstIndex(where: { $0.key == key }) {
      guard !members[index].rest.isEmpty else { return }
      if rest.isEmpty { members[index].rest = JSONPaths() } else { members[index].rest.insert(rest) }
    } else {
      var inner = JSONPaths()
      inner.insert(rest)
      members.append(Member(key: key, rest: inner))
    }
  }

  /// The same places in a document that holds this one as its member `key`.
  public func within(_ key: String) -> JSONPaths {
    guard !isEmpty else { return self }
    var outer = JSONPaths()
    outer.members = [Member(key: key, rest: self)]
    return outer
  }

  /// nil where nothing at or below `key` is meant; empty for the whole member.
  func below(_ key: String) -> JSONPaths? {
    for member in members where member.key == key { return member.rest }
    return nil
  }
}

extension JSONValue {
  /// Takes out what stands at these places.
  public mutating func remove(_ paths: JSONPaths) {
    guard !paths.isEmpty, has(paths) else { return }
    switch self {
    case .object(var members):
      // Let go of the shared storage first, so that the changes below happen in place.
      self = .null
      for member in paths.members where members[member.key] != nil {
        if member.rest.isEmpty { members[member.key] = nil } else { members[member.key]?.remove(member.rest) }
      }
      self = .object(members)
    case .array(var elements):
      self = .null
      for index in elements.indices { elements[index].remove(paths) }
      self = .array(elements)
    default: break
    }
  }

  private func has(_ paths: JSONPaths) -> Bool {
    switch self {
    case .object(let members):
      paths.members.contains { path in members[path.key].map { path.rest.isEmpty || $0.has(path.rest) } ?? false }
    case .array(let elements): elements.contains { $0.has(paths) }
    default: false
    }
  }
}
