package import Decisions
package import HTTPTransport
package import Logging
import Synchronization

/// Sends alerts to their channels and logs each.
///
/// Guarantee: what a channel has taken is not sent to it again by this process. Who asks again after a restart may send it
/// twice; every try of one alert carries the same `Idempotency-Key`, or `Message-ID`.
package final class AlertDispatcher: Sendable {
  private let wires: AlertWires
  private let logger: Logger
  private let memory = Mutex(DeliveryMemory())

  private static let soon = Duration.seconds(5)

  package init(
    transport: any HTTPTransport, mail: any MailTransport = CurlMailTransport(), logger: Logger
  ) {
    wires = AlertWires(http: transport, mail: mail)
    self.logger = logger
  }

  /// Sends to those of the alert's channels that `channels` knows, to all at once: a broken or slow channel must not silence
  /// the others. What does not arrive is returned in the order of the alert's channels, not thrown.
  package func deliver(_ alert: Alert, channels: [String: any AlertChannel]) async -> [DeliveryObstacle] {
    if memory.withLock({ $0.recordLogged(alert.id) }) { log(alert) }
    return await withTaskGroup(of: (index: Int, obstacles: [DeliveryObstacle]).self) { group in
      for (index, name) in alert.channels.enumerated() {
        guard let channel = channels[name] else { continue }
        group.addTask { [self] in (index, await send(alert, to: channel, named: name)) }
      }
      var all: [(index: Int, obstacles: [DeliveryObstacle])] = []
      for await found in group { all.append(found) }
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
    let start = ContinuousClock.now
    // Once more where the first try failed soon, for a reason that may pass.
    for _ in 0..<2 {
      let settled = memory.withLock { $0[alert.id, channel: name].settled }
      delivery = await channel.send(alert, except: settled, over: wires)
      refused.merge(delivery.refused) { $1 }
      record(&delivery, of: alert, to: name)
      guard delivery.failure?.retry == .atOnce, start.duration(to: .now) < Self.soon, !Task.isCancelled else { break }
    }
    var obstacles: [DeliveryObstacle] = []
    if !refused.isEmpty {
      let reasons = refused.sorted { $0.key < $1.key }.map(\.value)
      obstacles.append(DeliveryObstacle(channel: name, .refusedForGood, reason: reasons.joined(separator: "; ")))
    }
    if let failure = delivery.failure {
      obstacles.append(
        DeliveryObstacle(
          channel: name, failure.retry == .never ? .refusedForGood : .refused, reason: failure.reason,
          concernsChannel: failure.concernsChannel))
    }
    for obstacle in obstacles {
      logger.error("alert not delivered", metadata: ["channel": "\(name)", "reason": "\(obstacle.reason)"])
    }
    return obstacles
  }

  private func record(_ delivery: inout Delivery, of alert: Alert, to name: String) {
    memory.withLock { memory in
      var channel = memory[alert.id, channel: name]
      channel.recipients.formUnion(delivery.recipients)
      channel.refused.merge(delivery.refused) { $1 }
      if delivery.failure?.retry == .unconfirmed {
        channel.unconfirmed += 1
        // A channel that keeps its answer to itself would get the alert again and again.
        if channel.unconfirmed > 1 {
          delivery.failure?.retry = .never
          delivery.failure?.reason += "; it was sent twice and is not sent again"
        }
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
