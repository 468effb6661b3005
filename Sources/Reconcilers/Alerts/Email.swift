package import ApusAPI
package import Decisions
import HTTPTransport
import KubernetesModel

/// E-mail by SMTP, one mail for all receivers, as text and HTML.
///
/// Every try of one alert has the same `Message-ID`; an alert and its resolution stand in one thread.
package struct EmailChannel: AlertChannel {
  private let spec: MonitoringPolicySpec.Alerts.Channel.Email
  private let server: MailServer
  /// Each once.
  private let receivers: [String]

  package static func defect(of spec: MonitoringPolicySpec.Alerts.Channel.Email) -> String? {
    let defects = spec.defects(at: MonitoringPolicySpec.Alerts.Channel.Email.field)
    return defects.isEmpty ? nil : defects.map(\.description).joined(separator: "; ")
  }

  package init(
    _ spec: MonitoringPolicySpec.Alerts.Channel.Email, _ secrets: ChannelSecrets
  ) async throws(ChannelProblem) {
    guard let endpoint = spec.endpoint else { throw ChannelProblem("email.server names no host and port") }
    self.spec = spec
    receivers = spec.to.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    let security: MailServer.Security = spec.isTLSFromTheStart ? .tls : spec.security == .startTLS ? .startTLS : .none
    var server = MailServer(host: endpoint.host, port: endpoint.port, security: security)
    // Greeting and login belong to the connection, and some servers let strangers wait for their greeting.
    server.timeouts = HTTPTimeouts(connect: .seconds(15), idle: .seconds(15), total: .seconds(30))
    if let reference = spec.credentialsSecretRef {
      let lines = try await secrets.lines(reference, ["username", "password"])
      server.credentials = MailCredentials(username: lines[0].text, password: lines[1].text)
    }
    if let reference = spec.caSecretRef { server.certificateAuthority = try await secrets.bytes(reference) }
    self.server = server
  }

  package func send(_ alert: Alert, except receivers: Set<String>, over wires: AlertWires) async -> Delivery {
    let left = self.receivers.filter { !receivers.contains($0) }
    guard !left.isEmpty else { return .done }
    let mail = Mail(from: spec.from, to: left, content: content(of: alert))
    do {
      return Self.judge(try await wires.mail.send(mail, to: server), of: left)
    } catch {
      switch error {
      case .nobodyAccepted(let refusals): return Self.judge(refusals, of: left)
      // A Secret can be mended within the hour.
      case .refused(let refusal):
        return .failed("\(refusal)", refusal.isPermanent && refusal.step != .login ? .never : .later)
      case .transport(let failure): return .failed("\(failure)", .atOnce)
      }
    }
  }

  private static func judge(_ refusals: [MailRefusal], of receivers: [String]) -> Delivery {
    guard !refusals.isEmpty else { return .done }
    let later = refusals.filter { !$0.isPermanent }
    // Whoever was refused for good is not asked again where others are.
    let settled = Set(receivers).subtracting(later.compactMap(\.receiver))
    return Delivery(
      receivers: settled, failure: refusals.map(\.description).joined(separator: "; "),
      retry: later.isEmpty ? .never : .later)
  }

  private func content(of alert: Alert) -> [UInt8] {
    let domain = spec.from.drop { $0 != "@" }.dropFirst()
    func identifier(_ text: String) -> String { "<\(StableHash.hexadecimal(text.utf8))@\(domain)>" }
    // All mails about one thing answer a first one that nobody has sent: mail programs put them into one thread.
    let thread = identifier(alert.key)
    var message = MailMessage(from: spec.from, to: receivers, identifier: identifier(alert.id), at: alert.at)
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

extension MailRefusal {
  fileprivate var receiver: String? {
    if case .receiver(let address) = step { address } else { nil }
  }
}
