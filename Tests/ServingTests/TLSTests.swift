import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle
import Serving
import TestSupport
import Testing

@Suite(.serialized) struct TLSTests {
  private static let openssl = "/usr/bin/openssl"
  private static let hasOpenSSL = FileManager.default.isExecutableFile(atPath: openssl)

  /// A certificate of its own authority for `localhost`, as `NAME.crt` and `NAME.key`.
  private static func make(_ name: String, in folder: URL) async throws {
    let status = try await blocking {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: openssl)
      process.currentDirectoryURL = folder
      process.arguments =
        "req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost -days 2 -keyout \(name).key -out \(name).crt"
        .split(separator: " ").map(String.init)
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      return process.terminationStatus
    }
    try #require(status == 0)
  }

  private static func copy(_ name: String, to place: URL) throws {
    for (from, to) in [("\(name).key", "tls.key"), ("\(name).crt", "tls.crt")] {
      try Data(contentsOf: place.deletingLastPathComponent().appending(path: from))
        .write(to: place.appending(path: to), options: .atomic)
    }
  }

  /// A server that shows `first`; `second` lies beside it.
  private func withTLS(
    encryptsAdmin: Bool = true, _ body: (RunningServer, URL) async throws -> Void
  ) async throws {
    try await withFolder { folder in
      for name in ["first", "second"] { try await Self.make(name, in: folder) }
      let place = folder.appending(path: "mounted")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
      try Self.copy("first", to: place)
      // The test's own client speaks plain HTTP, so the model is not loaded: what counts is that something answers.
      try await withServer(
        isServing: false,
        configure: { configuration, _ in
          configuration.certificate = .init(folder: place.path)
          configuration.encryptsAdmin = encryptsAdmin
          configuration.secretInterval = .milliseconds(10)
          configuration.timeouts.shutdown = .milliseconds(500)
        },
        { try await body($0, folder) })
    }
  }

  /// The status of requests on one connection that trusts the certificate in `name`.
  private func connect(
    _ port: Int, trusting name: String, in folder: URL, newest: TLSVersion? = nil, suites: [NIOTLSCipher]? = nil,
    _ body: ((_ path: String, _ headers: String) async throws -> Int) async throws -> Void
  ) async throws {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .file(folder.appending(path: "\(name).crt").path)
    configuration.maximumTLSVersion = newest
    if let suites { configuration.cipherSuiteValues = suites }
    let context = try NIOSSLContext(configuration: configuration)
    let channel = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(
            NIOSSLClientHandler(context: context, serverHostname: "localhost"))
          return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    try await channel.executeThenClose { inbound, outbound in
      var parts = inbound.makeAsyncIterator()
      try await body { path, headers in
        try await outbound.write(ByteBuffer(string: "GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n"))
        guard let part = try await parts.next() else { throw HTTPConnection.Failure.closed }
        return Int(String(buffer: part).dropFirst(9).prefix(3)) ?? 0
      }
    }
  }

  /// As long as a server takes to look at its files a few times: nothing shows that it has seen what it does not take.
  private static func someLooks() async throws { try await Task.sleep(for: .milliseconds(50)) }

  private func status(
    _ port: Int, trusting name: String, in folder: URL, newest: TLSVersion? = nil, suites: [NIOTLSCipher]? = nil
  ) async -> Int? {
    var status: Int?
    try? await connect(port, trusting: name, in: folder, newest: newest, suites: suites) {
      status = try await $0("/health", "")
    }
    return status
  }

  /// Those of an RSA certificate.
  private static let suites: [(suite: NIOTLSCipher, isTaken: Bool)] = [
    (.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, true), (.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, true),
    (.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, true), (.TLS_RSA_WITH_AES_128_GCM_SHA256, false),
    (.TLS_RSA_WITH_AES_256_GCM_SHA384, false), (.TLS_RSA_WITH_AES_128_CBC_SHA, false),
    (.TLS_RSA_WITH_AES_256_CBC_SHA, false), (.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, false),
    (.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA, false),
  ]

  @Test(.enabled(if: hasOpenSSL, "needs openssl"))
  func `of TLS 1_2 only suites are spoken that are forward secret and authenticate what they encrypt`() async throws {
    try await withTLS { server, folder in
      for (suite, isTaken) in Self.suites {
        let answer = await status(
          server.port, trusting: "first", in: folder, newest: .tlsv12, suites: [suite])
        #expect(answer == (isTaken ? 200 : nil), "\(String(suite.rawValue, radix: 16))")
      }
    }
  }

  @Test(.enabled(if: hasOpenSSL, "needs openssl"))
  func `both ports speak TLS 1_2 and newer, and nothing else`() async throws {
    try await withTLS { server, folder in
      for port in [server.port, server.adminPort] {
        #expect(await status(port, trusting: "first", in: folder) == 200)
        #expect(await status(port, trusting: "first", in: folder, newest: .tlsv12) == 200)
        #expect(await status(port, trusting: "first", in: folder, newest: .tlsv11) == nil)
        #expect(await status(port, trusting: "second", in: folder) == nil)
        let plain = try HTTPConnection(port: port)
        await #expect(throws: HTTPConnection.Failure.self) { try await plain.request("GET", "/health") }
      }
    }
  }

  @Test(.enabled(if: hasOpenSSL, "needs openssl"))
  func `a connection ends after the last answer, and with a shutdown, though its client does nothing more`()
    async throws
  {
    try await withTLS { server, folder in
      try await connect(server.port, trusting: "first", in: folder) { ask in
        let answers = [try await ask("/health", ""), try await ask("/health", "Connection: close\r\n")]
        #expect(answers == [200, 200])
        await #expect(throws: (any Error).self) { _ = try await ask("/health", "") }
      }
      // One that has not even said hello in TLS.
      let silent = try HTTPConnection(port: server.port)
      try await connect(server.port, trusting: "first", in: folder) { ask in
        let answer = try await ask("/health", "")
        #expect(answer == 200)
        await server.group.triggerGracefulShutdown()
        await #expect(throws: (any Error).self) { while true { _ = try await ask("/health", "") } }
      }
      await #expect(throws: HTTPConnection.Failure.self) { try await silent.next() }
    }
  }

  @Test(.enabled(if: hasOpenSSL, "needs openssl"))
  func `the admin port speaks plain HTTP unless it is told otherwise`() async throws {
    try await withTLS(encryptsAdmin: false) { server, folder in
      #expect(await status(server.port, trusting: "first", in: folder) == 200)
      let plain = try await server.request("GET", "/health", admin: true)
      #expect(plain.code == 200)
    }
  }

  @Test(.enabled(if: hasOpenSSL, "needs openssl"))
  func `a new certificate is shown to new connections, and open ones go on`() async throws {
    try await withTLS { server, folder in
      let place = folder.appending(path: "mounted")
      try await connect(server.port, trusting: "first", in: folder) { ask in
        #expect(try await ask("/health", "") == 200)
        // A key without its certificate, and a file that is none, change nothing.
        try Data(contentsOf: folder.appending(path: "second.key")).write(to: place.appending(path: "tls.key"))
        try await Self.someLooks()
        #expect(await status(server.port, trusting: "first", in: folder) == 200)
        try Data("nothing".utf8).write(to: place.appending(path: "tls.crt"))
        try await Self.someLooks()
        #expect(await status(server.port, trusting: "first", in: folder) == 200)

        try Self.copy("second", to: place)
        try await eventually("the new certificate is shown") {
          await status(server.port, trusting: "second", in: folder) == 200 ? () : nil
        }
        #expect(await status(server.port, trusting: "first", in: folder) == nil)
        #expect(try await ask("/health", "") == 200)
      }
    }
  }

  @Test(.enabled(if: hasOpenSSL, "needs openssl"))
  func `a server does not begin without its certificate, and says why`() async throws {
    try await withFolder { folder in
      let place = ServerCertificate.Place(folder: folder.path)
      #expect(throws: ServerCertificate.Problem.unreadable(path: place.certificate)) {
        _ = try ServerCertificate(place: place, logger: quiet)
      }
      for name in ["first", "second"] { try await Self.make(name, in: folder) }
      let mixed = ServerCertificate.Place(
        certificate: folder.appending(path: "first.crt").path, key: folder.appending(path: "second.key").path)
      let problem = #expect(throws: ServerCertificate.Problem.self) {
        _ = try ServerCertificate(place: mixed, logger: quiet)
      }
      #expect(problem?.description.contains("first.crt") == true)
      #expect(problem?.description.contains("PRIVATE") == false)
    }
  }
}
