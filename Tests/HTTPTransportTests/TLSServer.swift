import Foundation
import TestSupport

/// A TLS server of openssl's, with an authority and certificates made for the occasion.
///
/// `@unchecked`: everything is set in `init`, and the process is only asked to end afterwards.
final class TLSServer: @unchecked Sendable {
  static let openssl = "/usr/bin/openssl"
  let folder: String
  let port: Int
  private let process = Process()

  /// What the client sends and what it is to get, where the server does not answer by itself.
  let received = Pipe()
  let answers = Pipe()

  /// - Parameters:
  ///   - name: the only name in the server's certificate.
  ///   - protocols: offered by ALPN; the bytes go through the pipes then. nil: the server answers web pages, and wants a
  ///     certificate from its client.
  static func start(name: String, protocols: String? = nil) async throws -> TLSServer {
    try await blocking { try TLSServer(name, protocols) }
  }

  private init(_ name: String, _ protocols: String?) throws {
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
    let mode = protocols.map { "-alpn \($0)" } ?? "-CAfile ca.crt -Verify 1 -verify_return_error -www"
    process.arguments =
      "s_server -accept 127.0.0.1:\(port) -cert server.crt -key server.key -quiet \(mode)"
      .split(separator: " ").map(String.init)
    process.standardError = FileHandle.nullDevice
    process.standardOutput = protocols == nil ? FileHandle.nullDevice : received
    process.standardInput = protocols == nil ? FileHandle.nullDevice : answers
    try process.run()
  }

  /// Now, and not when the last reference has gone.
  func stop() { kill(process.processIdentifier, SIGKILL) }

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
