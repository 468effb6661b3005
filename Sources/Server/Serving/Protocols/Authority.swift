import OperatorIdentity

/// In whose name an endpoint is asked.
enum Authority: Sendable, Equatable {
  /// Somebody who may: by a token, or because nothing is asked for.
  case granted
  /// The operator, who has signed this request.
  /// - Parameter body: SHA-256 of the body that it has signed.
  case `operator`(body: String)
  /// Somebody unknown, where no keys are mounted by which the operator could be known.
  case nobody

  /// What names the operator's own right in a challenge.
  static let realm = "apus-operator"
}

extension Answer {
  /// 401: only the operator may do this.
  /// - Parameter refusal: What is wrong with the token that was brought; nil: there was none of the operator's.
  static func operatorOnly(_ refusal: OperatorTokenRefusal?) -> Answer {
    let reason = refusal.map { "The token \($0)." } ?? "The request has no token that the operator has signed."
    var answer = Answer.error(401, "Only the operator changes the routing table. " + reason)
    answer.challenge =
      #"Bearer realm="\#(Authority.realm)""# + (refusal == nil ? "" : #", error="invalid_token""#)
    answer.closes = true
    return answer
  }
}
