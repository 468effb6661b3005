package import ApusAPI
import HTTPTransport
import KubernetesModel
import WorkerContract

extension MonitoringPolicySpec.Alerts.Channel.Email: AlertDestination {
  package typealias Sender = EmailChannel

  package var secretNames: [String] { [credentialsSecretRef?.name, caSecretRef?.name].compactMap(\.self) }

  package var defect: String? {
    let defects = self.defects(at: Self.field)
    return defects.isEmpty ? nil : defects.map(\.description).joined(separator: "; ")
  }
}

/// E-mail by SMTP, one mail for all recipients, as text and HTML.
///
/// Every try of one alert has the same `Message-ID`; an alert and its resolution stand in one thread.
package struct EmailChannel: AlertChannel {
  private let spec: MonitoringPolicySpec.Alerts.Channel.Email
  private let server: MailServer
  /// Each once.
  private let recipients: [String]

  package init(
    _ spec: MonitoringPolicySpec.Alerts.Channel.Email, _ secrets: ChannelSecrets
  ) async throws(ChannelProblem) {
    guard let endpoint = spec.endpoint else {
      throw ChannelProblem("email.server names no host and port", isDefect: true)
    }
    self.spec = spec
    recipients = spec.to.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    let security: MailServer.Security = spec.isTLSFromTheStart ? .tls : spec.security == .startTLS ? .startTLS : .none
    var server = MailServer(host: endpoint.host, port: endpoint.port, security: security, hello: spec.hello)
    if let reference = spec.credentialsSecretRef {
      let lines = try await secrets.lines(reference, ["username", "password"])
      server.credentials = MailCredentials(username: lines[0].text, password: lines[1].text)
    }
    if let reference = spec.caSecretRef { server.certificateAuthority = try await secrets.bytes(reference) }
    self.server = server
  }

  package func send(_ alert: Alert, except settled: Set<String>, over wires: AlertWires) async -> Delivery {
    let left = recipients.filter { !settled.contains($0) }
    guard !left.isEmpty else { return .done }
    let mail = Mail(from: spec.from, to: left, content: content(of: alert))
    do {
      let refusals = try await wires.mail.send(mail, to: server)
      guard !refusals.isEmpty else { return .done }
      return Self.delivery(refusals, recipients: Set(left).subtracting(refusals.compactMap(\.recipient)))
    } catch {
      var delivery = Self.delivery(error.refusals, recipients: [])
      if error.cause != .nobodyAccepted { delivery.failure = failure(error) }
      return delivery
    }
  }

  private static func delivery(_ refusals: [MailRefusal], recipients: Set<String>) -> Delivery {
    var delivery = Delivery(recipients: recipients)
    for refusal in refusals where refusal.isPermanent {
      if let recipient = refusal.recipient { delivery.refused[recipient] = refusal.description }
    }
    let passing = refusals.filter { !$0.isPermanent }.map(\.description)
    if !passing.isEmpty {
      delivery.failure = Delivery.Failure(
        reason: passing.joined(separator: "; "), retry: .later, concernsChannel: false)
    }
    return delivery
  }

  private func failure(_ error: MailError) -> Delivery.Failure {
    let reason = [error.description, mend(error.cause)].compactMap(\.self).joined(separator: "; ")
    func failure(_ retry: Delivery.Retry, concernsChannel: Bool = true) -> Delivery.Failure {
      Delivery.Failure(reason: reason, retry: retry, concernsChannel: concernsChannel)
    }
    switch error.cause {
    // Nothing that is said before the content is about this alert, and a server or a spec can be mended.
    case .refused(let refusal) where refusal.step != .content:
      return failure(.later, concernsChannel: !refusal.isAboutSize)
    case .refused(let refusal):
      return failure(refusal.isPermanent ? .never : .later, concernsChannel: refusal.code == 421)
    case .transport(.hostNotFound), .transport(.connectionFailed), .transport(.interrupted): return failure(.atOnce)
    case .transport, .noGreeting, .noEncryption, .noLogin, .nobodyAccepted: return failure(.later)
    case .unconfirmed: return failure(.unconfirmed)
    }
  }

  /// What people can do about it, in the words of the spec.
  private func mend(_ cause: MailError.Cause) -> String? {
    switch cause {
    case .refused(let refusal) where refusal.step == .login && refusal.isPermanent:
      let secret = spec.credentialsSecretRef?.name ?? ""
      return refusal.enhancedCode == "5.7.9"
        ? "the account needs an app password; put one into Secret \(secret)"
        : "check username and password in Secret \(secret)"
    case .refused(let refusal) where refusal.code == 530:
      return spec.credentialsSecretRef == nil
        ? "set email.credentialsSecretRef"
        : "this port offers no login; use the server's submission port, often 587 or 465"
    case .noGreeting:
      return "check the host and port of email.server; for a port where TLS starts with the first byte, write smtps://"
    case .noEncryption:
      return "use a port with STARTTLS, smtps://, or email.security: None for a relay inside the cluster"
    case .noLogin: return "use a server or a port that offers one of them"
    default: return nil
    }
  }

  private func content(of alert: Alert) -> [UInt8] {
    let domain = spec.from.drop { $0 != "@" }.dropFirst()
    func identifier(_ text: String) -> String { "<\(StableHash.hexadecimal(text.utf8))@\(domain)>" }
    // All mails about one thing answer a first one that nobody has sent: mail programs put them into one thread.
    let thread = identifier(alert.key)
    var message = MailMessage(from: spec.from, to: recipients, identifier: identifier(alert.id), at: alert.at)
    message.subject = [spec.subjectPrefix, alert.title].filter { !$0.isEmpty }.joined(separator: " ")
    message.fields = [("In-Reply-To", thread), ("References", thread), ("Auto-Submitted", "auto-generated")]
    let facts = [
      ("State", alert.state.rawValue), ("Severity", alert.severityName), ("Rule", alert.rule.rawValue),
      ("Model", "\(alert.namespace)/\(alert.model)"), ("Policy", "\(alert.namespace)/\(alert.policy)"),
      ("Time", alert.at.description),
    ]
    message.text = Self.text(alert, facts)
    message.html = Self.page(alert, facts)
    return message.content
  }

  private static func text(_ alert: Alert, _ facts: [(name: String, value: String)]) -> String {
    let lines = facts.map { "\($0.name): \($0.value)" }
    return "\(alert.title)\n\n\(alert.message)\n\n\(lines.joined(separator: "\n"))\n"
  }

  private static func page(_ alert: Alert, _ facts: [(name: String, value: String)]) -> String {
    let color =
      switch (alert.state, alert.severity) {
      case (.resolved, _): "#2e7d32"
      case (.firing, .critical): "#c62828"
      case (.firing, .warning): "#ef6c00"
      case (.firing, .info): "#1565c0"
      }
    let rows = facts.map {
      "<tr><td style=\"color:#666;padding-right:1em\">\($0.name)</td><td>\(escaped($0.value))</td></tr>\n"
    }
    return """
      <!DOCTYPE html>
      <html><head><meta charset="utf-8"><title>\(escaped(alert.title))</title></head>
      <body style="font-family:sans-serif">
      <h2 style="border-left:6px solid \(color);padding-left:0.5em">\(escaped(alert.title))</h2>
      <p style="white-space:pre-wrap">\(escaped(alert.message))</p>
      <table>
      \(rows.joined())</table>
      </body></html>

      """
  }

  private static func escaped(_ text: String) -> String {
    text.escaped(["&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#39;"])
  }
}
