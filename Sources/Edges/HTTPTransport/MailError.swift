/// What a server says no to.
public struct MailRefusal: Sendable, Equatable {
  /// How far the exchange had got.
  public enum Step: Sendable, Equatable {
    case connection
    case encryption
    case login
    case sender
    case recipient(String)
    case content
  }

  public var step: Step
  /// Three digits.
  public var code: Int
  /// The server's words on one line, at most 200 characters. At the login, where they may repeat a secret, only the enhanced
  /// status code.
  public var text: String

  public init(step: Step, code: Int, text: String) {
    self.step = step
    self.code = code
    self.text = text
  }

  /// Whether the server means this for good. At a recipient, 552 stands for "too many of them" (RFC 5321, 4.5.3.1.10), and
  /// 530 and 5.7.x for access that either side can still grant.
  public var isPermanent: Bool {
    guard case .recipient = step else { return code >= 500 }
    return code >= 500 && code != 552 && code != 530 && !(enhancedCode?.hasPrefix("5.7.") ?? false)
  }

  /// Whether the mail's size is what the server says no to.
  public var isAboutSize: Bool {
    step != .login && (code == 552 || enhancedCode.map { $0 == "5.3.4" || $0 == "4.3.4" } ?? false) && recipient == nil
  }

  public var recipient: String? {
    if case .recipient(let address) = step { address } else { nil }
  }

  /// `5.7.8` (RFC 3463); nil: the server gives none.
  public var enhancedCode: String? { Self.enhancedCode(text) }

  static func enhancedCode(_ text: String) -> String? {
    let word = text.prefix { $0 != " " }
    let parts = word.split(separator: ".", omittingEmptySubsequences: false)
    let isCode =
      parts.count == 3 && ["2", "4", "5"].contains(parts[0])
      && parts.allSatisfy { (1...3).contains($0.utf8.count) && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
    return isCode ? String(word) : nil
  }
}

extension MailRefusal: CustomStringConvertible {
  /// Its codes only: whoever may name a server would read from others' servers what they say.
  public var description: String {
    "the server refused \(object)\(code < 500 ? " for now" : ""): \(code)\(enhancedCode.map { " \($0)" } ?? "")"
  }

  private var object: String {
    guard !isAboutSize else { return "the mail's size" }
    switch step {
    case .connection: return "the connection"
    case .encryption: return "STARTTLS"
    case .login: return "the login"
    case .sender: return "the sender"
    case .recipient(let address): return "the recipient \(address)"
    case .content: return "the mail"
    }
  }
}

/// Why nobody got a mail, as far as is known.
public struct MailError: Error, Sendable, Equatable {
  public enum Cause: Sendable, Equatable {
    /// The exchange ended before the content was handed over.
    case transport(TransportError)
    /// It ended before the server said a word.
    case noGreeting(TransportError)
    /// The content was handed over and the answer did not arrive: the server may have taken the mail.
    case unconfirmed(TransportError)
    case refused(MailRefusal)
    /// `MailError.refusals` has one for each recipient.
    case nobodyAccepted
    /// The server does not offer STARTTLS, which was asked for.
    case noEncryption(origin: String)
    /// The server offers logins, but none that this client knows.
    case noLogin(origin: String, offered: [String])
  }

  public var cause: Cause
  /// Recipients that the server refused, whatever ended the exchange.
  public var refusals: [MailRefusal]

  public init(_ cause: Cause, refusals: [MailRefusal] = []) {
    self.cause = cause
    self.refusals = refusals
  }
}

extension MailError: CustomStringConvertible {
  public var description: String {
    switch cause {
    case .transport(let error): Self.sentence(error)
    case .noGreeting(let error): "\(Self.sentence(error)); the server sent no greeting"
    case .unconfirmed(let error):
      "the server received the mail but did not confirm it, so it may have been delivered: \(Self.sentence(error))"
    case .refused(let refusal): "\(refusal)"
    case .nobodyAccepted: refusals.map(\.description).joined(separator: "; ")
    case .noEncryption(let origin): "\(origin) does not offer STARTTLS, and nothing is sent in the clear"
    case .noLogin(let origin, let offered):
      "\(origin) offers no login by PLAIN or LOGIN"
        + (offered.isEmpty ? "" : ", only by \(offered.joined(separator: ", "))")
    }
  }

  private static func sentence(_ error: TransportError) -> String {
    switch error {
    case .invalidRequest(let origin, let reason): "the mail cannot be sent to \(origin): \(reason)"
    case .headTooLarge(let limit): "the server's answers are larger than \(limit) bytes"
    case .unavailable(let reason): "mail cannot be sent: \(reason)"
    default: "\(error)"
    }
  }
}
