package import ApusAPI

extension MonitoringPolicySpec.Alerts.Channel.Log: AlertDestination { package typealias Sender = LogChannel }

/// The operator's log: every alert goes there anyway.
package struct LogChannel: AlertChannel {
  package init(
    _ spec: MonitoringPolicySpec.Alerts.Channel.Log, _ secrets: ChannelSecrets
  ) async throws(ChannelProblem) {}

  package func send(_ alert: Alert, except settled: Set<String>, over wires: AlertWires) async -> Delivery { .done }
}
