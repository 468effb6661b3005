/// A mail as it is handed over: envelope and content.
public struct Mail: Sendable, Equatable {
  /// Addresses, without display names.
  public var sender: String
  public var receivers: [String]
  /// Header and body, with CR LF at line ends, in ASCII.
  public var content: [UInt8]

  public init(from sender: String, to receivers: [String], content: [UInt8]) {
    self.sender = sender
    self.receivers = receivers
    self.content = content
  }
}

/// The server that takes a mail, and how it is met. PEM bytes stay in memory, no file is written.
public struct MailServer: Sendable, Equatable {
  public enum Security: Sendable {
    /// TLS from the first byte.
    case tls
    /// TLS before anything is said of sender, receivers or credentials. A server that does not offer it gets nothing.
    case startTLS
    case none
  }

  public var host: String
  public var port: Int
  public var security: Security
  public var credentials: MailCredentials?
  /// PEM; replaces the system's authorities. nil: the system's.
  public var certificateAuthority: [UInt8]?
  /// `connect` includes the greeting, STARTTLS and the login; `idle` is the longest that the server may take for one answer.
  public var timeouts = HTTPTimeouts(connect: .seconds(10), idle: .seconds(30), total: .seconds(60))

  public init(
    host: String, port: Int, security: Security, credentials: MailCredentials? = nil,
    certificateAuthority: [UInt8]? = nil
  ) {
    self.host = host
    self.port = port
    self.security = security
    self.credentials = credentials
    self.certificateAuthority = certificateAuthority
  }

  /// `smtps://mail.example.org:465`
  public var origin: String {
    "\(security == .tls ? "smtps" : "smtp")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
  }
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

/// What a server says no to.
public struct MailRefusal: Sendable, Equatable {
  /// How far the exchange had got.
  public enum Step: Sendable, Equatable {
    case connection
    case encryption
    case login
    case sender
    case receiver(String)
    case content
  }

  public var step: Step
  /// Three digits: 4xx may pass, 5xx stays.
  public var code: Int
  /// The server's words on one line, at most 200 characters; empty at the login, where they may repeat a secret.
  public var text: String

  public init(step: Step, code: Int, text: String) {
    self.step = step
    self.code = code
    self.text = text
  }

  public var isPermanent: Bool { code >= 500 }
}

extension MailRefusal: CustomStringConvertible {
  public var description: String {
    let answer = text.isEmpty ? "\(code)" : "\(code) \(text)"
    switch step {
    case .connection: return "the server refused the connection: \(answer)"
    case .encryption: return "the server refused STARTTLS: \(answer)"
    case .login: return "the server refused username or password: \(answer)"
    case .sender: return "the server refused the sender: \(answer)"
    case .receiver(let address): return "the server refused the receiver \(address): \(answer)"
    case .content: return "the server refused the mail: \(answer)"
    }
  }
}

/// Why nobody got a mail.
public enum MailError: Error, Sendable, Equatable {
  case transport(TransportError)
  case refused(MailRefusal)
  /// One for each receiver.
  case nobodyAccepted([MailRefusal])
}

extension MailError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .transport(let error): "\(error)"
    case .refused(let refusal): "\(refusal)"
    case .nobodyAccepted(let refusals): refusals.map(\.description).joined(separator: "; ")
    }
  }
}

/// Hands mails over to servers. May be used from everywhere at once.
public protocol MailTransport: Sendable {
  /// Returns the receivers that the server refused while it took the mail for others; empty: it took it for all.
  /// Cancelling the task ends the transfer with `TransportError.cancelled`.
  func send(_ mail: Mail, to server: MailServer) async throws(MailError) -> [MailRefusal]
}
