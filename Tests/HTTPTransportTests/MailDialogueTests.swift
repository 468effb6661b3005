@testable import HTTPTransport
import Testing

/// What an exchange means for the mail, line by line. `C:` goes out, `S:` comes back, `…` is the whole content.
@Suite("The words of client and server")
struct MailDialogueTests {
  private static let recipients = ["a@example.org", "b@example.org"]

  private func outcome(
    _ lines: [String], _ cause: MailError.Cause? = .transport(broken), security: MailServer.Security = .startTLS
  ) -> Result<[MailRefusal], MailError> {
    var dialogue = MailDialogue(
      Mail(from: "me@example.org", to: Self.recipients, content: []), password: "hush")
    for line in lines {
      switch line.prefix(3) {
      case "C: ": dialogue.recordCommand((line.dropFirst(3) + "\r\n").utf8)
      case "S: ": dialogue.recordAnswer((line.dropFirst(3) + "\r\n").utf8)
      default: dialogue.recordHandedOver()
      }
    }
    return dialogue.outcome(cause, mayExpectTLS: security != .tls)
  }

  private static let broken = TransportError.interrupted(origin: "smtp://mail:587", reason: "broken")
  private static let slow = TransportError.timedOut(origin: "smtp://mail:587", reason: "slow")
  private static let hello = ["S: 220 hi", "C: EHLO me", "S: 250-hi", "S: 250 AUTH CRAM-MD5 hush XOAUTH2"]
  private static let envelope = hello + ["C: MAIL FROM:<me@example.org>", "S: 250 ok"]
  private static let sent =
    envelope + [
      "C: RCPT TO:<a@example.org>", "S: 250 ok", "C: RCPT TO:<b@example.org>", "S: 250 ok", "C: DATA", "S: 354",
    ]

  private static func refused(
    _ step: MailRefusal.Step, _ code: Int, _ text: String = "", _ refusals: [MailRefusal] = []
  ) -> Result<[MailRefusal], MailError> {
    .failure(MailError(.refused(MailRefusal(step: step, code: code, text: text)), refusals: refusals))
  }

