/// A secret text that does not describe itself: it reaches a request and nothing else.
package struct Credential: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable
{
  let text: String

  package init(_ text: String) { self.text = text }

  package var description: String { "(hidden)" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

/// A way to people, with its credentials.
package enum Channel: Sendable, Hashable {
  /// Slack incoming webhook.
  case slack(webhook: Credential)
  /// PagerDuty Events API v2.
  case pagerDuty(routingKey: Credential)
  /// Any server that takes the alert as JSON.
  case webhook(url: Credential)
  /// Prometheus Alertmanager, base URL.
  case alertmanager(url: String)
  /// The operator's log; every alert goes there anyway.
  case log
}

/// An alert that did not reach a channel.
package struct DeliveryFailure: Error, Sendable, Equatable, CustomStringConvertible {
  package var channel: String
  package var title: String
  /// Never holds a credential or a URL's path.
  package var reason: String

  package var description: String { "'\(title)' did not reach channel \(channel): \(reason)" }
}
