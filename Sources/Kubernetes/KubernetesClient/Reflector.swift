internal import HTTPTransport
internal import KubernetesModel
import Logging

/// Follows a kind of object: what to ask the server next, from what it has said so far.
///
/// | what happens | what follows |
/// |---|---|
/// | a clean end after a second or more | watch on from the last version |
/// | silence for 75 seconds | the same: the connection may be half open, and bookmarks come each minute |
/// | no answer at all for 75 seconds | the same, if the server answers another question: up to 1.20 the head comes with the first event |
/// | no connection, cut, 401, 403, 408, 429, 5xx | the same, after a pause |
/// | 410, as status or in the stream | list; at once where nothing else went wrong of late |
/// | other errors, in the stream too; an unreadable event; versions that go back | list, after a pause |
/// | a list older than what was seen | once more, after a pause; the third in a row is a restored cluster and believed |
struct Reflector<Object: Sendable> {
  let informer: Informer<Object>
  /// Where the next watch goes on; nil: a list comes first.
  var version: String?
  /// The newest version ever taken in.
  private var newest = ""
  private var staleLists = 0
  var streaming = StreamingLists.untried
  private var backoff = WatchBackoff()
  private var resyncAt: Duration?

  /// Whether lists are asked for as streams.
  enum StreamingLists {
    case untried
    case offered
    /// The server does not know them, or has them switched off.
    case refused
  }

  /// How a round ends, other than well.
  enum Ending: Error {
    /// The version is not known to the server any more.
    case expired
    /// What is known cannot be gone on from.
    case lost(KubernetesError)
    case failed(KubernetesError)
    case cancelled
  }

  init(_ informer: Informer<Object>) {
    self.informer = informer
    scheduleResync()
  }

  var time: TimeSource { informer.time }

  /// Until the task is cancelled.
  mutating func run() async {
    while !Task.isCancelled {
      do throws(Ending) {
        try await round()
        resyncIfDue()
      } catch {
        let pause: Duration
        switch error {
        case .cancelled: return
        case .expired:
          informer.logger.info("the watch's version has expired, listing again")
          version = nil
          let now = time.monotonic()
          let isFirst = backoff.isFresh(at: now)
          backoff.note(at: now)
          if isFirst { continue }
          pause = backoff.pause(at: now, random: time.random())
        case .lost(let cause):
          version = nil
          pause = note(cause)
        case .failed(let cause):
          pause = note(cause)
        }
        guard (try? await time.sleep(pause)) != nil else { return }
      }
    }
  }

  /// The pause that follows.
  private mutating func note(_ failure: KubernetesError) -> Duration {
    informer.note { statistics in
      statistics.failures += 1
      statistics.lastFailure = "\(failure)"
    }
    informer.logger.warning("list or watch failed, trying again", metadata: ["error": "\(failure)"])
    return backoff.pause(
      at: time.monotonic(), random: time.random(), isRefusal: failure.isForbidden || failure.isMissingAPI,
      wish: failure.refusal?.retryAfter)
  }

  private mutating func round() async throws(Ending) {
    var events: WatchStream.Iterator
    if version == nil, let stream = try await streamingList() {
      events = stream
    } else {
      if version == nil { try await list() }
      guard let stream = try await openWatch() else { return }
      events = stream
    }
    let start = time.monotonic()
    let hasEvents = try await follow(&events)
    // A proxy or a server on its way out; without a pause this would be a busy loop.
    guard hasEvents || time.monotonic() - start >= .seconds(1) else {
      throw .failed(unusable("the watch ended at once and without an event"))
    }
  }

  func unusable(_ reason: String) -> KubernetesError {
    .unreadable(
      verb: .watch, target: APITarget(informer.resource, namespace: informer.selection.namespace), reason: reason)
  }

  // MARK: Lists

  private mutating func list() async throws(Ending) {
    let informer = informer
    let isInDoubt = isInDoubt
    var unchanged: Set<ObjectKey> = []
    var list: ObjectList<Object>
    do {
      list = try await informer.api.list(informer.kind, informer.selection) { page in
        for problem in page.undecodable { informer.complain(problem) }
        let isHeld = { (item: ObjectList<Object>.Item) in !isInDoubt && informer.store.holds(item.identity) }
        let held = Set(page.items.filter(isHeld).map(\.identity.key))
        unchanged.formUnion(held)
        informer.store.stage(held.isEmpty ? page.items : page.items.filter { !held.contains($0.identity.key) })
      } restart: {
        unchanged = []
        informer.store.unstage()
      }
    } catch {
      informer.store.unstage()
      throw ending(of: error)
    }
    list.unchanged = unchanged
    try adopt(list)
  }

  /// How many lists in a row must be older than what was seen before, to be believed: one may come from a server that lags
  /// behind or from a proxy that keeps answers, but all are asked to be the latest.
  private static var oldListsBelieved: Int { 3 }

  /// The versions that are held may be of another history: the same number may stand for another state.
  var isInDoubt: Bool { staleLists > 0 }

