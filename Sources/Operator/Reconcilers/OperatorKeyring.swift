import Decisions
import Foundation
package import KubernetesClient
import KubernetesModel
package import Logging
import OperatorIdentity

/// The keys with which the operator signs what it asks of servers, in a Secret of its own namespace that all its replicas share.
///
/// The Secret is made where it is missing; a key older than a month gets a successor, and the one before it goes. Both are
/// published. Whoever deletes the Secret gets a new key, and none of the old ones is published any more.
package actor OperatorKeyring {
  private let api: any KubernetesAPI
  private let namespace: String
  private let time: TimeSource
  private let logger: Logger
  private var known: (keys: OperatorKeys?, at: Duration)?
  private var reading: Task<OperatorKeys?, any Error>?

  package static let secretName = OperatorAccess.keysSecret
  private static let key = "keys.json"
  /// Seconds after which a key gets a successor.
  private static let age = 30.0 * 86_400
  /// How long what was read is believed.
  private static let memory = Duration.seconds(60)

  /// - Parameter namespace: The operator's own.
  package init(api: any KubernetesAPI, namespace: String, time: TimeSource = .system, logger: Logger) {
    self.api = api
    self.namespace = namespace
    self.time = time
    self.logger = logger
  }

  /// Nil: the operator may not keep a Secret; then servers take their tables from the mounted file only.
  ///
  /// Errors: the API server cannot answer, and nothing is known from before.
  func keys() async throws -> OperatorKeys? {
    if let known, time.monotonic() - known.at < Self.memory { return known.keys }
    let task = reading ?? Task { try await self.read() }
    reading = task
    defer { reading = nil }
    let keys: OperatorKeys?
    do {
      keys = try await task.value
    } catch {
      guard let known else { throw error }
      logger.warning(
        "the operator's keys cannot be read just now, those that are known go on", metadata: ["error": "\(error)"])
      keys = known.keys
    }
    known = (keys, time.monotonic())
    return keys
  }

  private func read() async throws(KubernetesError) -> OperatorKeys? {
    do throws(KubernetesError) {
      do throws(KubernetesError) {
        return try await current()
      } catch {
        // Another replica was first.
        guard error.isConflict || error.isAlreadyExists else { throw error }
        return try await current()
      }
    } catch {
      guard error.isRefusal else { throw error }
      logger.error(
        "the operator may not keep its keys: servers take new routing tables from the mounted file only, after a minute",
        metadata: ["secret": "\(namespace)/\(Self.secretName)", "error": "\(error)"])
      return nil
    }
  }

  private func current() async throws(KubernetesError) -> OperatorKeys {
    let now = time.wall().secondsSince1970
    let found = try await api.find(Secret.self, namespace: namespace, name: Self.secretName)
    var stored =
      found?.bytes(Self.key).flatMap { (try? JSONValue(parsing: $0))?.value(StoredKeys.self) } ?? StoredKeys()
    stored.keys.removeAll { $0.signingKey == nil }
    if let newest = stored.keys.last, now - newest.created < Self.age { return stored.usable }
    let former = stored
    stored.keys =
      stored.keys.suffix(1) + [StoredKeys.Key(created: now.rounded(.down), secret: OperatorSigningKey().secret)]
    let data = [Self.key: Base64.encode(JSONValue.document(stored).bytes)]
    if var secret = found {
      secret.data = data
      do throws(KubernetesError) {
        _ = try await api.update(secret)
      } catch {
        // The key of before has no end.
        guard !former.keys.isEmpty, error.isRefusal else { throw error }
        logger.error(
          "the operator's key cannot get its successor",
          metadata: ["secret": "\(namespace)/\(Self.secretName)", "error": "\(error)"])
        return former.usable
      }
    } else {
      _ = try await api.create(
        Secret(
          metadata: ObjectMeta(
            name: Self.secretName, namespace: namespace, labels: ["app.kubernetes.io/part-of": "apus"]),
          data: data, type: "Opaque"))
    }
    logger.notice("a new key signs what is asked of servers", metadata: ["keys": "\(stored.usable.signing.map(\.id))"])
    return stored.usable
  }
}

/// What the Secret holds: the oldest first.
private struct StoredKeys: Codable {
  struct Key: Codable {
    /// Seconds since 1970.
    var created: Double
    var secret: String

    var signingKey: OperatorSigningKey? { OperatorSigningKey(secret: secret) }
  }

  var keys: [Key] = []

  var usable: OperatorKeys { OperatorKeys(signing: keys.compactMap(\.signingKey)) }
}

/// The keys of a moment, the oldest first.
struct OperatorKeys: Sendable {
  var signing: [OperatorSigningKey]

  /// What the servers of a model are to know.
  func published(for model: ObjectKey) -> OperatorPublicKeys {
    OperatorPublicKeys(model: "\(model)", keys: signing.map(\.publicKey))
  }

  /// The key that servers know for the longest: a new one has to reach them with the ConfigMap first.
  /// - Parameter published: What the ConfigMap said before.
  func key(knownBy published: OperatorPublicKeys?) -> OperatorSigningKey? {
    let known = Set(published?.keys.map(\.id) ?? [])
    return signing.first { known.contains($0.id) } ?? signing.last
  }
}

/// Signs what is asked of one model's servers.
package struct RequestSigner: Sendable {
  let key: OperatorSigningKey
  let model: ObjectKey
  /// Seconds since 1970.
  let now: @Sendable () -> Double

  /// `Authorization` of a request.
  func authorization(_ method: String, _ target: String, of address: String, _ body: [UInt8] = []) -> String? {
    let call = OperatorCall(
      address: address, model: "\(model)", method: method, target: target, body: Data(body))
    return (try? key.token(for: call, at: now())).map { "Bearer \($0)" }
  }
}

extension KubernetesError {
  /// A no to what was asked, by rights, by a webhook or by a rule: asking at once again changes nothing. Another writer or a server
  /// that is busy is none.
  fileprivate var isRefusal: Bool {
    guard let code = refusal?.code else { return false }
    return (400..<500).contains(code) && ![408, 409, 429].contains(code)
  }
}

extension JSONValue {
  fileprivate func value<Value: Decodable>(_ type: Value.Type) -> Value? { try? decode(as: type) }
}
