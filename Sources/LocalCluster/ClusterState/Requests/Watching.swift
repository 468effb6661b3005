package import KubernetesModel

/// A watch: what it sends first, and how each later change looks to it.
package struct WatchPlan: Sendable {
  let scope: Scope
  let presentation: Presentation
  /// Lines to send at once: initial objects, missed changes, an error.
  package let opening: [JSONValue]
  /// The stream ends after the opening.
  package let isOver: Bool
  /// Changes up to this version are in the opening.
  package let revision: Int
  package let wantsBookmarks: Bool
  /// Seconds after which the server ends the stream; nil: its own choice.
  package let timeout: Int?

  /// The line for a change; nil where it does not concern this watch. An object that starts or stops matching the
  /// selectors is added or deleted for it.
  package func line(for event: ChangeEvent, at now: ClusterTime) -> JSONValue? {
    guard event.revision > revision else { return nil }
    return Self.line(for: event, scope, presentation, at: now)
  }

  static func line(
    for event: ChangeEvent, _ scope: Scope, _ presentation: Presentation, at now: ClusterTime?
  ) -> JSONValue? {
    guard scope.contains(event.id) else { return nil }
    let isIn = event.kind != .deleted && scope.matches(event.object)
    let wasIn = event.kind != .added && event.previous.map(scope.matches) ?? (event.kind == .deleted)
    switch (wasIn, isIn) {
    case (false, true): return presentation.event("ADDED", event.object, at: now)
    case (true, true): return presentation.event("MODIFIED", event.object, at: now)
    case (true, false):
      var last = event.previous ?? event.object
      last.set(event.object[path: "metadata", "resourceVersion"], at: ["metadata", "resourceVersion"])
      return presentation.event("DELETED", event.kind == .deleted ? event.object : last, at: now)
    case (false, false): return nil
    }
  }

  /// Tells the watcher how far it has seen.
  package func bookmark(_ revision: Int) -> JSONValue { presentation.bookmark(revision, endsInitialEvents: false) }
}

extension ClusterState {
  func watch(_ request: ReceivedRequest, _ scope: Scope, _ presentation: Presentation) throws(StatusError) -> WatchPlan
  {
    let text = request.query["resourceVersion"] ?? ""
    let sendsInitial = request.query.isTrue("sendInitialEvents")
    let wantsBookmarks = request.query.isTrue("allowWatchBookmarks")
    let timeout = request.query["timeoutSeconds"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    func plan(_ opening: [JSONValue], isOver: Bool = false) -> WatchPlan {
      WatchPlan(
        scope: scope, presentation: presentation, opening: opening, isOver: isOver, revision: revision,
        wantsBookmarks: wantsBookmarks, timeout: timeout)
    }
    if sendsInitial, request.query["resourceVersionMatch"] != "NotOlderThan" {
      throw StatusError(
        code: 422, reason: "Invalid",
        message:
          "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"
      )
    }
    let asksForAll = text.isEmpty || text == "0"
    if sendsInitial || (asksForAll && request.query["sendInitialEvents"] == nil) {
      var opening = members(scope).map { presentation.event("ADDED", $0.object, at: nil) }
      if sendsInitial, wantsBookmarks { opening.append(presentation.bookmark(revision, endsInitialEvents: true)) }
      return plan(opening)
    }
    if asksForAll { return plan([]) }
    guard let version = Int(text) else {
      throw .badRequest("Invalid value: \"\(text)\": strconv.ParseUint: parsing \"\(text)\": invalid syntax")
    }
    guard version >= compactedRevision else {
      let error = StatusError.expired("too old resource version: \(version) (\(compactedRevision))")
      return plan([["type": "ERROR", "object": error.object]], isOver: true)
    }
    let missed = history[firstEvent(after: version)...]
    return plan(missed.compactMap { WatchPlan.line(for: $0, scope, presentation, at: nil) })
  }

  /// The index of the first event newer than a version.
  package func firstEvent(after version: Int) -> Int {
    var low = 0
    var high = history.count
    while low < high {
      let middle = (low + high) / 2
      if history[middle].revision > version { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

extension WatchPlan {
  /// The collection whose changes matter.
  package var resource: GroupResource { scope.storage }
}

extension ClusterState {
  /// Where a resource's objects are kept; nil: it is not served.
  package func storage(of resource: GroupVersionResource) -> GroupResource? {
    catalog.served(resource)?.definition.storage
  }
}
