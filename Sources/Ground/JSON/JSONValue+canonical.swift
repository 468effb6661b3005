import Values

extension JSONValue {
  /// 16 hexadecimal digits that depend on the document only, not on the order of its keys or the run of the program:
  /// FNV-1a, 64 bits, over the canonical text. It tells changes apart; it does not protect against forgery.
  public var fingerprint: String { StableHash.hexadecimal(bytes) }

  /// The document without nulls and without the objects and lists that are empty then: how server and client agree on
  /// what "not set" means.
  public var withoutEmptyMembers: JSONValue {
    switch self {
    case .object(let members):
      .object(members.mapValues(\.withoutEmptyMembers).filter { !$0.value.isEmptyContainer })
    case .array(let elements): .array(elements.map(\.withoutEmptyMembers))
    default: self
    }
  }

  private var isEmptyContainer: Bool {
    switch self {
    case .null: true
    case .array(let elements): elements.isEmpty
    case .object(let members): members.isEmpty
    default: false
    }
  }

  /// Whether all that this document says is said by `other` too: members of objects may be more there, lists have the
  /// same length. 1 and 1.0 are the same. This is how one sees that an apply would change nothing.
  public func isContained(in other: JSONValue) -> Bool {
    switch (self, other) {
    case (.object(let mine), .object(let theirs)):
      mine.allSatisfy { key, value in
        if let there = theirs[key] { value.isContained(in: there) } else { value.isEmptyContainer }
      }
    case (.array(let mine), .array(let theirs)):
      mine.count == theirs.count && zip(mine, theirs).allSatisfy { $0.isContained(in: $1) }
    case (.integer, .number), (.number, .integer): double == other.double
    default: self == other
    }
  }

  /// This document with `overlay` laid over it: objects are merged member by member, lists whose elements all have a
  /// `name` are merged by it (new elements at the end), everything else is replaced; null removes.
  public func merged(with overlay: JSONValue) -> JSONValue {
    switch (self, overlay) {
    case (.object(var members), .object(let changes)):
      for (key, change) in changes {
        if change.isNull {
          members[key] = nil
        } else {
          members[key] = members[key]?.merged(with: change) ?? change
        }
      }
      return .object(members)
    case (.array(let elements), .array(let changes)):
      guard let names = Self.names(elements), let changed = Self.names(changes) else { return overlay }
      var result = elements
      for (name, change) in zip(changed, changes) {
        if let index = names.firstIndex(of: name) {
          result[index] = elements[index].merged(with: change)
        } else {
          result.append(change)
        }
      }
      return .array(result)
    default: return overlay
    }
  }

  /// The merge patch (RFC 7386) that makes `old` into this document; nil where they are the same. Members that are gone
  /// become null, lists are replaced as a whole.
  public func mergePatch(from old: JSONValue) -> JSONValue? {
    guard case .object(let mine) = self, case .object(let before) = old else {
      return self == old ? JSONValue?.none : self
    }
    var patch: [String: JSONValue] = [:]
    for (key, value) in mine {
      if let previous = before[key] {
        if let change = value.mergePatch(from: previous) { patch[key] = change }
      } else {
        patch[key] = value
      }
    }
    for key in before.keys where mine[key] == nil { patch[key] = .null }
    return patch.isEmpty ? nil : .object(patch)
  }

  private static func names(_ elements: [JSONValue]) -> [String]? {
    let names = elements.compactMap { $0["name"]?.string }
    return names.count == elements.count ? names : nil
  }
}
