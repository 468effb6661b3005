import KubernetesClient
import KubernetesModel

/// The kinds of which there is a cache. At most eight: a byte holds any of their sets.
enum CachedKind: UInt8, CaseIterable, Sendable {
  case models
  case policies
  case versions
  case jobs
  case pods
  case deployments
  case services
  case configMaps

  fileprivate var bit: UInt8 { 1 << rawValue }
}

/// The queries of one reconcile in a few bytes: each stands there once for all kinds of which it was asked, and what the
/// object's own key says is left out.
struct PackedQueries: Sendable, Equatable {
  /// For each query: form, kinds, value.
  private var bytes: [UInt8] = []

  private enum Form: UInt8 {
    /// 8 bytes of hash follow.
    case indexedHere
    case indexedEverywhere
    /// A byte with the length of the name, and the name; 0: the object's own.
    case named
    case namedContent
    case all
  }

  private struct Question: Hashable {
    var query: StoreQuery
    var isContent: Bool
  }

  /// nil: a query is about an object of another namespace than that of `key`.
  init?(_ queries: [(kind: CachedKind, query: StoreQuery, isContent: Bool)], of key: ObjectKey) {
    var kinds: [Question: UInt8] = [:]
    var order: [Question] = []
    for (kind, query, isContent) in queries {
      let question = Question(query: query, isContent: isContent)
      if kinds[question] == nil { order.append(question) }
      kinds[question, default: 0] |= kind.bit
    }
    for question in order {
      guard append(question, kinds[question] ?? 0, key) else { return nil }
    }
    // An array that grew has room for twice as many; one that is mapped has none to spare.
    bytes = bytes.map(\.self)
  }

  private mutating func append(_ question: Question, _ kinds: UInt8, _ key: ObjectKey) -> Bool {
    switch question.query.form {
    case .indexed(let value, let namespace):
      guard namespace == nil || namespace == key.namespace else { return false }
      bytes += [(namespace == nil ? Form.indexedEverywhere : .indexedHere).rawValue, kinds]
      withUnsafeBytes(of: value) { bytes += $0 }
    case .key(let asked):
      let name = asked.name == key.name ? [] : Array(asked.name.utf8)
      guard asked.namespace == key.namespace, let length = UInt8(exactly: name.count) else { return false }
      bytes += [(question.isContent ? Form.namedContent : .named).rawValue, kinds, length] + name
    case .all: bytes += [Form.all.rawValue, kinds]
    }
    return true
  }

  /// - Parameter key: the same as when they were packed.
  func forEach(of key: ObjectKey, _ body: (_ kind: CachedKind, _ query: StoreQuery, _ isContent: Bool) -> Void) {
    var rest = bytes[...]
    while let form = rest.popFirst().flatMap(Form.init), let kinds = rest.popFirst() {
      let query: StoreQuery
      switch form {
      case .indexedHere, .indexedEverywhere:
        var value: UInt64 = 0
        withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: rest.prefix(8)) }
        rest = rest.dropFirst(8)
        query = StoreQuery(.indexed(value, namespace: form == .indexedHere ? key.namespace : nil))
      case .named, .namedContent:
        let length = Int(rest.popFirst() ?? 0)
        let name = length == 0 ? key.name : String(decoding: rest.prefix(length), as: UTF8.self)
        rest = rest.dropFirst(length)
        query = StoreQuery(.key(ObjectKey(namespace: key.namespace, name: name)))
      case .all: query = .all
      }
      for kind in CachedKind.allCases where kinds & kind.bit != 0 { body(kind, query, form == .namedContent) }
    }
  }
}
