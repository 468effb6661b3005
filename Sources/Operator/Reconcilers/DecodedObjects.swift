import ApusAPI
import KubernetesModel
import Synchronization

/// The objects that were decoded last. A change of a model wakes its own controller and that of its policies, and both
/// read model, policy and versions: the second finds them here. Few are kept, as a decoded object is fifty times as
/// large as a packed one.
///
/// Guarantee: what is found is what decoding would give, as uid and resource version name a state for ever.
final class DecodedObjects<Object: ApusResource>: Sendable {
  private struct Entry: Sendable {
    var version: String
    var object: Object
  }

  private struct State {
    /// Two generations: when the young one is full, it becomes the old one, and what was not asked for since goes.
    var young: [String: Entry] = [:]
    var old: [String: Entry] = [:]
  }

  private let state = Mutex(State())

  private static var capacity: Int { 16 }

  /// Errors: as `ApusResource.decode`; what cannot be decoded is not remembered.
  func decode(_ document: JSONValue) throws(ResourceError) -> Object {
    guard let uid = document[path: "metadata", "uid"]?.string, !uid.isEmpty,
      let version = document[path: "metadata", "resourceVersion"]?.string, !version.isEmpty
    else { return try Object.decode(document) }
    let known = state.withLock { $0.young[uid] ?? $0.old[uid] }
    if let known, known.version == version { return known.object }
    let object = try Object.decode(document)
    state.withLock { state in
      if state.young.count >= Self.capacity {
        state.old = state.young
        state.young = [:]
      }
      state.young[uid] = Entry(version: version, object: object)
    }
    return object
  }
}
