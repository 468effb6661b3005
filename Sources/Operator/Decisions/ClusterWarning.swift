package import KubernetesModel

/// What the cluster says about an object in an Event of type Warning.
package struct ClusterWarning: Sendable, Equatable {
  /// `FailedCreate`, `FailedMount`, `FailedScheduling`
  package var reason: String
  package var message: String
  /// Last seen.
  package var time: Timestamp

  package init(reason: String, message: String, time: Timestamp) {
    self.reason = reason
    self.message = message
    self.time = time
  }

  /// From an Event of the core group.
  package init?(_ event: JSONValue) {
    guard event["type"] == "Warning", let reason = event["reason"]?.string, let message = event["message"]?.string
    else { return nil }
    let times = [
      event[path: "series", "lastObservedTime"], event["lastTimestamp"], event["eventTime"], event["firstTimestamp"],
      event[path: "metadata", "creationTimestamp"],
    ]
    let time = times.lazy.compactMap { $0?.string.flatMap(Timestamp.init) }.first ?? .distantPast
    self.init(reason: reason, message: message.withoutAggregation, time: time)
  }
}

extension String {
  /// Similar Events are put together into one, behind these words.
  fileprivate var withoutAggregation: String {
    let prefix = "(combined from similar events): "
    return hasPrefix(prefix) ? String(dropFirst(prefix.count)) : self
  }
}

/// An object that has not got on for a while without its status saying why: Events about it may.
package struct SilentObject: Sendable, Hashable {
  package enum Kind: String, Sendable {
    case job = "Job"
    case pod = "Pod"
  }

  package var kind: Kind
  package var name: String
  package var uid: String
  /// Since when it could have got on. What was said before is about an earlier try.
  package var since: Timestamp

  package init(_ kind: Kind, name: String, uid: String, since: Timestamp) {
    self.kind = kind
    self.name = name
    self.uid = uid
    self.since = since
  }

  /// Most pods are made, and most volumes mounted, within this time.
  private static let patience = 10.0
  /// How often Events about an object that stays silent are read.
  package static let interval = 15.0

  package func isDue(at now: Timestamp) -> Bool { now.seconds(since: since) >= Self.patience }

  /// Seconds until Events are worth another look.
  func nextLook(at now: Timestamp) -> Double {
    isDue(at: now) ? Self.interval : max(1, Self.patience - now.seconds(since: since))
  }
}

extension SilentObject {
  /// A pod that has a node, but whose containers do not start, and whose status does not say why: a volume, the network.
  package init?(_ pod: Pod) {
    guard let name = pod.metadata.name, let uid = pod.metadata.uid, let created = pod.metadata.creationTimestamp,
      !pod.metadata.isBeingDeleted, pod.status?.phase == "Pending" || pod.status?.phase == nil
    else { return nil }
    let containers = (pod.status?.containerStatuses ?? []) + (pod.status?.initContainerStatuses ?? [])
    let isStarting = containers.allSatisfy { $0.state?.running == nil && $0.state?.terminated == nil }
    guard isStarting else { return nil }
    self.init(.pod, name: name, uid: uid, since: created)
  }
}

extension PodTrouble {
  /// The most telling of what the cluster says about a pod that does not start.
  init?(_ pod: SilentObject, _ warnings: [ClusterWarning]) {
    let known = warnings.filter { Self.telling.contains($0.reason) }.sorted { $0.time < $1.time }
    // The kubelet's sum over all volumes seldom names the cause, and no field tells it from the causes: its reason and source
    // are theirs. Its head is the same from Kubernetes 1.20 to 1.36.
    let causes = known.filter { !$0.message.hasPrefix("Unable to attach or mount volumes") }
    guard let last = causes.last ?? known.last else { return nil }
    self.init(pod: pod.name, reason: last.reason, message: last.message)
  }

  private static let telling: Set = [
    "FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox", "FailedScheduling",
    "FailedBinding", "NetworkNotReady",
  ]
}