  /// Takes in a complete list, unless it is older than what was seen: then the store would go back in time.
  mutating func adopt(_ list: ObjectList<Object>) throws(Ending) {
    let isOld = ResourceVersion.isOlder(list.resourceVersion, than: newest)
    staleLists = isOld ? staleLists + 1 : 0
    let isRestored = staleLists >= Self.oldListsBelieved
    guard !isOld || isRestored else {
      informer.store.unstage()
      throw .lost(unusable("the list is of version \(list.resourceVersion), but \(newest) has been seen already"))
    }
    if isRestored {
      informer.logger.warning(
        "the cluster's versions have gone back, as after a restored backup: its state is taken as it is now",
        metadata: ["seen": "\(newest)", "now": "\(list.resourceVersion)"])
      staleLists = 0
    }
    informer.adopt(list, isRestored: isRestored)
    informer.note { $0.lastFailure = nil }
    version = list.resourceVersion
    newest = list.resourceVersion
  }

  // MARK: Watches

  /// nil where the server has not begun to answer.
  private func openWatch() async throws(Ending) -> WatchStream.Iterator? {
    do {
      let stream = try await informer.api.open(
        informer.kind.asked(
          .watch(
            informer.resource, informer.selection, resourceVersion: version.flatMap { $0.isEmpty ? nil : $0 },
            timeoutSeconds: watchSeconds)))
      informer.note { statistics in
        statistics.watches += 1
        statistics.lastFailure = nil
      }
      return stream.makeAsyncIterator()
    } catch {
      guard error.isSilence, await serverAnswers() else { throw ending(of: error) }
      informer.logger.info("nothing was heard of the watch yet, watching again")
      return nil
    }
  }

  /// Servers up to 1.20 send the head of a watch's answer with its first event, which may be hours away. Whether it is that,
  /// and not a server that hangs, is seen from another question.
  private func serverAnswers() async -> Bool {
    do {
      _ = try await informer.api.perform(.serverVersion)
      return true
    } catch {
      return error.refusal != nil
    }
  }

  /// Spread, so that not all watches of all clients are renewed at once.
  var watchSeconds: Int { 300 + Int(time.random() * 300) }

  /// Whether any event came before the stream's clean end.
  private mutating func follow(_ events: inout WatchStream.Iterator) async throws(Ending) -> Bool {
    var hasEvents = false
    while true {
      let event: WatchEvent?
      do {
        event = try await events.next()
      } catch {
        if error.isSilence {
          informer.logger.info("nothing was heard from the watch for long, watching again")
          return true
        }
        throw ending(of: error)
      }
      guard let event else { return hasEvents }
      hasEvents = true
      try take(event)
      resyncIfDue()
    }
  }

  private mutating func take(_ event: WatchEvent) throws(Ending) {
    switch event {
    case .failure(let refusal):
      let error = KubernetesError.refused(refusal)
      throw error.isGone ? .expired : error.isTooManyRequests ? .failed(error) : .lost(error)
    case .bookmark(let reached, _): try advance(to: reached)
    case .added(let document), .modified(let document):
      try advance(to: document.resourceVersion)
      informer.take(document)
      informer.note { $0.events += 1 }
    case .deleted(let document):
      informer.takeAway(document)
      informer.note { $0.events += 1 }
      // Some servers put the version of the last state here, and not that of the deletion.
      if let version, ResourceVersion.isOlder(document.resourceVersion, than: version) { return }
      try advance(to: document.resourceVersion)
    }
    informer.note { $0.lastFailure = nil }
  }

  private mutating func advance(to reached: String) throws(Ending) {
    guard !reached.isEmpty else { return }
    if let version, ResourceVersion.isOlder(reached, than: version) {
      throw .lost(unusable("an event of version \(reached) came after \(version)"))
    }
    version = reached
    newest = reached
  }

  /// What an error means for a list or a watch that is to be opened, or for the stream of one.
  func ending(of error: KubernetesError) -> Ending {
    guard error != .cancelled, !Task.isCancelled else { return .cancelled }
    if error.isGone { return .expired }
    if error.isTooLargeResourceVersion { return .lost(error) }
    switch error {
    case .unreachable, .configuration, .notLeading, .cancelled: return .failed(error)
    case .unreadable: return .lost(error)
    case .refused(let refusal):
      return [401, 403, 408, 429].contains(refusal.code) || refusal.code >= 500 ? .failed(error) : .lost(error)
    }
  }

  // MARK: Resync

  private mutating func scheduleResync() {
    resyncAt = informer.resync.map { time.monotonic() + $0 * (0.9 + 0.2 * time.random()) }
  }

  /// Something comes each minute, so that no clock of its own is needed.
  private mutating func resyncIfDue() {
    guard let due = resyncAt, time.monotonic() >= due, informer.hasSynced else { return }
    scheduleResync()
    informer.replay()
  }
}

extension JSONValue {
  /// Empty where there is none.
  var resourceVersion: String { self["metadata"]?["resourceVersion"]?.string ?? "" }
}

extension KubernetesError {
  /// The connection stood and nothing came over it.
  fileprivate var isSilence: Bool {
    guard case .unreachable(_, _, let error) = self, case .timedOut = error else { return false }
    return true
  }
}
