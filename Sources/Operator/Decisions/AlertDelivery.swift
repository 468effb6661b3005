package import ApusAPI
package import KubernetesModel

/// Why an alert did not reach one of its channels.
package struct DeliveryObstacle: Sendable, Equatable {
  package enum Kind: Sendable {
    /// This operator cannot send that way at all: only another channel in the policy helps.
    case unsupported
    /// What it needs for sending could not be read: its Secret is missing, say.
    case unreadable
    /// The operator may not read the Secret that it needs for sending: the alert waits until it may.
    case notAllowed
    /// The channel did not take the alert, or did not answer.
    case refused
    /// The channel may have taken the alert without saying so: it gets it once more.
    case unconfirmed
    /// The channel's final no, as of an address that does not exist: only people can help.
    case refusedForGood
    /// It was not tried, since an earlier alert did not get there.
    case postponed
  }

  package var channel: String
  package var kind: Kind
  /// Never holds a credential or a URL's path.
  package var reason: String
  /// Whether other alerts would fail alike, or could take as long.
  package var concernsChannel: Bool
  /// Seconds that the channel wants to be left alone.
  package var pause: Double?

  package init(
    channel: String, _ kind: Kind, reason: String, concernsChannel: Bool = false, pause: Double? = nil
  ) {
    self.channel = channel
    self.kind = kind
    self.reason = reason
    self.concernsChannel = concernsChannel
    self.pause = pause
  }

  /// Whether a later try may succeed.
  fileprivate var mayPass: Bool {
    switch kind {
    case .refused, .unconfirmed, .unreadable: true
    case .unsupported, .refusedForGood, .postponed, .notAllowed: false
    }
  }

  /// Whether it was not tried, so that no try is lost.
  fileprivate var waits: Bool { kind == .postponed || kind == .notAllowed }

  /// - Parameter prospect: what becomes of an alert that a later try may deliver.
  fileprivate func sentence(_ title: String, _ prospect: String) -> String {
    let end = mayPass ? "; \(prospect)" : kind == .notAllowed ? "; the alert waits until then" : ""
    return switch kind {
    case .unsupported, .unreadable, .notAllowed: "channel \(channel): \(reason)\(end)"
    case .refused, .unconfirmed, .refusedForGood, .postponed:
      "'\(title)' did not reach channel \(channel): \(reason)\(end)"
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

  /// Seconds that a channel may ask for instead.
  package static let longestPause = 3600.0

  package func isDue(at now: Timestamp) -> Bool { retryAt.map { $0 <= now } ?? true }

  /// - Parameters:
  ///   - obstacles: of the channels that it was to be sent to; empty: all of them have it.
  ///   - title: the alert's.
  package func after(_ obstacles: [DeliveryObstacle], titled title: String, at now: Timestamp) -> DeliveryVerdict {
    let left = retry(obstacles, at: now)
    let isLast = isLastTry(obstacles)
    let isNews = attempts == 0 || left == nil || isLast || obstacles.contains { $0.kind == .refusedForGood }
    let prospect = isLast ? "the operator gave up after \(attempts + 1) tries" : "the operator will retry"
    // That an alert waits is told once.
    let isFirst = attempts == 0 && retryAt == nil
    let told = obstacles.filter { $0.kind != .postponed && (isFirst || $0.kind != .notAllowed) }
      .map { $0.sentence(title, prospect) }
    return DeliveryVerdict(left: left, told: isNews ? told.sorted() : [])
  }

  private func isLastTry(_ obstacles: [DeliveryObstacle]) -> Bool {
    obstacles.contains(where: \.mayPass) && !Self.pauses.indices.contains(attempts)
  }

  private func retry(_ obstacles: [DeliveryObstacle], at now: Timestamp) -> Self? {
    let failures = obstacles.filter(\.mayPass)
    let isLast = isLastTry(obstacles)
    let failed = isLast ? [] : failures.map(\.channel)
    let postponed = obstacles.filter(\.waits).map(\.channel)
    var next = self
    // Whoever was not tried does not lose the alert to those who were.
    if isLast { next.attempts = 0 }
    if failed.isEmpty {
      guard !postponed.isEmpty else { return nil }
      next.retryAt = now.wholeSeconds.advanced(bySeconds: Self.pauses[0])
    } else {
      next.attempts += 1
      // All of them are tried together: none waits longer because another asks for it.
      let wanted = min(failures.map { $0.pause ?? 0 }.min() ?? 0, Self.longestPause)
      next.retryAt = now.wholeSeconds.advanced(bySeconds: max(Self.pauses[attempts], wanted.rounded(.up)))
    }
    let left = failed + postponed
    let unconfirmed = unconfirmed + failures.filter { $0.kind == .unconfirmed }.map(\.channel)
    next.channels = left
    next.unconfirmed = left.filter(unconfirmed.contains)
    return next
  }
}

extension [AlertingStatus.PendingAlert] {
  /// Seconds until one of them is tried again, at least one; nil: none is.
  package func nextTry(after now: Timestamp) -> Double? {
    compactMap(\.retryAt).min().map { Swift.max($0.seconds(since: now), 1) }
  }
}
