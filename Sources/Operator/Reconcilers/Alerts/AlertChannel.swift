package import ApusAPI
package import HTTPTransport

/// A way to people: how an alert is sent, and how the answer is judged. `Channel.allKinds` in `ApusAPI/Alerts` lists the kinds.
/// One that takes an alert as an HTTP request is an `HTTPAlertChannelSpec` there, and sent by `HTTPAlertSender`; one that goes
/// over another wire has a file of its name here.
///
/// Guarantees that the contract suite holds every kind to: whatever stands in an alert, what is sent keeps its form; no
/// reason names a credential or a URL's path; a server's answer takes bounded memory and time.
package protocol AlertChannel: Sendable {
  associatedtype Spec: AlertChannelSpec

  /// Errors: what keeps the channel from being used now, such as a Secret that is missing.
  init(_ spec: Spec, _ secrets: ChannelSecrets) async throws(ChannelProblem)

  /// Sends once.
  /// - Parameter settled: recipients that have this alert or were refused for good, by what earlier `Delivery`s said.
  func send(_ alert: Alert, except settled: Set<String>, over wires: AlertWires) async -> Delivery
}

/// What a policy says of a channel with a sender of its own. The kind conforms beside its sender.
package protocol AlertDestination: AlertChannelSpec {
  associatedtype Sender: AlertChannel where Sender.Spec == Self

  /// Why nothing can be sent before people change the spec; nil: it can.
  var defect: String? { get }

  /// Names of the Secrets that its sender reads.
  var secretNames: [String] { get }
}

extension AlertDestination {
  package var defect: String? { nil }
  package var secretNames: [String] { [] }
}

/// The channels of a policy.
package enum AlertChannels {
  /// Channels that cannot be used before people change the spec, and why.
  package static func defects(_ alerts: MonitoringPolicySpec.Alerts?) -> [String: String] {
    var defects: [String: String] = [:]
    for channel in alerts?.channels ?? [] {
      do { _ = try destination(of: channel) } catch { defects[channel.name] = error.reason }
    }
    return defects
  }

  /// Names of the Secrets that each channel needs, by the channel's name.
  static func secrets(_ alerts: MonitoringPolicySpec.Alerts?) -> [String: [String]] {
    var names: [String: [String]] = [:]
    for channel in alerts?.channels ?? [] {
      names[channel.name] = (try? destination(of: channel))?.secretNames
    }
    return names
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
    switch try destination(of: channel) {
    case .http(let kind): try await open(kind, secrets)
    case .own(let kind): try await open(kind, secrets)
    }
  }

  private static func open<Kind: HTTPAlertChannelSpec>(
    _ kind: Kind, _ secrets: ChannelSecrets
  ) async throws(ChannelProblem) -> any AlertChannel {
    try await HTTPAlertSender(kind, secrets)
  }

  private static func open<Kind: AlertDestination>(
    _ kind: Kind, _ secrets: ChannelSecrets
  ) async throws(ChannelProblem) -> any AlertChannel {
    try await Kind.Sender(kind, secrets)
  }

  /// A kind by what sends to it.
  private enum Destination {
    case http(any HTTPAlertChannelSpec)
    case own(any AlertDestination)

    var secretNames: [String] {
      switch self {
      case .http(let kind): kind.secretNames
      case .own(let kind): kind.secretNames
      }
    }
  }

  /// Whether this operator can send to channels of this kind.
  package static func sends(to kind: any AlertChannelSpec.Type) -> Bool {
    kind is any HTTPAlertChannelSpec.Type || kind is any AlertDestination.Type
  }

  /// Errors: why nothing can be sent there before people change the spec. A policy of a newer release may have kinds that this
  /// one does not read.
  private static func destination(
    of channel: MonitoringPolicySpec.Alerts.Channel
  ) throws(ChannelProblem) -> Destination {
    switch channel.kinds.first {
    case let kind as any HTTPAlertChannelSpec: return .http(kind)
    case let kind as any AlertDestination:
      if let defect = kind.defect { throw ChannelProblem(defect, isDefect: true) }
      return .own(kind)
    default: throw ChannelProblem("it has no destination that this version of the operator knows", isDefect: true)
    }
  }
}

/// What keeps a channel from being used.
package struct ChannelProblem: Error, Sendable, Equatable {
  package var reason: String
  /// Whether only another spec, or another version of the operator, helps. false: what it needs could not be read, and that
  /// may pass.
  package var isDefect: Bool
  /// Whether the operator may not read what it needs: an administrator may allow it at any time.
  package var awaitsRight: Bool

  package init(_ reason: String, isDefect: Bool = false, awaitsRight: Bool = false) {
    self.reason = reason
    self.isDefect = isDefect
    self.awaitsRight = awaitsRight
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
    /// The header `Retry-After` of an HTTP answer.
    package var retryAfter: String?
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
