package import Decisions
package import HTTPTransport
package import Logging
import Synchronization

/// Sends alerts to their channels and logs each.
///
/// Guarantee: what a channel has taken is not sent to it again by this process. Who asks again after a restart may send it
/// twice; every try of one alert carries the same `Idempotency-Key`.
package final class AlertDispatcher: Sendable {
  private let transport: any HTTPTransport
  private let logger: Logger
  private let pagerDuty: String?
  /// Alert and channel; the oldest are forgotten.
  private let taken = Mutex<[String]>([])

  private static let memory = 1024

  /// - Parameter pagerDuty: another server of PagerDuty's than the public one.
  package init(transport: any HTTPTransport, logger: Logger, pagerDuty: String? = nil) {
    self.transport = transport
    self.logger = logger
    self.pagerDuty = pagerDuty
  }

  /// Sends to those of the alert's channels that `channels` knows. What does not arrive is returned, not thrown: one
  /// broken channel must not silence the others.
  package func deliver(_ alert: Alert, channels: [String: Channel]) async -> [DeliveryFailure] {
    var failures: [DeliveryFailure] = []
    if alert.channels.isEmpty, remember("\(alert.id)/log") { log(alert) }
    for name in alert.channels {
      guard let channel = channels[name], !taken.withLock({ $0.contains("\(alert.id)/\(name)") }) else { continue }
      if remember("\(alert.id)/log") { log(alert) }
      if let failure = await send(alert, to: channel, named: name) {
        failures.append(failure)
      } else {
        _ = remember("\(alert.id)/\(name)")
      }
    }
    return failures
  }

  /// false where it is known already.
  private func remember(_ text: String) -> Bool {
    taken.withLock { taken in
      guard !taken.contains(text) else { return false }
      taken.append(text)
      if taken.count > Self.memory { taken.removeFirst(Self.memory / 2) }
      return true
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

  private func send(_ alert: Alert, to channel: Channel, named name: String) async -> DeliveryFailure? {
    guard let request = ChannelRequest.make(alert, to: channel, pagerDuty: pagerDuty) else { return nil }
    var reason = ""
    // Once more where the first try failed for a reason that may pass.
    for _ in 0..<2 {
      do {
        let response = try await transport.send(request)
        if response.isSuccess { return nil }
        reason = "the server answered \(response.status)"
        guard response.status == 429 || response.status >= 500 else { break }
      } catch {
        reason = "\(error)"
      }
    }
    let failure = DeliveryFailure(channel: name, title: alert.title, reason: reason)
    logger.error("alert not delivered", metadata: ["channel": "\(name)", "reason": "\(reason)"])
    return failure
  }
}