  @Test func `a server's first no is the reason, though libcurl goes on`() {
    let leaving = ["C: RCPT TO:<a@example.org>", "S: 421 4.7.0 too busy", "C: RCPT TO:<b@example.org>"]
    let first = MailRefusal(step: .recipient("a@example.org"), code: 421, text: "4.7.0 too busy")
    #expect(outcome(Self.envelope + leaving) == Self.refused(first.step, 421, first.text, [first]))
    #expect(outcome(["S: 220 hi", "C: EHLO me", "S: 421 bye", "C: HELO me"]) == Self.refused(.connection, 421, "bye"))
    // One that was made good is no reason.
    let old = ["S: 220 hi", "C: EHLO me", "S: 502 what", "C: HELO me", "S: 250 hi", "C: MAIL FROM:<me@example.org>"]
    #expect(outcome(old) == .failure(MailError(.transport(Self.broken))))
    // The no to one recipient does not end an exchange.
    let unknown = ["C: RCPT TO:<a@example.org>", "S: 550 who", "C: RCPT TO:<b@example.org>"]
    let a = MailRefusal(step: .recipient("a@example.org"), code: 550, text: "who")
    #expect(outcome(Self.envelope + unknown) == .failure(MailError(.transport(Self.broken), refusals: [a])))
    #expect(
      outcome(Self.envelope + unknown + ["S: 250 ok", "C: DATA", "S: 451 later"])
        == Self.refused(.content, 451, "later", [a]))
  }

  @Test func `a no at the login keeps its enhanced code, and never its words`() {
    let login = ["C: AUTH PLAIN", "S: 334", "C: RCPT TO:<", "S: 535-5.7.8 hush is wrong", "S: 535 5.7.8 for me"]
    #expect(outcome(Self.hello + login, .noLogin(origin: "x", offered: [])) == Self.refused(.login, 535, "5.7.8"))
    #expect(
      outcome(Self.hello + ["C: AUTH PLAIN abc", "S: 454 hush"], .transport(Self.broken)) == Self.refused(.login, 454))
    #expect(
      outcome(Self.hello, .noLogin(origin: "x", offered: []))
        == .failure(MailError(.noLogin(origin: "x", offered: ["CRAM-MD5", "XOAUTH2"]))))
  }

  @Test func `what the server says of the content counts, whatever follows`() {
    for answer in ["S: 250 taken", "S: 250", "S: 251 odd"] {
      #expect(outcome(Self.sent + ["…", answer, "C: QUIT", "S: 421 bye"]) == .success([]))
    }
    #expect(outcome(Self.sent + ["…", "S: 554 spam"]) == Self.refused(.content, 554, "spam"))
    // Without an answer nobody knows.
    #expect(outcome(Self.sent + ["…"]) == .failure(MailError(.unconfirmed(Self.broken))))
    #expect(outcome(Self.sent + ["…", "S: 250-"]) == .failure(MailError(.unconfirmed(Self.broken))))
    #expect(
      outcome(Self.sent + ["…"], .transport(.cancelled)) == .failure(MailError(.unconfirmed(.cancelled))))
    // Half a content is none.
    #expect(outcome(Self.sent) == .failure(MailError(.transport(Self.broken))))
  }

  @Test func `a server that says nothing at all may wait for TLS`() {
    for cause in [Self.broken, Self.slow] {
      #expect(outcome([], .transport(cause)) == .failure(MailError(.noGreeting(cause))))
      #expect(outcome([], .transport(cause), security: .tls) == .failure(MailError(.transport(cause))))
      #expect(outcome(["S: 220 hi"], .transport(cause)) == .failure(MailError(.transport(cause))))
    }
  }

  @Test(arguments: ["HTTP/1.1 400 Bad Request", "+50 no", "25", "2500 ok", "", "٢٥٠ ok"])
  func `what is no answer is none`(line: String) {
    #expect(outcome(["S: \(line)"], .transport(Self.slow)) == .failure(MailError(.noGreeting(Self.slow))))
  }

  @Test(arguments: [
    (MailRefusal.Step.recipient("a"), 550, "5.1.1 who", true), (.recipient("a"), 552, "too many", false),
    (.recipient("a"), 530, "login first", false), (.recipient("a"), 554, "5.7.1 relay access denied", false),
    (.recipient("a"), 554, "no", true), (.recipient("a"), 451, "", false), (.content, 552, "", true),
    (.content, 452, "", false), (.sender, 553, "", true),
  ])
  func `a no is for good or not`(step: MailRefusal.Step, code: Int, text: String, isPermanent: Bool) {
    #expect(MailRefusal(step: step, code: code, text: text).isPermanent == isPermanent)
  }

  @Test(
    arguments: [
      (
        MailError.Cause.refused(MailRefusal(step: .recipient("a@b"), code: 451, text: "4.2.1 grey")),
        "the server refused the recipient a@b for now: 451 4.2.1"
      ),
      (.refused(MailRefusal(step: .login, code: 535, text: "5.7.8")), "the server refused the login: 535 5.7.8"),
      (.refused(MailRefusal(step: .login, code: 454, text: "")), "the server refused the login for now: 454"),
      (.refused(MailRefusal(step: .sender, code: 552, text: "")), "the server refused the mail's size: 552"),
      (.refused(MailRefusal(step: .encryption, code: 454, text: "no")), "the server refused STARTTLS for now: 454"),
      (.noEncryption(origin: "smtp://m:25"), "smtp://m:25 does not offer STARTTLS, and nothing is sent in the clear"),
      (
        .noLogin(origin: "smtps://m:465", offered: ["XOAUTH2"]),
        "smtps://m:465 offers no login by PLAIN or LOGIN, only by XOAUTH2"
      ),
      (
        .unconfirmed(.timedOut(origin: "smtp://m:25", reason: "slow")),
        "the server received the mail but did not confirm it, so it may have been delivered: smtp://m:25 did not answer in time: slow"
      ),
      (.transport(.headTooLarge(limit: 9)), "the server's answers are larger than 9 bytes"),
      (.transport(.invalidRequest(origin: "smtp://m:25", reason: "no")), "the mail cannot be sent to smtp://m:25: no"),
      (.transport(.unavailable(reason: "no")), "mail cannot be sent: no"),
    ] as [(MailError.Cause, String)])
  func `every end has its sentence`(cause: MailError.Cause, sentence: String) {
    #expect("\(MailError(cause))" == sentence)
  }
}
