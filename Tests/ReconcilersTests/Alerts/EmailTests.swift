import ApusAPI
import Decisions
import Foundation
import HTTPTransport
import KubernetesModel
import Logging
import Reconcilers
import Synchronization
import TestSupport
import Testing

@Suite("An alert by e-mail")
struct EmailTests {
  private static let hasServer = PythonEnvironment.has("aiosmtpd")

  private func email(
    _ server: RealMailServer, scheme: String, password: String = "hush", _ recipients: [String] = ["ops@example.org"]
  ) async throws -> (channels: [String: any AlertChannel], problems: [String: ChannelProblem]) {
    try await AlertWorld.open(
      [
        "email": [
          "server": .string("\(scheme)://127.0.0.1:\(server.port)"), "from": "apus@example.org",
          "to": .array(recipients.map(JSONValue.string)), "credentialsSecretRef": ["name": "mail"],
          "caSecretRef": ["name": "authority", "key": "ca.crt"],
        ]
      ],
      secrets: [
        "mail": ["username": "apus\n", "password": "  \(password)\n"], "authority": ["ca.crt": server.authority],
      ])
  }

  private func dispatcher() throws -> AlertDispatcher {
    AlertDispatcher(transport: RecordingWire(), logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  private static let title = "FeatureDrift: \"Größe\" 🙂 <b>\r\nBcc: x@example.org"
  private static let message =
    "one <script>&amp;\r\n.\r\n.. two \r\nFrom me\n\ttrailing \n" + String(repeating: "ü=", count: 5000)

  @Test(
    "reaches a real server as it was meant",
    .enabled(if: hasServer, "needs .venv with aiosmtpd: scripts/python-environment"),
    arguments: ["smtp", "smtps"])
  func delivered(scheme: String) async throws {
    let server = try await RealMailServer.start(isTLSFromTheStart: scheme == "smtps")
    let opened = try await email(server, scheme: scheme, ["ops@example.org", "data@example.org"])
    #expect(opened.problems.isEmpty)
    let dispatcher = try dispatcher()
    for state in [Alert.State.firing, .resolved] {
      let alert = AlertWorld.alert(state, title: Self.title, message: Self.message)
      let failures = await dispatcher.deliver(alert, channels: opened.channels)
      try #require(failures.isEmpty, "\(failures)")
    }
    let (firing, resolved) = (try await server.next(), try await server.next())
    #expect(firing["sender"] == "apus@example.org")
    #expect(firing["recipients"] == ["ops@example.org", "data@example.org"])
    #expect(firing["hello"] == "example.org")
    #expect(firing["isTLS"] == true && firing["user"] == "apus" && firing["defects"] == [])
    #expect(firing["Subject"] == "[apus] FeatureDrift: \"Größe\" 🙂 <b> Bcc: x@example.org")
    #expect(resolved["Subject"] == "[apus] resolved: FeatureDrift: \"Größe\" 🙂 <b> Bcc: x@example.org")
    #expect(firing["Bcc"] == .null && firing["Auto-Submitted"] == "auto-generated")
    #expect(firing["From"] == "apus@example.org" && firing["To"] == "ops@example.org, data@example.org")
    #expect(firing["time"]?.double == 1_793_188_800)
    #expect(firing["types"] == ["multipart/alternative", "text/plain", "text/html"])
    let lines = Self.message.replacing("\r\n", with: "\n")
    #expect(firing["text"]?.string?.contains("\n\n\(lines)\n\n") == true)
    let escaped = lines.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    #expect(firing["html"]?.string?.contains(">\(escaped)</p>") == true)
    #expect(firing["html"]?.string?.contains("<script") == false)
    // One thread, two mails.
    #expect(firing["Message-ID"] != resolved["Message-ID"])
    #expect(firing["References"] != .null && firing["References"] == resolved["References"])
    #expect(resolved["In-Reply-To"] == resolved["References"])
  }

  @Test(
    "is told apart where it is larger than a server takes",
    .enabled(if: hasServer, "needs .venv with aiosmtpd: scripts/python-environment"))
  func tooLarge() async throws {
    let server = try await RealMailServer.start(isTLSFromTheStart: false, isSmall: true)
    let opened = try await email(server, scheme: "smtp")
    let obstacles = await (try dispatcher()).deliver(AlertWorld.alert(), channels: opened.channels)
    #expect(obstacles.first?.reason.hasPrefix("the server refused the mail's size: 552") == true, "\(obstacles)")
    #expect(obstacles.map(\.kind) == [.refused] && obstacles.map(\.concernsChannel) == [false])
  }

  @Test(
    "is refused with a wrong password, which nobody reads",
    .enabled(if: hasServer, "needs .venv with aiosmtpd: scripts/python-environment"), arguments: ["smtp", "smtps"])
  func wrongPassword(scheme: String) async throws {
    let server = try await RealMailServer.start(isTLSFromTheStart: scheme == "smtps")
    let opened = try await email(server, scheme: scheme, password: "whisper")
    let failures = await (try dispatcher()).deliver(AlertWorld.alert(), channels: opened.channels)
    #expect(
      failures.map(\.reason) == [
        "the server refused the login: 535 5.7.8; check username and password in Secret mail"
      ])
    #expect(failures.map(\.kind) == [.refused])
  }

  @Test(
    "is not sent to a server that nobody vouches for",
    .enabled(if: hasServer, "needs .venv with aiosmtpd: scripts/python-environment"), arguments: ["smtp", "smtps"])
  func strangers(scheme: String) async throws {
    let server = try await RealMailServer.start(isTLSFromTheStart: scheme == "smtps")
    let channel = try await AlertWorld.channel([
      "email": [
        "server": .string("\(scheme)://127.0.0.1:\(server.port)"), "from": "apus@example.org",
        "to": ["ops@example.org"],
      ]
    ])
    let failures = await (try dispatcher()).deliver(AlertWorld.alert(), channels: ["out": channel])
    #expect(failures.first?.reason.contains("no trusted connection to \(scheme)://127.0.0.1") == true, "\(failures)")
  }

  @Test(
    "reaches the others where one address is unknown",
    .enabled(if: hasServer, "needs .venv with aiosmtpd: scripts/python-environment"))
  func unknownAddress() async throws {
    let server = try await RealMailServer.start(isTLSFromTheStart: false)
    let opened = try await email(server, scheme: "smtp", ["nobody@example.org", "ops@example.org"])
    let failures = await (try dispatcher()).deliver(AlertWorld.alert(), channels: opened.channels)
    #expect(failures.map(\.reason) == ["the server refused the recipient nobody@example.org: 550"])
    #expect(failures.map(\.kind) == [.refusedForGood])
    #expect(try await server.next()["recipients"] == ["ops@example.org"])
  }

  @Test(arguments: [
    ("smtp://mail", "StartTLS", "smtp://mail:587"), ("smtp://mail", "None", "smtp://mail:25"),
    ("smtps://mail", "StartTLS", "smtps://mail:465"), ("smtp://mail:2525/", "StartTLS", "smtp://mail:2525"),
    ("smtp://[::1]:25", "None", "smtp://[::1]:25"), ("smtps://[fd00::1]", "StartTLS", "smtps://[fd00::1]:465"),
  ])
  func `goes to the usual port where none is named`(server: String, security: String, origin: String) async throws {
    let channel = try await AlertWorld.channel([
      "email": [
        "server": .string(server), "security": .string(security), "from": "a@example.org", "to": ["b@example.org"],
      ]
    ])
    let wire = RecordingWire()
    _ = await channel.send(AlertWorld.alert(), except: [], over: wire.wires)
    #expect(wire.mails.map(\.server.origin) == [origin])
  }

  @Test(
    arguments: [
      ["server": "smtp://host:port"], ["server": "smtp://a/b"], ["server": "smtp://a:0"], ["server": "smtp://a b"],
      ["hello": "[127.0.0.1]"], ["hello": "a b"], ["to": ["\"ops team\"@example.org"]], ["to": ["a@b@c"]],
      ["from": "Apus<a@b>"], ["to": ["ops@example.org", "ä@example.org"]], ["to": ["a@b\r\nRCPT TO:<c@d>"]],
    ] as [JSONValue])
  func `that cannot be sent is a defect of the spec`(change: JSONValue) async throws {
    var email: JSONValue = ["server": "smtp://mail", "from": "a@example.org", "to": ["b@example.org"]]
    for (name, value) in change.object ?? [:] { email[name] = value }
    let opened = try await AlertWorld.open(["email": email])
    let field = try #require(change.object?.keys.first)
    #expect(
      opened.channels.isEmpty && opened.problems["out"]?.isDefect == true
        && opened.problems["out"]?.reason.hasPrefix("email.\(field)") == true, "\(opened.problems)")
  }
}

