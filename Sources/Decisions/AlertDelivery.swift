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
  }

  package var channel: String
  package var kind: Kind
  /// Never holds a credential or a URL's path.
  package var reason: String

  package init(channel: String, _ kind: Kind, reason: String) {
    self.channel = channel
    self.kind = kind
    self.reason = reason
  }

  fileprivate func sentence(_ title: String) -> String {
    switch kind {
    case .unsupported, .unreadable: "channel \(channel): \(reason)"
    case .refused, .refusedForGood: "'\(title)' did not reach channel \(channel): \(reason)"
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
  /// How often an alert is tried: for about an hour.
  private static let maximumAttempts = 6

  package func isDue(at now: Timestamp) -> Bool { retryAt.map { $0 <= now } ?? true }

  /// - Parameters:
  ///   - obstacles: of the channels that it was to be sent to; empty: all of them have it.
  ///   - title: the alert's.
  package func after(_ obstacles: [DeliveryObstacle], titled title: String, at now: Timestamp) -> DeliveryVerdict {
    let left = retry(obstacles.filter { [.refused, .unreadable].contains($0.kind) }.map(\.channel), at: now)
    let isNews = attempts == 0 || left == nil || obstacles.contains { $0.kind == .refusedForGood }
    return DeliveryVerdict(left: left, told: isNews ? obstacles.map { $0.sentence(title) }.sorted() : [])
  }

  /// The pauses are 1, 2, 4, 8 and 16 minutes.
  private func retry(_ channels: [String], at now: Timestamp) -> Self? {
    guard !channels.isEmpty, attempts + 1 < Self.maximumAttempts else { return nil }
    var next = self
    next.channels = channels
    next.attempts += 1
    let pause = DoublingPause(first: .seconds(60), longest: .seconds(960)).after(failures: attempts)
    next.retryAt = now.wholeSeconds.advanced(bySeconds: pause / .seconds(1))
    return next
  }
}

extension [AlertingStatus.PendingAlert] {
  /// Seconds until one of them is tried again, at least one; nil: none is.
  package func nextTry(after now: Timestamp) -> Double? {
    compactMap(\.retryAt).min().map { Swift.max($0.seconds(since: now), 1) }
  }
}
