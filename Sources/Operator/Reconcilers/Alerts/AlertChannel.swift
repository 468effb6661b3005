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
  /// - Parameter settled: recipients that have this alert or were refused for good, by what earlier `Delivery`s said.
  func send(_ alert: Alert, except settled: Set<String>, over wires: AlertWires) async -> Delivery
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
  ) async -> (channels: [String: any AlertChannel], problems: [String: ChannelProblem]) {
    var channels: [String: any AlertChannel] = [:]
    var problems: [String: ChannelProblem] = [:]
    for channel in alerts?.channels ?? [] where names.contains(channel.name) {
      do {
        channels[channel.name] = try await open(channel, secrets)
      } catch {
        problems[channel.name] = error
      }
    }
    return (channels, problems)
  }

  private static func open(
    _ channel: MonitoringPolicySpec.Alerts.Channel, _ secrets: ChannelSecrets
  ) async throws(ChannelProblem) -> any AlertChannel {
    guard let kind = channel.kinds.first else {
      throw ChannelProblem("it has no destination; add for example slack", isDefect: true)
    }
    if let defect = defect(kind) { throw ChannelProblem(defect, isDefect: true) }
    for type in all {
      if let channel = try await open(type, kind, secrets) { return channel }
    }
    throw ChannelProblem("this version of the operator cannot send to it", isDefect: true)
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
  /// Whether only another spec, or another version of the operator, helps. false: what it needs could not be read, and that
  /// may pass.
  package var isDefect: Bool

  package init(_ reason: String, isDefect: Bool = false) {
    self.reason = reason
    self.isDefect = isDefect
  }
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
  /// Why the alert did not reach the channel, or not all of its recipients.
  package struct Failure: Sendable, Equatable {
    /// What people have to know. Never holds a credential or a URL's path.
    package var reason: String
    package var retry: Retry
    /// Whether other alerts would fail alike, or could take as long.
    package var concernsChannel: Bool
  }

  package enum Retry: Sendable {
    case atOnce
    case later
    case never
    /// The channel may have taken the alert: once more, in case it has not, and then no more.
    case unconfirmed
  }

  /// Of a channel with several recipients: who has it, where not all do.
  package var recipients: Set<String> = []
  /// Recipients that can never have it, and why.
  package var refused: [String: String] = [:]
  /// nil: everybody else has it.
  package var failure: Failure?

  package static let done = Delivery()

  package static func failed(_ reason: String, _ retry: Retry, concernsChannel: Bool = false) -> Delivery {
    Delivery(failure: Failure(reason: reason, retry: retry, concernsChannel: concernsChannel))
  }
}
