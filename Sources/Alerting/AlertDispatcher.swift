package import Decisions
package import HTTPTransport
package import Logging

/// Delivers what was decided: logs every alert, sends it to its channels, holds back repetitions.
///
/// Guarantees: the same alert goes out once within its `deduplicate` time; a resolution goes out once after its alert, and
/// lets the next one pass at once. The memory is the process's: after a restart an alert may come again.
package actor AlertDispatcher {
  private struct Sent {
    var time: Double
    var state: Alert.State
  }

  private let transport: any HTTPTransport
  private let logger: Logger
  private let now: @Sendable () -> Double
  private let pagerDuty: String?
  private var sent: [String: Sent] = [:]

  /// - Parameters:
  ///   - now: seconds since 1970.
  ///   - pagerDuty: another server of PagerDuty's than the public one.
  package init(
    transport: any HTTPTransport, logger: Logger, pagerDuty: String? = nil, now: @escaping @Sendable () -> Double
  ) {
    self.transport = transport
    self.logger = logger
    self.pagerDuty = pagerDuty
    self.now = now
  }

  /// Sends each alert to those of its channels that `channels` knows. What does not arrive is returned, not thrown: one
  /// broken channel must not silence the others.
  package func deliver(_ alerts: [Alert], channels: [String: Channel]) async -> [DeliveryFailure] {
    var failures: [DeliveryFailure] = []
    for alert in alerts where isNews(alert) {
      log(alert)
      for name in alert.channels {
        guard let channel = channels[name] else { continue }
        if let failure = await send(alert, to: channel, named: name) { failures.append(failure) }
      }
    }
    return failures
  }

  private func isNews(_ alert: Alert) -> Bool {
    let time = now()
    if let last = sent[alert.key], last.state == alert.state, time - last.time < alert.deduplicate { return false }
    sent[alert.key] = Sent(time: time, state: alert.state)
    // Keys come and go with policies: forget what no window can still hold back.
    if sent.count > 4096 { sent = sent.filter { time - $0.value.time < 86400 } }
    return true
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
    guard let request = ChannelRequest.make(alert, to: channel, at: now(), pagerDuty: pagerDuty) else { return nil }
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
