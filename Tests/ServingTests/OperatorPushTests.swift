import Artifacts
import Decisions
import Foundation
import HTTPTransport
import KubernetesModel
import OperatorIdentity
import Serving
import TestSupport
import Testing
import WorkerContract

@testable import Reconcilers

/// The operator's side of port 8081 and the server's, over real sockets.
@Suite(.serialized) struct OperatorPushTests {
  private static let openssl = "/usr/bin/openssl"
  private static let hasOpenSSL = FileManager.default.isExecutableFile(atPath: openssl)
  private static let model = ObjectKey(namespace: "shop", name: "income")
  /// As the tests' tables name it.
  private static let income = ObjectKey(namespace: "default", name: "income")
  private static let key = OperatorSigningKey()

  /// `NAME.crt` and `NAME.key`, for a name that no pod's address has.
  private static func make(_ name: String, in folder: URL) async throws {
    let status = try await blocking {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: openssl)
      process.currentDirectoryURL = folder
      process.arguments =
        "req -x509 -newkey rsa:2048 -nodes -subj /CN=models.example.org -days 2 -keyout \(name).key -out \(name).crt"
        .split(separator: " ").map(String.init)
      process.standardError = FileHandle.nullDevice
      try process.run()
      process.waitUntilExit()
      return process.terminationStatus
    }
    try #require(status == 0)
  }

  /// A server whose admin port shows `first`; `second` is another certificate for the same name.
  private func withSecuredServer(
    _ body: (RunningServer, _ first: [UInt8], _ second: [UInt8]) async throws -> Void
  ) async throws {
    try await withFolder { folder in
      for name in ["first", "second"] { try await Self.make(name, in: folder) }
      let place = folder.appending(path: "mounted")
      try FileManager.default.createDirectory(at: place, withIntermediateDirectories: false)
      for (from, to) in [("first.key", "tls.key"), ("first.crt", "tls.crt")] {
        try FileManager.default.copyItem(at: folder.appending(path: from), to: place.appending(path: to))
      }
      let first = try Data(contentsOf: folder.appending(path: "first.crt"))
      let second = try Data(contentsOf: folder.appending(path: "second.crt"))
      try await withServer(
        isServing: false,
        configure: { configuration, folder in
          let keys = OperatorPublicKeys(model: "\(Self.income)", keys: [Self.key.publicKey])
          try Data(keys.text.utf8).write(to: folder.appending(path: RoutingTable.keysFileName))
          // What is stored of predictions is said by the file.
          try JSONEncoder().encode(aTable()).write(to: folder.appending(path: RoutingTable.fileName))
          configuration.opensAdmin = false
          configuration.podAddress = "127.0.0.1"
          configuration.certificate = .init(folder: place.path)
          configuration.encryptsAdmin = true
        },
        { try await body($0, Array(first), Array(second)) })
    }
  }

  /// Whether the server has taken the table from the operator.
  private func isTold(
    _ server: RunningServer, _ entry: RoutingTable.Entry, revision: Int, isEncrypted: Bool = true,
    by key: OperatorSigningKey? = OperatorPushTests.key, certificate: [UInt8]?
  ) async throws -> Bool {
    var table = aTable(entry)
    table.revision = revision
    let operatorSide = RoutingConfirmations(transport: try CurlTransport(), port: server.adminPort, logger: quiet)
    let push = RoutingPush(
      pod: "uid", podName: "income-1", address: "127.0.0.1", isEncrypted: isEncrypted, revision: revision,
      digests: [entry.digest], table: JSONValue.document(table).text)
    let signer = key.map { RequestSigner(key: $0, model: Self.income) { Date().timeIntervalSince1970 } }
    return await operatorSide.push([push], of: Self.model, signer: signer, certificate: certificate) == .confirmation
  }

  @Test func `what a server says against a version reaches the operator, and goes when it is served`() async throws {
    try await withServer(isServing: false, configure: { _, _ in }) { server in
      let good = try await server.publish("v1")
      let bad = anEntry("v1", "sha256:" + String(repeating: "0", count: 64))
      let operatorSide = RoutingConfirmations(transport: try CurlTransport(), port: server.adminPort, logger: quiet)
      let pod = ServerPod(name: "income-1", uid: "uid", address: "127.0.0.1", isReady: false)
      func push(_ entry: RoutingTable.Entry, revision: Int) async -> RoutingConfirmations.News {
        await operatorSide.push(
          [
            RoutingPush(
              pod: "uid", podName: "income-1", address: "127.0.0.1", isEncrypted: false, revision: revision,
              digests: [entry.digest], table: JSONValue.document(aTable(revision: revision, entry)).text)
          ], of: Self.model)
      }
      #expect(await push(bad, revision: 1) == .refusal)
      let refusal = operatorSide.statements(of: [pod], model: Self.model).refusals["uid"]
      #expect(refusal?.hasPrefix("Version v1 cannot be loaded: ") == true, "\(refusal ?? "")")
      // The same once more is no news.
      #expect(await push(bad, revision: 1) == .none)
      #expect(await push(good, revision: 2) == .confirmation)
      #expect(operatorSide.statements(of: [pod], model: Self.model).refusals.isEmpty)
    }
  }

  @Test(.enabled(if: hasOpenSSL, "needs openssl"))
  func `the operator tells a server its table over TLS, and knows it by the certificate of the Secret`() async throws {
    try await withSecuredServer { server, first, second in
      let entry = try await server.publish("v1")
      #expect(try await isTold(server, entry, revision: 1, certificate: first))
      #expect(try await isTold(server, entry, revision: 2, certificate: first))
      // Whoever has another key is not told, nor shown what is signed, whatever its certificate says.
      #expect(try await !isTold(server, entry, revision: 3, certificate: second))
      #expect(try await !isTold(server, entry, revision: 3, certificate: nil))
      #expect(try await !isTold(server, entry, revision: 3, by: OperatorSigningKey(), certificate: first))
      #expect(try await !isTold(server, entry, revision: 3, by: nil, certificate: first))
      // No way back to plain HTTP.
      #expect(try await !isTold(server, entry, revision: 3, isEncrypted: false, certificate: first))
      #expect(try await isTold(server, entry, revision: 3, certificate: first))
    }
  }
}
