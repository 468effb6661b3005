/// What client and server have said to each other, and what it means for the mail. Pure: libcurl's callbacks feed it.
struct MailDialogue {
  /// What the next answer is about.
  private enum Stage: Equatable {
    case connection
    case encryption
    case login
    case sender
    case recipient(Int)
    case data
    case content
    case quit
  }

  private let recipients: [String]
  private let password: String?
  private var stage = Stage.connection
  private var namedRecipients = 0
  /// Lines of an answer that goes on.
  private var text = ""
  private var isChallenged = false
  private var isGreeted = false
  private var refused: [Int: MailRefusal] = [:]
  /// The first no since the last yes. libcurl goes on after some, and the server's reason is the first one.
  private var refusal: MailRefusal?
  private var offeredLogins: [String] = []
  private var isHandedOver = false
  /// What the server says of the whole content.
  private var contentAnswer: MailRefusal?

  private static let maximumText = 200

  /// IANA's names of mechanisms, as far as mail servers offer them: what else a server offers is not repeated.
  private static let knownLogins: Set = [
    "PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "NTLM", "GSSAPI", "GSS-SPNEGO", "EXTERNAL", "ANONYMOUS", "SCRAM-SHA-1",
    "SCRAM-SHA-256", "SCRAM-SHA-512", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS", "OAUTHBEARER", "XOAUTH2",
  ]

  init(_ mail: Mail, password: String?) {
    recipients = mail.recipients
    self.password = password
  }

  /// Whether the server has said what becomes of the mail; what follows does not count.
  var isDecided: Bool { contentAnswer != nil }

  /// libcurl has all of the content: from now on its end may reach the server at any time.
  mutating func recordHandedOver() { isHandedOver = true }

  /// A command that goes out.
  mutating func recordCommand(_ command: some Collection<UInt8>) {
    // An answer to a challenge, which may look like anything.
    guard !isChallenged else { return isChallenged = false }
    text = ""
    let word = String(decoding: command.prefix(9), as: UTF8.self).uppercased()
    if word.hasPrefix("STARTTLS") {
      stage = .encryption
    } else if word.hasPrefix("AUTH ") {
      stage = .login
    } else if word.hasPrefix("MAIL FROM") {
      stage = .sender
    } else if word.hasPrefix("RCPT TO:") {
      stage = .recipient(namedRecipients)
      namedRecipients += 1
    } else if word.hasPrefix("DATA") {
      stage = .data
    } else if word.hasPrefix("QUIT") {
      stage = .quit
    } else if word.hasPrefix("EHLO") || word.hasPrefix("HELO") {
      stage = .connection
      offeredLogins = []
    }
  }

  /// One line of an answer.
  mutating func recordAnswer(_ line: some Collection<UInt8>) {
    let words = String(decoding: line, as: UTF8.self).trimmingSuffix { $0.isNewline }
    let digits = words.utf8.prefix(3)
    let isCoded = digits.count == 3 && digits.allSatisfy { (0x30...0x39).contains($0) }
    if isCoded, stage == .connection, let offer = words.dropFirst(4).firstMatch(of: /^AUTH[ =](.*)/.ignoresCase()) {
      offeredLogins = offer.1.prefix(Self.maximumText).split(separator: " ").map { $0.uppercased() }
        .filter(Self.knownLogins.contains)
    }
    if text.count < Self.maximumText { text += " " + words.dropFirst(isCoded ? 4 : 0) }
    let mark = words.dropFirst(3).first
    guard isCoded, mark == nil || mark == " ", let code = Int(words.prefix(3)) else { return }
    recordAnswer(code)
  }

  private mutating func recordAnswer(_ code: Int) {
    defer { text = "" }
    isGreeted = true
    let step: MailRefusal.Step
    switch stage {
    case .connection: step = .connection
    case .encryption: step = .encryption
    case .login: step = .login
    case .sender: step = .sender
    case .recipient(let index): step = .recipient(index < recipients.count ? recipients[index] : "")
    case .data, .content: step = .content
    case .quit: return
    }
    isChallenged = stage == .login && code == 334
    let answer = MailRefusal(step: step, code: code, text: spoken(text, at: step))
    switch stage {
    case .recipient(let index) where code >= 300: refused[index] = answer
    case .data where code == 354: stage = .content
    case .content: contentAnswer = answer
    default: break
    }
    refusal = code < 400 ? nil : refusal ?? answer
  }

  /// The server's words as part of a sentence: one line, not too long, and without what it has been told in confidence.
  private func spoken(_ text: String, at step: MailRefusal.Step) -> String {
    let words = text.unicodeScalars.split { $0.value < 0x21 || (0x7F...0xA0).contains($0.value) || $0.value == 0xFFFD }
    var line = words.map { String($0) }.joined(separator: " ")
    if step == .login { line = MailRefusal.enhancedCode(line) ?? "" }
    if let password, !password.isEmpty, line.contains(password) { return "" }
    return line.count > Self.maximumText ? line.prefix(Self.maximumText) + "…" : line
  }

  // MARK: The end

  /// What became of the mail.
  /// - Parameters:
  ///   - cause: why the exchange ended; nil: as it should.
  ///   - mayExpectTLS: whether a server that waits for TLS from the first byte would stay silent.
  func outcome(_ cause: MailError.Cause?, mayExpectTLS: Bool) -> Result<[MailRefusal], MailError> {
    let refusals = refused.sorted { $0.key < $1.key }.map(\.value)
    if let answer = contentAnswer {
      return (200..<300).contains(answer.code)
        ? .success(refusals) : .failure(MailError(.refused(answer), refusals: refusals))
    }
    guard let cause else { return .success(refusals) }
    return .failure(MailError(verdict(cause, mayExpectTLS), refusals: refusals))
  }

  private func verdict(_ cause: MailError.Cause, _ mayExpectTLS: Bool) -> MailError.Cause {
    if isHandedOver, case .transport(let error) = cause { return .unconfirmed(error) }
    switch cause {
    case .noLogin(let origin, _) where refusal == nil: return .noLogin(origin: origin, offered: offeredLogins)
    case .transport(.interrupted(let origin, let reason)) where !isGreeted && mayExpectTLS:
      return .noGreeting(.interrupted(origin: origin, reason: reason))
    case .transport(.timedOut(let origin, let reason)) where !isGreeted && mayExpectTLS:
      return .noGreeting(.timedOut(origin: origin, reason: reason))
    case .transport(.interrupted), .transport(.connectionFailed), .transport(.tlsFailed), .transport(.timedOut),
      .noLogin, .noEncryption:
      break
    default: return cause
    }
    // A server that said no, and then whatever: its answer tells more than how the connection ended.
    if !recipients.isEmpty, refused.count == recipients.count { return .nobodyAccepted }
    guard let refusal else { return cause }
    // A no to one recipient does not explain the end, but for 421, with which servers leave.
    return refusal.recipient == nil || refusal.code == 421 ? .refused(refusal) : cause
  }
}

extension StringProtocol {
  fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> String {
    var text = Substring(self)
    while let last = text.last, isTrimmed(last) { text.removeLast() }
    return String(text)
  }
}
