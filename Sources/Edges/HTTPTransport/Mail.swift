/// A mail as it is handed over: envelope and content.
public struct Mail: Sendable, Equatable {
  /// Addresses, without display names.
  public var sender: String
  public var recipients: [String]
  /// Header and body, with CR LF at line ends, in ASCII.
  public var content: [UInt8]

  public init(from sender: String, to recipients: [String], content: [UInt8]) {
    self.sender = sender
    self.recipients = recipients
    self.content = content
  }
}

/// The server that takes a mail, and how it is met. PEM bytes stay in memory, no file is written.
public struct MailServer: Sendable, Equatable {
  public enum Security: Sendable {
    /// TLS from the first byte.
    case tls
    /// TLS before anything is said of sender, recipients or credentials. A server that does not offer it gets nothing.
    case startTLS
    case none
  }

  public var host: String
  public var port: Int
  public var security: Security
  /// The host name that the client gives in EHLO; nil: the domain of the mail's sender. Some relays refuse an address or a name
  /// that is not registered with them.
  public var hello: String?
  public var credentials: MailCredentials?
  /// PEM; replaces the system's authorities. nil: the system's.
  public var certificateAuthority: [UInt8]?
  public var timeouts = MailTimeouts()

  public init(
    host: String, port: Int, security: Security, hello: String? = nil, credentials: MailCredentials? = nil,
    certificateAuthority: [UInt8]? = nil
  ) {
    self.host = host
    self.port = port
    self.security = security
    self.hello = hello
    self.credentials = credentials
    self.certificateAuthority = certificateAuthority
  }

  /// `smtps://mail.example.org:465`
  public var origin: String {
    "\(security == .tls ? "smtps" : "smtp")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
  }
}

/// How long the parts of an exchange may take.
public struct MailTimeouts: Sendable, Equatable {
  /// Until the login is done: name look-up, TCP, TLS, greeting, STARTTLS and login.
  public var connect: Duration
  /// For one answer, rounded up to whole seconds.
  public var answer: Duration
  /// Until the server asks for the content of a mail to one recipient, `connect` included.
  public var envelope: Duration
  /// So much more for each further recipient: servers look each of them up, one after another.
  public var recipient: Duration
  /// From there until the server says whether it takes the mail. Servers scan mails in this time (RFC 5321, 4.5.3.2.6, grants
  /// them ten minutes), and a client that leaves earlier does not know whether the mail was delivered.
  public var content: Duration
  /// For the answer to QUIT, rounded up to whole seconds: the mail's fate is known by then.
  public var quit: Duration

  public init(
    connect: Duration = .seconds(15), answer: Duration = .seconds(15), envelope: Duration = .seconds(25),
    recipient: Duration = .seconds(2), content: Duration = .seconds(60), quit: Duration = .seconds(5)
  ) {
    self.connect = connect
    self.answer = answer
    self.envelope = envelope
    self.recipient = recipient
    self.content = content
    self.quit = quit
  }

  /// Until the server asks for the content of a mail to so many recipients.
  public func envelope(recipients: Int) -> Duration { envelope + recipient * max(0, recipients - 1) }

  /// The longest until the fate of a mail is known.
  public func total(recipients: Int) -> Duration { envelope(recipients: recipients) + content }
}

/// Describing a value of this type never shows it.
public struct MailCredentials: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  var username: String
  var password: String

  public init(username: String, password: String) {
    self.username = username
    self.password = password
  }

  public var description: String { "(hidden)" }
  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Hands mails over to servers. May be used from everywhere at once.
public protocol MailTransport: Sendable {
  /// Returns the recipients that the server refused while it took the mail for others; empty: it took it for all.
  /// Cancelling the task ends the transfer: a server that does not have the whole content by then never gets its end.
  func send(_ mail: Mail, to server: MailServer) async throws(MailError) -> [MailRefusal]
}
