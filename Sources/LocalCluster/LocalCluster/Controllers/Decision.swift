internal import Foundation
internal import KubernetesModel

/// What a controller wants written, in this order, and when it wants to look again although nothing changed.
struct Decision: Sendable, Equatable {
  var writes: [ClusterWrite] = []
  var lookAgainAt: Date?

  static let nothing = Decision()

  mutating func lookAgain(at date: Date?) {
    guard let date else { return }
    lookAgainAt = min(lookAgainAt ?? date, date)
  }
}

enum ClusterWrite: Sendable, Equatable {
  /// A `generateName` gets its random suffix when the write is performed. The event's message is followed by the name.
  case create(GroupVersionResource, JSONValue, announced: EventDraft?)
  /// Replaces the object; its resource version must still be the one that was observed.
  case replace(GroupVersionResource, JSONValue)
  /// Replaces the status of whatever the object has become meanwhile, provided that it is still the same object.
  case status(GroupVersionResource, LocalKey, uid: String, JSONValue)
  case delete(GroupVersionResource, LocalKey, uid: String, LocalPropagation)
  case announce(EventDraft)
}

/// One thing worth telling people about an object.
struct EventDraft: Sendable, Equatable {
  enum Severity: String, Sendable {
    case normal = "Normal"
    case warning = "Warning"
  }

  /// See `ClusterObject.reference`.
  var about: JSONValue
  var severity: Severity
  var reason: String
  var message: String
  /// The part of the cluster that saw it: `deployment-controller`, `kubelet`.
  var source: String
}

/// Performs decisions on the cluster.
struct LocalWriter: Sendable {
  let cluster: any ClusterAccess
  let events: LocalEventRecorder

  /// Stops at the first refusal; what was refused is decided anew from a fresh observation.
  func perform(_ writes: [ClusterWrite]) async throws(APIFailure) {
    for write in writes { try await perform(write) }
  }

  private func perform(_ write: ClusterWrite) async throws(APIFailure) {
    switch write {
    case .create(let resource, let object, let announced):
      let named = Self.named(object)
      let stored = try await cluster.create(
        resource, namespace: named[path: "metadata", "namespace"]?.string ?? "", named)
      if var draft = announced {
        draft.message += ClusterObject(stored).name
        await events.record(draft)
      }
    case .replace(let resource, let object):
      _ = try await cluster.update(resource, subresource: nil, object)
    case .status(let resource, let key, let uid, let status):
      try await StatusWriter.write(status, to: resource, key, uid: uid, in: cluster)
    case .delete(let resource, let key, let uid, let propagation):
      do {
        try await cluster.delete(
          resource, namespace: key.namespace, name: key.name, uid: uid, gracePeriod: nil, propagation: propagation)
      } catch  where error.code == 404 {
        return
      }
    case .announce(let draft):
      await events.record(draft)
    }
  }

  static func named(_ object: JSONValue) -> JSONValue {
    guard object[path: "metadata", "name"]?.string == nil,
      let prefix = object[path: "metadata", "generateName"]?.string
    else { return object }
    var named = object
    named.set(.string(prefix + NameSuffix.random(length: 5)), at: ["metadata", "name"])
    return named
  }
}

/// Writes the status of an object that has one writer.
enum StatusWriter {
  /// Retries conflicts, which only mean that somebody wrote the spec or the metadata meanwhile.
  static func write(
    _ status: JSONValue, to resource: GroupVersionResource, _ key: LocalKey, uid: String, in cluster: any ClusterAccess
  ) async throws(APIFailure) {
    for attempt in 1...5 {
      guard var object = await cluster.get(resource, namespace: key.namespace, name: key.name),
        ClusterObject(object).uid == uid
      else { return }
      if object["status"] == status { return }
      object["status"] = status
      do {
        _ = try await cluster.update(resource, subresource: "status", object)
        return
      } catch  where error.code == 409 && attempt < 5 {
        continue
      } catch  where error.code == 404 {
        return
      }
    }
  }
}

/// The letters Kubernetes uses in generated names: no vowels, so that no words appear.
enum NameSuffix {
  private static let alphabet = Array("bcdfghjklmnpqrstvwxz2456789")

  static func random(length: Int) -> String {
    String((0..<length).map { _ in alphabet[Int.random(in: alphabet.indices)] })
  }

  /// A number in these letters, as `pod-template-hash` has it.
  static func encoded(_ number: UInt32) -> String {
    String(String(number).utf8.map { alphabet[Int($0) % alphabet.count] })
  }

  /// FNV-1a, 32 bit (Fowler, Noll, Vo).
  static func hash(_ bytes: some Sequence<UInt8>) -> UInt32 {
    bytes.reduce(2_166_136_261) { ($0 ^ UInt32($1)) &* 16_777_619 }
  }
}
