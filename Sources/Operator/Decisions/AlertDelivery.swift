package import ApusAPI
package import KubernetesModel

/// Why an alert did not reach one of its channels.
package struct DeliveryObstacle: Sendable, Equatable {
  package enum Kind: Sendable {
    /// This operator cannot send that way at all: only another channel in the policy helps.
    case unsupported
    /// What it needs for sending could not be read: its Secret is missing, say.
    case unreadable
    /// The channel did not take the alert, or did not answer.
    case refused
    /// The channel's final no, as of an address that does not exist: only people can help.
    case refusedForGood
    /// It was not tried, since it failed for another alert just before.
    case postponed
  }

  package var channel: String
  package var kind: Kind
  /// Never holds a credential or a URL's path.
  package var reason: String
  /// Whether other alerts would fail alike, or could take as long.
  package var concernsChannel: Bool

  package init(channel: String, _ kind: Kind, reason: String, concernsChannel: Bool = false) {
    self.channel = channel
    self.kind = kind
    self.reason = reason
    self.concernsChannel = concernsChannel
  }

  fileprivate func sentence(_ title: String) -> String {
    switch kind {
    case .unsupported, .unreadable: "channel \(channel): \(reason)"
    case .refused, .refusedForGood, .postponed: "'\(title)' did not reach channel \(channel): \(reason)"
    }
  }
}

/// What follows from one attempt to send an alert.
package struct DeliveryVerdict: Sendable, Equatable {
  /// What is left to send; nil: nothing, or the alert is given up.
  package var left: AlertingStatus.PendingAlert?
  /// What people have to know of it: the first failure, a channel's final no, and that it is given up.
  package var told: [String]
}

extension AlertingStatus.PendingAlert {
  /// Seconds between the tries of an alert: six tries within 31 minutes.
  package static let pauses: [Double] = [60, 120, 240, 480, 960]

  package func isDue(at now: Timestamp) -> Bool { retryAt.map { $0 <= now } ?? true }

  /// - Parameters:
  ///   - obstacles: of the channels that it was to be sent to; empty: all of them have it.
  ///   - title: the alert's.
  package func after(_ obstacles: [DeliveryObstacle], titled title: String, at now: Timestamp) -> DeliveryVerdict {
    let left = retry(obstacles, at: now)
    let isNews = attempts == 0 || left == nil || obstacles.contains { $0.kind == .refusedForGood }
    let told = obstacles.filter { $0.kind != .postponed }.map { $0.sentence(title) }
    return DeliveryVerdict(left: left, told: isNews ? told.sorted() : [])
  }

  private func retry(_ obstacles: [DeliveryObstacle], at now: Timestamp) -> Self? {
    let failed = obstacles.filter { [.refused, .unreadable].contains($0.kind) }.map(\.channel)
    let postponed = obstacles.filter { $0.kind == .postponed }.map(\.channel)
    var next = self
    if failed.isEmpty {
      guard !postponed.isEmpty else { return nil }
      next.retryAt = now.wholeSeconds.advanced(bySeconds: Self.pauses[0])
    } else {
      guard Self.pauses.indices.contains(attempts) else { return nil }
      next.attempts += 1
      next.retryAt = now.wholeSeconds.advanced(bySeconds: Self.pauses[attempts])
    }
    next.channels = failed + postponed
    return next
  }
}

extension [AlertingStatus.PendingAlert] {
  /// Seconds until one of them is tried again, at least one; nil: none is.
  package func nextTry(after now: Timestamp) -> Double? {
    compactMap(\.retryAt).min().map { Swift.max($0.seconds(since: now), 1) }
  }
}
