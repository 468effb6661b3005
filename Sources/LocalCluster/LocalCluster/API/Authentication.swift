internal import ClusterState
internal import KubernetesModel

/// Finds out who sends a request, by its bearer token.
struct Authentication: Sendable {
  let credentials: ClusterCredentials
  let store: ClusterStore

  /// Errors: 401 where a token is given that is not good, and where none is given for what only known users may have.
  func user(authorization: String?, isPublic: Bool) async throws(StatusError) -> RequestUser {
    guard let token = Self.token(in: authorization) else {
      guard isPublic else { throw .unauthorized }
      return .anonymous
    }
    guard let (user, _) = await verified(token, for: [PodToken.issuer]) else { throw .unauthorized }
    return user
  }

  /// What anybody may `GET`, as with Kubernetes' `system:public-info-viewer`.
  static func isPublic(_ method: String, _ path: [String]) -> Bool {
    method == "GET" && path.count == 1 && ["healthz", "livez", "readyz", "version"].contains(path[0])
  }

  /// The status of a TokenReview.
  func review(_ review: JSONValue?) async -> JSONValue {
    let asked = (review?[path: "spec", "audiences"]?.array ?? []).compactMap(\.string)
    let audiences = asked.isEmpty ? [PodToken.issuer] : asked
    guard let token = review?[path: "spec", "token"]?.string,
      let (user, matching) = await verified(token, for: audiences)
    else { return ["authenticated": false, "error": "the token is not known to this cluster"] }
    return [
      "authenticated": true, "user": user.info, "audiences": .array(matching.map(JSONValue.string)),
    ]
  }

  /// Whose token it is, and for which of these audiences; nil: it is not good, or for others.
  private func verified(_ token: String, for audiences: [String]) async -> (RequestUser, [String])? {
    if credentials.isOwner(token) {
      return audiences.contains(PodToken.issuer) ? (.owner, [PodToken.issuer]) : nil
    }
    guard let token = PodToken(token, key: credentials.signingKey) else { return nil }
    let matching = audiences.filter(token.audiences.contains)
    guard !matching.isEmpty, await store.stillHolds(token) else { return nil }
    return (token.user, matching)
  }

  /// Another scheme than `Bearer` counts as none.
  private static func token(in authorization: String?) -> String? {
    guard let authorization else { return nil }
    let parts = authorization.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
    let token = parts[1].trimmingPrefix { $0 == " " }
    return token.isEmpty ? nil : String(token)
  }
}
