import Foundation
internal import HTTPTransport
internal import KubernetesModel
import Synchronization

/// How a client proves who it is, beside a client certificate. Descriptions never show a secret.
public enum Credentials: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible {
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
}

/// Acts as somebody else, where the server allows it.
public struct Impersonation: Sendable, Equatable {
  public var user: String
  public var groups: [String]
  public var uid: String?

  public init(user: String, groups: [String] = [], uid: String? = nil) {
    self.user = user
    self.groups = groups
    self.uid = uid
  }

  func add(to headers: inout HTTPHeaders) {
    headers["Impersonate-User"] = user
    for group in groups { headers.append("Impersonate-Group", group) }
    if let uid { headers["Impersonate-Uid"] = uid }
  }
}

/// Gives the `Authorization` header of each request, and keeps what it took to find it.
final class CredentialSource: Sendable {
  private struct Cached {
    var token: String
    /// On the monotonic clock.
    var goodUntil: Duration
  }

  private let credentials: Credentials
  private let time: TimeSource
  private let cached = Mutex<Cached?>(nil)

  init(_ credentials: Credentials, time: TimeSource) {
    self.credentials = credentials
    self.time = time
  }

  /// Errors: `.configuration` where no token can be had and none is left from before.
  func authorization() async throws(KubernetesError) -> String? {
    switch credentials {
    case .none: return nil
    case .token(let token): return "Bearer \(token)"
    case .basic(let user, let password): return "Basic " + Base64.encode("\(user):\(password)".utf8)
    case .tokenFile(let path): return "Bearer \(try token(fromFile: path))"
    case .plugin(let plugin):
      if let token = fresh { return "Bearer \(token)" }
      let answer = try await plugin.run(now: time.wall())
      let lifetime = answer.expires.map { Duration.seconds(max(0, $0.seconds(since: time.wall()) - 10)) }
      keep(answer.token, for: lifetime ?? .seconds(365 * 86400))
      return "Bearer \(answer.token)"
    }
  }

  /// Forgets what was found; false where there is nothing that could be found anew.
  func renew() -> Bool {
    switch credentials {
    case .none, .token, .basic: return false
    case .tokenFile, .plugin:
      cached.withLock { $0 = nil }
      return true
    }
  }

  private var fresh: String? {
    let now = time.monotonic()
    return cached.withLock { cached in cached.flatMap { now < $0.goodUntil ? $0.token : nil } }
  }

  private func keep(_ token: String, for lifetime: Duration) {
    let until = time.monotonic() + lifetime
    cached.withLock { $0 = Cached(token: token, goodUntil: until) }
  }

  /// A file that is unreadable or empty for a moment, while it is renewed, leaves the old token in use.
  private func token(fromFile path: String) throws(KubernetesError) -> String {
    if let token = fresh { return token }
    let text = (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    if let text, !text.isEmpty {
      keep(text, for: .seconds(60))
      return text
    }
    guard let old = cached.withLock({ $0?.token }) else {
      throw .configuration("the token file \(path) cannot be read or is empty; check the path and its permissions")
    }
    return old
  }
}
