import Foundation
import KubernetesModel
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import TestSupport
import Testing

@testable import LocalCluster

@Suite("Probes that ask with HTTPS")
struct SecureProbeTests {
  private static let openssl = "/usr/bin/openssl"
  private static let hasOpenSSL = FileManager.default.isExecutableFile(atPath: openssl)

  /// A server that is ready and not alive, with a certificate that nobody vouches for.
  private func withServer(_ body: (Int) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("probe-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let status = try await blocking {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: Self.openssl)
      process.currentDirectoryURL = folder
      process.arguments = "req -x509 -newkey rsa:2048 -nodes -subj /CN=stranger -days 2 -keyout key -out certificate"
        .split(separator: " ").map(String.init)
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      return process.terminationStatus
    }
    try #require(status == 0)
    let certificates = try NIOSSLCertificate.fromPEMFile(folder.appendingPathComponent("certificate").path)
    let key = try NIOSSLPrivateKey(file: folder.appendingPathComponent("key").path, format: .pem)
    let context = try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key)))
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          try pipeline.addHandler(NIOSSLServerHandler(context: context))
          try pipeline.configureHTTPServerPipeline()
          try pipeline.addHandler(ReadyAndNotAlive())
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    try await body(try #require(server.localAddress?.port))
    try await server.close()
  }

  private func probe(_ scheme: String, _ path: String, _ port: Int) async throws -> ProbeResult {
    let json: JSONValue = [
      "httpGet": ["path": .string(path), "port": .integer(Int64(port)), "scheme": .string(scheme)],
      "timeoutSeconds": 30,
    ]
    let container = ContainerSpecification(json: [:])
    let probe = try #require(ProbeSpecification(json, container: container))
    return await ProbeRun(probe: probe, address: "127.0.0.1") { _, _ in .success }.result()
  }

  @Test("take any certificate and judge by the status", .enabled(if: hasOpenSSL))
  func status() async throws {
    try await withServer { port in
      #expect(try await probe("HTTPS", "/ready", port) == .success)
      #expect(try await probe("HTTPS", "/alive", port) == .failure("HTTP probe failed with statuscode: 503"))
      guard case .failure = try await probe("HTTP", "/ready", port) else {
        Issue.record("a server that speaks TLS answers nobody else")
        return
      }
    }
  }

  @Test("say where nobody listens")
  func nobody() async throws {
    let closed = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(closed.localAddress?.port)
    try await closed.close()
    guard case .failure(let why) = try await probe("HTTPS", "/ready", port) else {
      Issue.record("nobody answered, and that was a success")
      return
    }
    #expect(why.hasPrefix("Get \"https://127.0.0.1:\(port)/ready\": "))
  }
}

private final class ReadyAndNotAlive: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(let request) = unwrapInboundIn(data) else { return }
    let head = HTTPResponseHead(
      version: .http1_1, status: request.uri == "/ready" ? .ok : .serviceUnavailable, headers: ["content-length": "0"])
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
  }
}
