import Foundation
internal import HTTPTransport
internal import KubernetesModel
import Synchronization

/// How a client proves who it is, beside a client certificate. Descriptions never show a secret.
public enum Credentials: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  case none
  case token(String)
  /// Read again after 60 seconds, since kubelets renew it.
  case tokenFile(String)
  case basic(user: String, password: String)
  /// A program that gives a token (`client.authentication.k8s.io`).
  case plugin(CredentialPlugin)

  public var description: String {
    switch self {
    case .none: "no credentials"
    case .token: "a token"
    case .tokenFile(let path): "the token in \(path)"
    case .basic(let user, _): "user \(user)"
    case .plugin(let plugin): "the program \(plugin.command)"
    }
  }

  public var debugDescription: String { description }
  public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Acts as somebody else, where the server allows it.
public struct Impersonation: Sendable, Equatable {
  public var user: String
  public var groups: [String]
  public var uid: String?
  /// Whatever else authenticators know of a user, such as scopes.
  public var extra: [String: [String]]

  public init(user: String, groups: [String] = [], uid: String? = nil, extra: [String: [String]] = [:]) {
    self.user = user
    self.groups = groups
    self.uid = uid
    self.extra = extra
  }

  func add(to headers: inout HTTPHeaders) {
    headers["Impersonate-User"] = user
    for group in groups { headers.append("Impersonate-Group", group) }
    if let uid { headers["Impersonate-Uid"] = uid }
    for (key, values) in extra.sorted(by: { $0.key < $1.key }) {
      // Keys may hold what a header's name may not, such as slashes.
      for value in values { headers.append("Impersonate-Extra-\(key.percentEncoded)", value) }
    }
  }
}

/// What goes with one request to prove who sends it.
struct Proof: Sendable {
  var authorization: String?
  var certificate: ClientCertificate?
  /// Which finding this is; a refusal of an older one says nothing about the present.
  var generation = 0
}

/// Finds the proof for each request, and keeps what it took to find it.
final class CredentialSource: Sendable {
  private struct State {
    var proof: Proof?
    var tokenReadAt: Duration = .zero
    var expires: Timestamp?
    var generation = 0
  }

  private let credentials: Credentials
  private let time: TimeSource
  private let state = Mutex(State())
  private let flight = SingleFlight<Proof>()

  init(_ credentials: Credentials, time: TimeSource) {
    self.credentials = credentials
    self.time = time
  }

  /// Errors: `.configuration` where no proof can be had and none is left from before.
  func proof() async throws(KubernetesError) -> Proof {
    switch credentials {
    case .none: return Proof()
    case .token(let token): return Proof(authorization: "Bearer \(token)")
    case .basic(let user, let password):
      return Proof(authorization: "Basic " + Base64.encode("\(user):\(password)".utf8))
    case .tokenFile(let path): return try proof(fromFile: path)
    case .plugin(let plugin):
      if let proof = unexpired { return proof }
      return try await flight.value { [self] in
        // Somebody else's attempt may just have landed.
        if let proof = unexpired { return .success(proof) }
        do throws(KubernetesError) {
          let answer = try await plugin.run()
          let proof = Proof(authorization: answer.token.map { "Bearer \($0)" }, certificate: answer.certificate)
          return .success(keep(proof, until: answer.expires))
        } catch {
          return .failure(error)
        }
      }
    }
  }

  /// Forgets what was refused; false where there is nothing that could be found anew.
  func renew(_ refused: Proof) -> Bool {
    switch credentials {
    case .none, .token, .basic: return false
    case .tokenFile, .plugin:
      state.withLock { state in
        if state.proof?.generation == refused.generation { state.proof = nil }
      }
      return true
    }
  }

  /// Shortly before its end a token may be refused when it arrives.
  private static let margin = 10.0

  private var unexpired: Proof? {
    let now = time.wall()
    return state.withLock { state in
      guard let expires = state.expires, expires.seconds(since: now) <= Self.margin else { return state.proof }
      return nil
    }
  }

  private func keep(_ proof: Proof, until expires: Timestamp?) -> Proof {
    let now = time.monotonic()
    return state.withLock { state in
      state.generation += 1
      var proof = proof
      proof.generation = state.generation
      state.proof = proof
      state.expires = expires
      state.tokenReadAt = now
      return proof
    }
  }

  /// Kubelets renew the file long before the token in it ends.
  private static let tokenLifetime = Duration.seconds(60)

  /// A file that is unreadable or empty for a moment, while it is renewed, leaves the old token in use.
  private func proof(fromFile path: String) throws(KubernetesError) -> Proof {
    let now = time.monotonic()
    let old = state.withLock { state in state.proof.map { (proof: $0, readAt: state.tokenReadAt) } }
    if let old, now - old.readAt < Self.tokenLifetime { return old.proof }
    let text = (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    if let text, !text.isEmpty { return keep(Proof(authorization: "Bearer \(text)"), until: nil) }
    guard let old else {
      throw .configuration("the token file \(path) cannot be read or is empty; check the path and its permissions")
    }
    return old.proof
  }
}
