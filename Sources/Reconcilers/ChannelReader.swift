import Alerting
import ApusAPI
import KubernetesClient
import KubernetesModel
import WorkerContract

/// Makes channels of what a policy says and what its Secrets hold.
struct ChannelReader: Sendable {
  typealias Alerts = MonitoringPolicySpec.Alerts

  let api: any KubernetesAPI

  /// Channels that this operator cannot serve, and why.
  static func unsupported(_ alerts: Alerts?) -> [String: String] {
    var unusable: [String: String] = [:]
    for channel in alerts?.channels ?? [] where channel.email != nil {
      unusable[channel.name] = "e-mail is not supported by this version; use slack, pagerDuty, webhook or alertmanager"
    }
    return unusable
  }

  func channels(
    _ alerts: Alerts?, named names: Set<String>, namespace: String
  ) async -> (channels: [String: Channel], problems: [String: String]) {
    var channels: [String: Channel] = [:]
    var problems: [String: String] = [:]
    for channel in alerts?.channels ?? [] where names.contains(channel.name) {
      do {
        channels[channel.name] = try await read(channel, namespace)
      } catch {
        problems[channel.name] = error.reason
      }
    }
    return (channels, problems)
  }

  private struct Unusable: Error { var reason: String }

  private func read(_ channel: Alerts.Channel, _ namespace: String) async throws(Unusable) -> Channel {
    if let slack = channel.slack { return .slack(webhook: try await secret(slack.webhookSecretRef, namespace)) }
    if let pagerDuty = channel.pagerDuty {
      return .pagerDuty(routingKey: try await secret(pagerDuty.routingKeySecretRef, namespace))
    }
    if let webhook = channel.webhook { return .webhook(url: try await secret(webhook.urlSecretRef, namespace)) }
    if let alertmanager = channel.alertmanager { return .alertmanager(url: alertmanager.url) }
    if channel.log != nil { return .log }
    throw Unusable(
      reason: Self.unsupported(.init(routes: [], channels: [channel], deduplicate: .init(seconds: 0)))
        .first?.value ?? "it names no way to send; add for example slack")
  }

  private func secret(_ reference: SecretKeyReference, _ namespace: String) async throws(Unusable) -> Credential {
    let secret: Secret?
    do {
      secret = try await api.find(Secret.self, namespace: namespace, name: reference.name)
    } catch {
      throw Unusable(reason: "Secret \(reference.name) cannot be read: \(error)")
    }
    guard let secret else { throw Unusable(reason: "there is no Secret \(reference.name)") }
    if let shortcoming = secret.shortcoming(ofLine: reference.key) {
      throw Unusable(reason: "Secret \(reference.name) \(shortcoming)")
    }
    guard let text = secret.text(reference.key) else {
      throw Unusable(reason: "Secret \(reference.name) has no key '\(reference.key)'")
    }
    return Credential(text)
  }
}
