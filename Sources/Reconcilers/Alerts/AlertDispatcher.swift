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
  private let memory = Mutex(Memory())

  /// Of the last alerts; the oldest are forgotten.
  private struct Memory {
    /// Alert and channel, or alert, channel and receiver.
    var taken: [String] = []
    /// Alert and channel, and why no other try was to be made.
    var refused: [(key: String, reason: String)] = []

    static let limit = 1024

    /// false where it is known already.
    mutating func take(_ key: String) -> Bool {
      guard !taken.contains(key) else { return false }
      taken.append(key)
      if taken.count > Self.limit { taken.removeFirst(Self.limit / 2) }
      return true
    }

    mutating func refuse(_ key: String, _ reason: String) {
      refused.append((key, reason))
      if refused.count > Self.limit { refused.removeFirst(Self.limit / 2) }
    }
  }

  package init(
    transport: any HTTPTransport, mail: any MailTransport = CurlMailTransport(), logger: Logger
  ) {
    wires = AlertWires(http: transport, mail: mail)
    self.logger = logger
  }

  /// Sends to those of the alert's channels that `channels` knows. What does not arrive is returned, not thrown: one
  /// broken channel must not silence the others.
  package func deliver(_ alert: Alert, channels: [String: any AlertChannel]) async -> [DeliveryFailure] {
    var failures: [DeliveryFailure] = []
    if alert.channels.isEmpty { log(alert) }
    for name in alert.channels {
      let key = "\(alert.id)/\(name)"
      guard let channel = channels[name], !memory.withLock({ $0.taken.contains(key) }) else { continue }
      log(alert)
      if let failure = await send(alert, to: channel, named: name, key) {
        failures.append(failure)
      } else {
        _ = memory.withLock { $0.take(key) }
      }
    }
    return failures
  }

  /// By channel, why no other try to send this alert is made, as far as this process knows.
  package func refusals(of alert: Alert) -> [String: String] {
    memory.withLock { memory in
      var reasons: [String: String] = [:]
      for name in alert.channels {
        reasons[name] = memory.refused.last { $0.key == "\(alert.id)/\(name)" }?.reason
      }
      return reasons
    }
  }

  /// Once for each alert.
  private func log(_ alert: Alert) {
    guard memory.withLock({ $0.take("\(alert.id)/log") }) else { return }
    logger.log(
      level: alert.state == .resolved || alert.severityName == "info" ? .info : .warning, "alert",
      metadata: [
        "rule": "\(alert.rule.rawValue)", "severity": "\(alert.severityName)", "state": "\(alert.state.rawValue)",
        "namespace": "\(alert.namespace)", "policy": "\(alert.policy)", "model": "\(alert.model)",
        "text": "\(alert.message)", "channels": "\(alert.channels.joined(separator: ","))",
      ])
  }

  private func send(
    _ alert: Alert, to channel: any AlertChannel, named name: String, _ key: String
  ) async -> DeliveryFailure? {
    var delivery = Delivery.done
    // Once more where the first try failed for a reason that may pass.
    for _ in 0..<2 {
      let receivers = memory.withLock {
        $0.taken.filter { $0.hasPrefix(key + "/") }.map { $0.dropFirst(key.count + 1) }
      }
      delivery = await channel.send(alert, except: Set(receivers.map(String.init)), over: wires)
      memory.withLock { memory in
        for receiver in delivery.receivers { _ = memory.take("\(key)/\(receiver)") }
      }
      guard delivery.failure != nil, delivery.retry == .atOnce else { break }
    }
    guard let reason = delivery.failure else { return nil }
    let isFinal = delivery.retry == .never
    if isFinal { memory.withLock { $0.refuse(key, reason) } }
    logger.error("alert not delivered", metadata: ["channel": "\(name)", "reason": "\(reason)"])
    return DeliveryFailure(channel: name, title: alert.title, reason: reason, isFinal: isFinal)
  }
}
