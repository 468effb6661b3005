package import ApusAPI
package import Decisions
package import HTTPTransport
package import KubernetesClient
package import Logging
import Synchronization

/// Sends alerts to their channels and logs each.
///
/// Guarantee: what a channel has taken is not sent to it again by this process. Another process may, where the status
/// does not say so yet. Every try of one alert carries the same `Idempotency-Key`, or `Message-ID`.
package final class AlertDispatcher: Sendable {
  private let wires: AlertWires
  private let time: TimeSource
  private let logger: Logger
  private let memory = Mutex(DeliveryMemory())

  /// A try that fails within this time is followed by another at once.
  static let soon = Duration.seconds(5)

  package init(
    transport: any HTTPTransport, mail: any MailTransport = CurlMailTransport(), time: TimeSource = .system,
    logger: Logger
  ) {
    wires = AlertWires(http: transport, mail: mail)
    self.time = time
    self.logger = logger
  }

  /// Sends to those of the alert's channels that `channels` knows, to all at once: a broken or slow channel must not silence
  /// the others. What does not arrive is returned in the order of the alert's channels, not thrown.
  /// - Parameters:
  ///   - unconfirmed: channels that may have this alert already, as an earlier process found: each gets it once more.
  ///   - recordTaken: called with each channel that has the alert while others are still under way.
  package func deliver(
    _ alert: Alert, unconfirmed: [String] = [], channels: [String: any AlertChannel],
    recordTaken: (String) async -> Void = { _ in }
  ) async -> [DeliveryObstacle] {
    if memory.withLock({ $0.recordLogged(alert.id) }) { log(alert) }
    memory.withLock { memory in
      for name in unconfirmed { memory[alert.id, channel: name].isUnconfirmed = true }
    }
    return await withTaskGroup(of: (index: Int, obstacles: [DeliveryObstacle]).self) { group in
      var underWay = 0
      for (index, name) in alert.channels.enumerated() {
        guard let channel = channels[name] else { continue }
        underWay += 1
        group.addTask { [self] in (index, await send(alert, to: channel, named: name)) }
      }
      var all: [(index: Int, obstacles: [DeliveryObstacle])] = []
      for await found in group {
        all.append(found)
        underWay -= 1
        if found.obstacles.isEmpty, underWay > 0 { await recordTaken(alert.channels[found.index]) }
      }
      return all.sorted { $0.index < $1.index }.flatMap(\.obstacles)
    }
  }

  /// By channel, who does not get this alert and why, as far as this process knows.
  package func refusals(of alert: Alert) -> [String: String] {
    memory.withLock { memory in
      var reasons: [String: String] = [:]
      for name in alert.channels { reasons[name] = memory[alert.id, channel: name].reason }
      return reasons
    }
  }

  private func log(_ alert: Alert) {
    logger.log(
      level: alert.state == .resolved || alert.severityName == "info" ? .info : .warning, "alert",
      metadata: [
        "rule": "\(alert.rule.rawValue)", "severity": "\(alert.severityName)", "state": "\(alert.state.rawValue)",
        "namespace": "\(alert.namespace)", "policy": "\(alert.policy)", "model": "\(alert.model)",
        "text": "\(alert.message)", "channels": "\(alert.channels.joined(separator: ","))",
      ])
  }

  private func send(_ alert: Alert, to channel: any AlertChannel, named name: String) async -> [DeliveryObstacle] {
    guard !memory.withLock({ $0[alert.id, channel: name].isTaken }) else { return [] }
    var refused: [String: String] = [:]
    var delivery = Delivery.done
    let start = time.monotonic()
    // Once more where the first try failed soon, for a reason that may pass.
    for _ in 0..<2 {
      let settled = memory.withLock { $0[alert.id, channel: name].settled }
      delivery = await channel.send(alert, except: settled, over: wires)
      refused.merge(delivery.refused) { $1 }
      record(&delivery, of: alert, to: name)
      guard delivery.failure?.retry == .atOnce, time.monotonic() - start < Self.soon, !Task.isCancelled else { break }
    }
    var obstacles: [DeliveryObstacle] = []
    if !refused.isEmpty {
      let reasons = refused.sorted { $0.key < $1.key }.map(\.value)
      obstacles.append(DeliveryObstacle(channel: name, .refusedForGood, reason: reasons.joined(separator: "; ")))
    }
    if let failure = delivery.failure {
      let kind: DeliveryObstacle.Kind =
        switch failure.retry {
        case .atOnce, .later: .refused
        case .unconfirmed: .unconfirmed
        case .never: .refusedForGood
        }
      obstacles.append(
        DeliveryObstacle(
          channel: name, kind, reason: failure.reason, concernsChannel: failure.concernsChannel,
          pause: failure.retryAfter.flatMap { RetryAfter.seconds($0, now: time.wall()) }))
    }
    for obstacle in obstacles {
      logger.error(
        "alert not delivered",
        metadata: [
          "channel": "\(name)", "reason": "\(obstacle.reason)", "rule": "\(alert.rule.rawValue)",
          "state": "\(alert.state.rawValue)", "namespace": "\(alert.namespace)", "policy": "\(alert.policy)",
        ])
    }
    return obstacles
  }

  private func record(_ delivery: inout Delivery, of alert: Alert, to name: String) {
    memory.withLock { memory in
      var channel = memory[alert.id, channel: name]
      channel.recipients.formUnion(delivery.recipients)
      channel.refused.merge(delivery.refused) { $1 }
      if delivery.failure?.retry == .unconfirmed {
        // A channel that keeps its answer to itself would get the alert again and again.
        if channel.isUnconfirmed {
          delivery.failure?.retry = .never
          delivery.failure?.reason += "; it was sent twice and will not be sent again"
        }
        channel.isUnconfirmed = true
      }
      switch delivery.failure?.retry {
      case nil:
        channel.isTaken = true
        channel.recipients = []
      case .never: channel.refusal = delivery.failure?.reason
      default: break
      }
      memory[alert.id, channel: name] = channel
    }
  }
}
