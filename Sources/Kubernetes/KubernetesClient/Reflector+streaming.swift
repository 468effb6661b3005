internal import KubernetesModel
import Logging

/// Streaming lists: the server sends all objects as events over the watch that follows, in no order, and then a bookmark
/// that says so. Until that bookmark nothing is believed; then everything at once. Where anything goes wrong, a plain list
/// takes its place.
extension Reflector {
  /// The stream after its list, to be followed; nil where there has to be a plain list.
  mutating func streamingList() async throws(Ending) -> WatchStream.Iterator? {
    guard await offersStreaming() else { return nil }
    let gathered: (list: ObjectList<Object>, events: WatchStream.Iterator)?
    do {
      gathered = try await gather()
    } catch {
      informer.store.unstage()
      guard error != .cancelled, !Task.isCancelled else { throw .cancelled }
      if error.refusesTheQuestion { streaming = .refused }
      informer.logger.info("no streaming list, asking for a plain one", metadata: ["error": "\(error)"])
      return nil
    }
    guard let gathered else {
      informer.store.unstage()
      informer.logger.info("the server does not know streaming lists, asking for a plain one")
      streaming = .refused
      return nil
    }
    informer.note { $0.watches += 1 }
    try adopt(gathered.list)
    return gathered.events
  }

  /// nil where the server has not understood: a bookmark came that does not end the list.
  private func gather() async throws(KubernetesError) -> (list: ObjectList<Object>, events: WatchStream.Iterator)? {
    let store = informer.store
    let stream = try await informer.api.open(
      informer.kind.asked(.streamingList(informer.resource, informer.selection, timeoutSeconds: watchSeconds)))
    var events = stream.makeAsyncIterator()
    var list = ObjectList<Object>()
    store.unstage()
    while let event = try await events.next() {
      switch event {
      case .added(let document), .modified(let document):
        switch DecodedObject(informer.kind.completed(document), informer.kind) {
        case .object(let item):
          if !isInDoubt, store.holds(item.identity) {
            list.unchanged.insert(item.identity.key)
          } else {
            list.unchanged.remove(item.identity.key)
            store.stage([item])
          }
        case .undecodable(let problem):
          informer.complain(problem)
          list.undecodable.append(problem)
        }
      case .deleted(let document):
        guard let key = ObjectIdentity(document)?.key else { continue }
        list.unchanged.remove(key)
        list.undecodable.removeAll { $0.key == key }
        store.unstage(key)
      case .bookmark(let version, true):
        list.resourceVersion = version
        return (list, events)
      case .bookmark(_, false): return nil
      case .failure(let refusal): throw .refused(refusal)
      }
    }
    throw unusable("the streaming list ended before it was complete")
  }

  /// Asks once what the server is: an older one would ignore the parameters, and its watch would look like a streaming
  /// list that has no end.
  private mutating func offersStreaming() async -> Bool {
    guard streaming == .untried else { return streaming == .offered }
    do {
      let version = try await informer.api.perform(.serverVersion)
      streaming = Self.knowsStreamingLists(version) ? .offered : .refused
    } catch {
      // Not to be found out, now or later: plain lists are as good.
      if !error.isTransient { streaming = .refused }
    }
    return streaming == .offered
  }

  /// Since 1.27, whose feature gate may still be off: then the server refuses.
  static func knowsStreamingLists(_ version: JSONValue) -> Bool {
    func number(_ name: String) -> Int { Int((version[name]?.string ?? "").prefix { $0.isNumber }) ?? 0 }
    return number("major") > 1 || number("major") == 1 && number("minor") >= 27
  }
}

extension KubernetesError {
  /// The server has understood the question and does not answer such ones; nothing is said about the objects.
  fileprivate var refusesTheQuestion: Bool {
    refusal.map { [400, 405, 406, 415, 422, 501].contains($0.code) } ?? false
  }
}