/// aiosmtpd with a certificate of its own, which wants TLS and a login, and reads mails as Python's email package does.
///
/// `@unchecked`: everything but the lines is set in `init`, and the process is only asked to end afterwards.
private final class RealMailServer: @unchecked Sendable {
  let port: Int
  /// PEM.
  let authority: String
  private let process: Process
  private let lines: Lines

  /// - Parameter isSmall: takes mails of at most 1000 bytes.
  static func start(isTLSFromTheStart: Bool, isSmall: Bool = false) async throws -> RealMailServer {
    let modes = [isTLSFromTheStart ? "tls" : "starttls", isSmall ? "small" : "large"]
    let (process, lines) = try await blocking { try run(modes) }
    let start = try await eventually("aiosmtpd listens") { lines.next() }
    return try RealMailServer(process, lines, start)
  }

  private init(_ process: Process, _ lines: Lines, _ start: JSONValue) throws {
    self.process = process
    self.lines = lines
    port = Int(try #require(start["port"]?.integer))
    authority = try #require(start["authority"]?.string)
  }

  private static func run(_ modes: [String]) throws -> (Process, Lines) {
    let process = Process()
    let output = Pipe()
    process.executableURL = PythonEnvironment.python
    process.arguments = ["-c", script] + modes
    process.standardOutput = output
    process.standardInput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return (process, Lines(output.fileHandleForReading))
  }

  deinit {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// The next mail.
  func next() async throws -> JSONValue { try await eventually("a mail arrives") { [lines] in lines.next() } }

  /// What the server says, read as it comes: a pipe that is full would hold it up.
  private final class Lines: Sendable {
    private let waiting = Mutex<[JSONValue]>([])

    init(_ output: FileHandle) {
      Thread { [self] in
        var buffer: [UInt8] = []
        while case let bytes = output.availableData, !bytes.isEmpty {
          buffer += bytes
          while let end = buffer.firstIndex(of: 10) {
            let line = try? JSONValue(parsing: Array(buffer[..<end]))
            buffer.removeSubrange(...end)
            waiting.withLock { $0.append(line ?? .null) }
          }
        }
      }.start()
    }

    func next() -> JSONValue? { waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
  }

  private static let script = #"""
    import asyncio, email, email.policy, json, ssl, subprocess, sys, tempfile
    from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

    folder = tempfile.TemporaryDirectory()
    key, certificate = folder.name + "/key", folder.name + "/certificate"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
                   check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    from_the_start = sys.argv[1] == "tls"

    def login(server, session, envelope, mechanism, data):
        good = isinstance(data, LoginPassword) and data.login == b"apus" and data.password == b"hush"
        session.user = data.login.decode()
        return AuthResult(success=good, handled=False)

    def text(part):
        return part.get_content().replace("\r\n", "\n")

    def say(document):
        print(json.dumps(document), flush=True)

    class Handler:
        async def handle_RCPT(self, server, session, envelope, address, options):
            if address.startswith("nobody@"):
                return "550 no such user"
            envelope.rcpt_tos.append(address)
            return "250 fine"

        async def handle_DATA(self, server, session, envelope):
            mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
            names = ["Subject", "From", "To", "Bcc", "Message-ID", "References", "In-Reply-To", "Auto-Submitted"]
            document = {name: None if mail[name] is None else str(mail[name]) for name in names}
            parts = list(mail.walk())
            document |= {
                "sender": envelope.mail_from, "recipients": envelope.rcpt_tos, "user": session.user,
                "hello": session.host_name, "isTLS": from_the_start or session.ssl is not None, "time": mail["Date"].datetime.timestamp(),
                "types": [part.get_content_type() for part in parts],
                "defects": [str(defect) for part in parts for defect in part.defects]
                    + [str(defect) for name in mail.keys() for defect in mail[name].defects],
                "text": text(mail.get_body(("plain",))), "html": text(mail.get_body(("html",))),
            }
            say(document)
            return "250 taken"

    def protocol():
        return SMTP(Handler(), authenticator=login, auth_required=True, auth_require_tls=not from_the_start,
                    tls_context=None if from_the_start else context, require_starttls=not from_the_start,
                    hostname="mail.example.org", data_size_limit=1000 if "small" in sys.argv else 33554432)

    async def main():
        server = await asyncio.get_running_loop().create_server(
            protocol, "127.0.0.1", 0, ssl=context if from_the_start else None)
        say({"port": server.sockets[0].getsockname()[1], "authority": open(certificate).read()})
        await server.serve_forever()

    asyncio.run(main())
    """#
}
