import Foundation
import HTTPTransport
import TestSupport
import Testing

/// A TLS server of openssl's, with an authority and certificates made for the occasion.
private final class TLSServer {
  static let openssl = "/usr/bin/openssl"
  let folder: String
  let port: Int
  private let process = Process()

  /// - Parameter name: the only name in the server's certificate.
  init(name: String) throws {
    folder = NSTemporaryDirectory() + "apus-tls-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let scripted = try ScriptedServer { _ in [] }
    port = scripted.port
    scripted.stop()
    for authority in ["ca", "other"] {
      try run(
        "req -x509 -newkey rsa:2048 -nodes -subj /CN=\(authority) -days 2 -keyout \(authority).key -out \(authority).crt"
      )
    }
    for (file, subject) in [("server", name), ("client", "me")] {
      try run("req -newkey rsa:2048 -nodes -subj /CN=\(subject) -keyout \(file).key -out \(file).csr")
      try "subjectAltName=DNS:\(subject)\n".write(toFile: "\(folder)/\(file).ext", atomically: true, encoding: .utf8)
      try run(
        "x509 -req -in \(file).csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile \(file).ext -out \(file).crt"
      )
    }
    process.executableURL = URL(fileURLWithPath: Self.openssl)
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.arguments =
      "s_server -accept 127.0.0.1:\(port) -cert server.crt -key server.key -CAfile ca.crt -Verify 1 -verify_return_error -www -quiet"
      .split(separator: " ").map(String.init)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
  }

  deinit {
    // Threads of the test's pool block signals, and children inherit that: only this one gets through.
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try? FileManager.default.removeItem(atPath: folder)
  }

  private func run(_ arguments: String) throws {
    let step = Process()
    step.executableURL = URL(fileURLWithPath: Self.openssl)
    step.currentDirectoryURL = URL(fileURLWithPath: folder)
    step.arguments = arguments.split(separator: " ").map(String.init)
    step.standardError = FileHandle.nullDevice
    step.standardOutput = FileHandle.nullDevice
    try step.run()
    step.waitUntilExit()
  }

  func bytes(_ file: String) -> [UInt8] {
    FileManager.default.contents(atPath: "\(folder)/\(file)").map { Array($0) } ?? []
  }
}

@Suite("Trust", .enabled(if: FileManager.default.isExecutableFile(atPath: TLSServer.openssl)))
struct TrustTests {
  @Test("A server is believed by its authority and its name, and believes our certificate")
  func trust() async throws {
    let server = try TLSServer(name: "kubernetes")
    var good = TransportConfiguration()
    good.certificateAuthority = server.bytes("ca.crt")
    good.clientCertificate = server.bytes("client.crt")
    good.clientKey = server.bytes("client.key")
    good.serverName = "kubernetes"
    let url = "https://127.0.0.1:\(server.port)/"
    func status(_ configuration: TransportConfiguration) async throws(TransportError) -> Int {
      try await CurlTransport(configuration).send(HTTPRequest(url: url)).status
    }
    let first = try await eventually("the server listens") {
      do {
        return try await status(good)
      } catch TransportError.connectionFailed {
        return nil
      }
    }
    #expect(first == 200)

    var wrongName = good
    wrongName.serverName = nil
    var wrongAuthority = good
    wrongAuthority.certificateAuthority = server.bytes("other.crt")
    var noAuthority = good
    noAuthority.certificateAuthority = nil
    for configuration in [wrongName, wrongAuthority, noAuthority] {
      let error = await #expect(throws: TransportError.self) { try await status(configuration) }
      guard case .tlsFailed = error else {
        Issue.record("unexpected: \(String(describing: error))")
        continue
      }
    }
    var anonymous = good
    anonymous.clientCertificate = nil
    anonymous.clientKey = nil
    await #expect(throws: TransportError.self) { try await status(anonymous) }
    var careless = wrongAuthority
    careless.serverName = nil
    careless.verifiesServer = false
    #expect(try await status(careless) == 200)
  }
}
