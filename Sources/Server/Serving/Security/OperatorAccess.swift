import Foundation
import Logging
import OperatorIdentity
import ServiceLifecycle
import Synchronization

/// Knows the operator's requests by the public keys that are mounted beside the routing table, read again when they change.
///
/// Guarantees: a token holds for this pod, this model, this request and a minute. Without a file of keys nobody is the
/// operator; a file that cannot be read leaves the last keys in place, and at the start none.
final class OperatorAccess: Service, Sendable {
  private let path: String
  private let address: String?
  private let interval: Duration
  private let clock: @Sendable () -> Double
  private let logger: Logger
  private let contents = Mutex(Contents())

  private struct Contents {
    var keys: OperatorPublicKeys?
    var document: Data?
    var isUnreadable = false
  }

  /// - Parameters:
  ///   - path: The file of keys.
  ///   - address: That of this pod, as the cluster knows it; nil: not known, and so no token is for this server.
  ///   - interval: How often the file is looked at.
  ///   - clock: Seconds since 1970.
  init(
    path: String, address: String?, interval: Duration, clock: @escaping @Sendable () -> Double, logger: Logger
  ) {
    self.path = path
    self.address = address
    self.interval = interval
    self.clock = clock
    self.logger = logger
    load()
  }

  /// Whether there are keys by which the operator can be known.
  var isKeyed: Bool { contents.withLock { $0.keys != nil || $0.isUnreadable } }

  /// The SHA-256 of the body that the operator has signed for this request.
  func signedBody(
    _ header: String?, method: String, target: String
  ) throws(OperatorTokenRefusal) -> String {
    guard let token = BearerTokens.token(in: header), let keys = contents.withLock({ $0.keys }) else {
      throw .unreadable
    }
    guard let address else { throw .otherPod }
    return try keys.signedBody(
      token, of: OperatorCall(address: address, model: keys.model, method: method, target: target), at: clock())
  }

  /// Looks at the content rather than the time of change: a ConfigMap's files are swapped by a link, and are small.
  private func load() {
    let document = try? Data(contentsOf: URL(fileURLWithPath: path))
    let isThere = document != nil || FileManager.default.fileExists(atPath: path)
    let change = contents.withLock { contents -> String? in
      guard isThere else {
        defer { contents = Contents() }
        return contents.document == nil && !contents.isUnreadable ? nil : "no keys of the operator are mounted any more"
      }
      guard let document, let keys = OperatorPublicKeys(document) else {
        defer { contents.isUnreadable = true }
        return contents.isUnreadable ? nil : "the operator's keys cannot be read; those of before stay"
      }
      guard document != contents.document || contents.isUnreadable else { return nil }
      contents = Contents(keys: keys, document: document)
      return "the operator is known by its keys"
    }
    if let change { logger.info("\(change)", metadata: ["path": "\(path)"]) }
  }

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try? await Task.sleep(for: self.interval)
        self.load()
      }
    }
  }
}
