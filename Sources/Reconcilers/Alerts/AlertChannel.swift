package import ApusAPI
package import Decisions
package import HTTPTransport

/// A way to people: how an alert is sent, and how the answer is judged. Each kind is one file here and one, of the same name,
/// in `ApusAPI/Alerts`, which holds what a policy says of it.
///
/// Guarantees that the contract suite holds every kind to: whatever stands in an alert, what is sent keeps its form; no
/// reason names a credential or a URL's path; a server's answer takes bounded memory and time.
package protocol AlertChannel: Sendable {
  associatedtype Spec: AlertChannelSpec

  /// Why nothing can be sent before people change the spec; nil: it can.
  static func defect(of spec: Spec) -> String?

  /// Errors: what keeps the channel from being used now, such as a Secret that is missing.
  init(_ spec: Spec, _ secrets: ChannelSecrets) async throws(ChannelProblem)

  /// Sends once.
  /// - Parameter receivers: Who has this alert already, by what an earlier `Delivery` said.
  func send(_ alert: Alert, except receivers: Set<String>, over wires: AlertWires) async -> Delivery
}

extension AlertChannel {
  package static func defect(of spec: Spec) -> String? { nil }
}

/// The kinds of channels.
package enum AlertChannels {
  package static let all: [any AlertChannel.Type] = [
    SlackChannel.self, PagerDutyChannel.self, EmailChannel.self, WebhookChannel.self, AlertmanagerChannel.self,
    LogChannel.self,
  ]

  /// Channels that cannot be used before people change the spec, and why.
  package static func defects(_ alerts: MonitoringPolicySpec.Alerts?) -> [String: String] {
    var defects: [String: String] = [:]
    for channel in alerts?.channels ?? [] {
      for kind in channel.kinds { defects[channel.name] = defect(kind) }
    }
    return defects
  }

  /// The channels of these names, ready to send, and why others are not.
  package static func open(
    _ alerts: MonitoringPolicySpec.Alerts?, named names: Set<String>, _ secrets: ChannelSecrets
  ) async -> (channels: [String: any AlertChannel], problems: [String: String]) {
    var channels: [String: any AlertChannel] = [:]
    var problems: [String: String] = [:]
    for channel in alerts?.channels ?? [] where names.contains(channel.name) {
      do {
        channels[channel.name] = try await open(channel, secrets)
      } catch {
        problems[channel.name] = error.reason
      }
    }
    return (channels, problems)
  }

  private static func open(
    _ channel: MonitoringPolicySpec.Alerts.Channel, _ secrets: ChannelSecrets
  ) async throws(ChannelProblem) -> any AlertChannel {
    guard let kind = channel.kinds.first else {
      throw ChannelProblem("it names no way to send; add for example slack")
    }
    if let defect = defect(kind) { throw ChannelProblem(defect) }
    for type in all {
      if let channel = try await open(type, kind, secrets) { return channel }
    }
    throw ChannelProblem("this version of the operator cannot send to it")
  }

  private static func open<Kind: AlertChannel>(
    _ type: Kind.Type, _ spec: any AlertChannelSpec, _ secrets: ChannelSecrets
  ) async throws(ChannelProblem) -> (any AlertChannel)? {
    guard let spec = spec as? Kind.Spec else { return nil }
    return try await Kind(spec, secrets)
  }

  private static func defect(_ spec: any AlertChannelSpec) -> String? {
    func defect<Kind: AlertChannel>(_ type: Kind.Type) -> String? {
      (spec as? Kind.Spec).flatMap { type.defect(of: $0) }
    }
    return all.lazy.compactMap { defect($0) }.first
  }
}

/// What keeps a channel from being used.
package struct ChannelProblem: Error, Sendable, Equatable {
  package var reason: String

  package init(_ reason: String) { self.reason = reason }
}

/// What channels send over.
package struct AlertWires: Sendable {
  package var http: any HTTPTransport
  package var mail: any MailTransport

  package init(http: any HTTPTransport, mail: any MailTransport) {
    self.http = http
    self.mail = mail
  }
}

/// What came of one try to send an alert.
package struct Delivery: Sendable, Equatable {
  /// When another try makes sense.
  package enum Retry: Sendable {
    case atOnce
    case later
    case never
  }

  /// Of a channel with several receivers: who have it, where not all do.
  package var receivers: Set<String> = []
  /// What people have to know; nil: all have it. Never holds a credential or a URL's path.
  package var failure: String?
  package var retry = Retry.never

  package static let done = Delivery()

  package static func failed(_ reason: String, _ retry: Retry) -> Delivery { Delivery(failure: reason, retry: retry) }
}

/// An alert that did not reach a channel.
package struct DeliveryFailure: Error, Sendable, Equatable, CustomStringConvertible {
  package var channel: String
  package var title: String
  /// Never holds a credential or a URL's path.
  package var reason: String
  /// Whether another try can help.
  package var isFinal: Bool

  package var description: String { "'\(title)' did not reach channel \(channel): \(reason)" }
}
