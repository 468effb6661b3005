internal import Foundation
internal import KubernetesModel
internal import Logging

/// Writes Events, and counts up an Event that says the same again instead of writing another.
actor LocalEventRecorder {
  private struct Sameness: Hashable {
    var object: String
    var severity: String
    var reason: String
    var message: String
  }

  private let cluster: any ClusterAccess
  private let host: String
  private let log: Logger
  private let now: @Sendable () -> Date
  private var known: [Sameness: String] = [:]
  private var latest: UInt64 = 0

  /// Events are told apart by name from those written before a restart of the cluster.
  init(cluster: any ClusterAccess, host: String, log: Logger, now: @escaping @Sendable () -> Date = { Date() }) {
    self.cluster = cluster
    self.host = host
    self.log = log
    self.now = now
  }

  /// Never fails: an Event that cannot be written is only logged.
  func record(_ draft: EventDraft) async {
    let namespace = draft.about["namespace"]?.string ?? "default"
    let sameness = Sameness(
      object: draft.about["uid"]?.string ?? "", severity: draft.severity.rawValue, reason: draft.reason,
      message: draft.message)
    if let name = known[sameness], await countUp(name, in: namespace) { return }
    let time = TimeText.json(now())
    let name = (draft.about["name"]?.string ?? "event") + "." + nextSuffix()
    known[sameness] = name
    if known.count > 5_000 { known.removeAll() }
    do {
      _ = try await cluster.create(
        ClusterResource.events, namespace: namespace,
        [
          "apiVersion": "v1", "kind": "Event",
          "metadata": ["name": .string(name), "namespace": .string(namespace)],
          "involvedObject": draft.about, "reason": .string(draft.reason), "message": .string(draft.message),
          "type": .string(draft.severity.rawValue), "count": 1, "firstTimestamp": time, "lastTimestamp": time,
          "source": ["component": .string(draft.source), "host": .string(host)],
          "reportingComponent": .string(draft.source), "reportingInstance": .string(host),
        ])
    } catch {
      log.debug("event not written", metadata: ["reason": "\(draft.reason)", "error": "\(error)"])
    }
  }

  /// The time in nanoseconds, never the same twice: by their names, events of one second stand in their order.
  private func nextSuffix() -> String {
    latest = max(latest + 1, UInt64(max(0, now().timeIntervalSince1970) * 1e9))
    return String(latest, radix: 16)
  }

  private func countUp(_ name: String, in namespace: String) async -> Bool {
    guard var event = await cluster.get(ClusterResource.events, namespace: namespace, name: name) else { return false }
    event["count"] = .integer(Int64((event["count"]?.integer ?? 1) + 1))
    event["lastTimestamp"] = TimeText.json(now())
    return (try? await cluster.update(ClusterResource.events, subresource: nil, event)) != nil
  }

  /// Events live for an hour, as on any cluster.
  func expire() async {
    let limit = now().addingTimeInterval(-3_600)
    for json in await cluster.list(ClusterResource.events, namespace: nil, labels: [:]) {
      let event = ClusterObject(json)
      let last = json["lastTimestamp"]?.string.flatMap(TimeText.date) ?? event.created
      guard last < limit else { continue }
      try? await cluster.delete(
        ClusterResource.events, namespace: event.namespace, name: event.name, uid: event.uid, gracePeriod: nil,
        propagation: .background)
    }
  }
}
