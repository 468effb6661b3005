package import Decisions
import Foundation
package import HTTPTransport
import Values

/// One alert as one request to one channel; nil for the log.
package enum ChannelRequest {
  private static let timeouts = HTTPTimeouts(connect: .seconds(5), idle: .seconds(10), total: .seconds(10))
  private static let pagerDutyServer = "https://events.pagerduty.com"

  package static func make(_ alert: Alert, to channel: Channel, pagerDuty server: String? = nil) -> HTTPRequest? {
    switch channel {
    case .slack(let webhook): post(alert, webhook.text, SlackMessage(alert))
    case .pagerDuty(let key):
      post(alert, "\(server ?? pagerDutyServer)/v2/enqueue", PagerDutyEvent(alert, routingKey: key.text))
    case .webhook(let url): post(alert, url.text, WebhookMessage(alert))
    case .alertmanager(let url):
      post(alert, url + (url.hasSuffix("/") ? "" : "/") + "api/v2/alerts", [AlertmanagerAlert(alert)])
    case .log: nil
    }
  }

  private static func post(_ alert: Alert, _ url: String, _ body: some Encodable) -> HTTPRequest? {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(body) else { return nil }
    return HTTPRequest(
      .post, url: url, headers: ["Content-Type": "application/json", "Idempotency-Key": alert.id], body: Array(data),
      timeouts: timeouts)
  }
}

/// Slack's incoming webhook: https://api.slack.com/messaging/webhooks
private struct SlackMessage: Encodable {
  struct Attachment: Encodable {
    var color: String
    var text: String
    var fallback: String
  }

  var text: String
  var attachments: [Attachment]

  init(_ alert: Alert) {
    let color =
      switch (alert.state, alert.severityName) {
      case (.resolved, _): "good"
      case (.firing, "critical"): "danger"
      case (.firing, "warning"): "warning"
      case (.firing, _): "#439FE0"
      }
    text = Self.escaped("*\(alert.title)*")
    attachments = [.init(color: color, text: Self.escaped(alert.message), fallback: Self.escaped(alert.message))]
  }

  /// The three characters that mean something in Slack's texts.
  private static func escaped(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
      .replacingOccurrences(of: ">", with: "&gt;")
  }
}

/// PagerDuty's Events API v2: a `dedup_key` ties the resolution to its trigger.
private struct PagerDutyEvent: Encodable {
  struct Payload: Encodable {
    var summary: String
    var source: String
    var severity: String
    var component: String
    var group: String
    var `class`: String
    var custom_details: [String: String]
  }

  var routing_key: String
  var event_action: String
  var dedup_key: String
  var payload: Payload?

  init(_ alert: Alert, routingKey: String) {
    routing_key = routingKey
    event_action = alert.state == .firing ? "trigger" : "resolve"
    dedup_key = String(alert.key.prefix(255))
    guard alert.state == .firing else { return }
    payload = Payload(
      summary: String("\(alert.title): \(alert.message)".prefix(1024)), source: "apus", severity: alert.severityName,
      component: alert.model, group: alert.namespace, class: alert.rule.rawValue,
      custom_details: ["policy": alert.policy, "message": alert.message])
  }
}

/// The alert as it is, for servers of one's own.
private struct WebhookMessage: Encodable {
  var id: String
  var key: String
  var rule: String
  var severity: String
  var state: String
  var title: String
  var message: String
  var namespace: String
  var policy: String
  var model: String
  var time: String

  init(_ alert: Alert) {
    id = alert.id
    key = alert.key
    rule = alert.rule.rawValue
    severity = alert.severityName
    state = alert.state.rawValue
    title = alert.title
    message = alert.message
    namespace = alert.namespace
    policy = alert.policy
    model = alert.model
    time = alert.at.description
  }
}

/// Alertmanager's API v2: labels identify the alert, `endsAt` in the past resolves it.
private struct AlertmanagerAlert: Encodable {
  var labels: [String: String]
  var annotations: [String: String]
  var startsAt: String?
  var endsAt: String?

  init(_ alert: Alert) {
    labels = [
      "alertname": alert.rule.rawValue, "severity": alert.severityName, "namespace": alert.namespace,
      "policy": alert.policy, "model": alert.model,
    ]
    annotations = ["summary": alert.title, "description": alert.message]
    let time = alert.at.description
    if alert.state == .firing { startsAt = time } else { endsAt = time }
  }
}
