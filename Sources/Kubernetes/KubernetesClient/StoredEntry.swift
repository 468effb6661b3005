import KubernetesModel

/// An object as a store keeps it.
struct StoredEntry<Object: Sendable>: Sendable {
  /// What has no document to pack.
  final class Kept: Sendable {
    let identity: ObjectIdentity
    let object: Object

    init(identity: ObjectIdentity, object: Object) {
      self.identity = identity
      self.object = object
    }
  }

  enum Body: Sendable {
    case packed([UInt8])
    case value(Kept)
  }

  /// See `StoreHash.uid`.
  var uid: UInt64
  var version: String
  var body: Body

  /// Whether `other` is another object, or a later state of the same one.
  ///
  /// - Parameter isRestored: versions do not tell which state is later.
  func yields(to other: StoredEntry, isRestored: Bool = false) -> Bool {
    guard uid == other.uid, !isRestored else { return true }
    if version == other.version, !version.isEmpty { return false }
    return !ResourceVersion.isOlder(other.version, than: version)
  }
}

/// 64 bits in place of a text: of a million texts two share theirs in one of forty million processes. Keyed anew in each
/// process (SipHash), so that nobody can choose texts that meet.
struct StoreHash: Hashable, Sendable {
  let bits: UInt64

  init(bits: UInt64) { self.bits = bits }

  init(_ name: String, _ value: String) {
    var hasher = Hasher()
    hasher.combine(name)
    hasher.combine(value)
    bits = UInt64(bitPattern: Int64(hasher.finalize()))
  }

  /// 64 bits of a uid, to compare with the uid of another object of the same name; 0 for an empty one.
  static func uid(_ uid: String) -> UInt64 { uid.isEmpty ? 0 : StoreHash("uid", uid).bits }
}

/// Which objects are found under a value. Most values have one object or a few: a set for each would be most of the index.
struct StoreIndex: Sendable {
  private enum Posting: Sendable {
    case one(ObjectKey)
    case few([ObjectKey])
    case many(Set<ObjectKey>)
  }

  private var postings: [StoreHash: Posting] = [:]

  private static let few = 8

  func keys(_ hash: StoreHash) -> [ObjectKey] {
    switch postings[hash] {
    case .one(let key)?: [key]
    case .few(let keys)?: keys
    case .many(let keys)?: Array(keys)
    case nil: []
    }
  }

  mutating func insert(_ key: ObjectKey, _ hashes: [StoreHash]) {
    for hash in hashes {
      switch postings[hash] {
      case nil: postings[hash] = .one(key)
      case .one(let present)?: if present != key { postings[hash] = .few([present, key]) }
      case .few(let keys)?:
        guard !keys.contains(key) else { continue }
        postings[hash] = keys.count < Self.few ? .few(keys + [key]) : .many(Set(keys + [key]))
      case .many(var keys)?:
        // Let go of the stored set first, so that the insertion happens in place.
        postings[hash] = .one(key)
        keys.insert(key)
        postings[hash] = .many(keys)
      }
    }
  }

  mutating func remove(_ key: ObjectKey, _ hashes: [StoreHash]) {
    for hash in hashes {
      switch postings[hash] {
      case nil: continue
      case .one(let present)?: if present == key { postings[hash] = nil }
      case .few(let keys)?:
        let rest = keys.filter { $0 != key }
        postings[hash] = rest.count == 1 ? .one(rest[0]) : .few(rest)
      case .many(var keys)?:
        postings[hash] = .one(key)
        keys.remove(key)
        postings[hash] = keys.count > Self.few ? .many(keys) : .few(Array(keys))
      }
    }
  }
}

/// What a list has changed. Objects are read one by one as the sequence goes on: thousands need not be there at once.
struct StoreDifferences<Object: Sendable>: Sequence, Sendable {
  struct Difference: Sendable {
    var old: StoredEntry<Object>?
    var new: StoredEntry<Object>?
  }

  let differences: [Difference]
  let event: @Sendable (Difference) -> StoreEvent<Object>?

  func makeIterator() -> AnyIterator<StoreEvent<Object>> {
    var rest = differences[...]
    return AnyIterator {
      while let difference = rest.popFirst() {
        if let event = event(difference) { return event }
      }
      return nil
    }
  }
}
