import OperatorIdentity
import WorkerContract

/// Who may do what on one of the two ports, decided by a request's head.
///
/// On the admin port everything but probes and scrapes needs a proof: the operator's signature, which is good for all of it, or
/// a client's token with the right. The routing table is the operator's alone.
struct PortGate: Sendable {
  let listener: Listener
  /// Nil: no token is asked for.
  let clients: ClientTokens?
  /// Nil on the public port, and on an admin port that was opened to everybody.
  let operators: OperatorAccess?

  /// Whether everybody may do everything that the port has.
  var isOpen: Bool { clients == nil && operators == nil }

  enum Verdict: Sendable {
    case admitted(Authority)
    case refused(Answer)
  }

  /// - Parameters:
  ///   - access: That of the endpoint.
  ///   - right: What a token has to allow; nil: any token will do.
  func verdict(
    _ access: Endpoint.Access, _ right: ServingRight?, method: String, target: String, _ headers: RequestHeaders
  ) -> Verdict {
    if access.isOpen(on: listener) { return .admitted(.granted) }
    guard let operators else { return client(access, right, headers) }
    let refusal: OperatorTokenRefusal
    do throws(OperatorTokenRefusal) {
      return .admitted(
        .operator(body: try operators.signedBody(headers.authorization, method: method, target: target)))
    } catch {
      refusal = error
    }
    if access == .operator {
      guard operators.isKeyed else { return .admitted(.nobody) }
      return .refused(.operatorOnly(headers.authorization == nil ? nil : refusal))
    }
    guard clients != nil else { return .refused(Self.closed(right)) }
    return client(access, right, headers)
  }

  private func client(_ access: Endpoint.Access, _ right: ServingRight?, _ headers: RequestHeaders) -> Verdict {
    switch clients?.verdict(on: headers.authorization) {
    case nil: return .admitted(.granted)
    case .valid(let rights):
      // On an open admin port a token stands for the operator only where it may do everything.
      if access == .operator, !rights.isSuperset(of: ServingRight.allCases) {
        return .refused(Self.lackingAll(of: rights))
      }
      guard let right, !rights.contains(right) else { return .admitted(.granted) }
      return .refused(Self.lacking(right, of: rights))
    case .missing:
      return .refused(
        Self.unauthorized(
          "The request needs the header 'Authorization: Bearer TOKEN' with one of this server's tokens.", "Bearer"))
    case .wrong:
      return .refused(
        Self.unauthorized(
          "The bearer token in Authorization is not one of this server's tokens.", #"Bearer error="invalid_token""#))
    }
  }

  private static func unauthorized(_ message: String, _ challenge: String) -> Answer {
    var answer = Answer.error(401, message)
    answer.challenge = challenge
    // What may follow is not read for somebody unknown.
    answer.closes = true
    return answer
  }

  /// There are no tokens that could open it.
  private static func closed(_ right: ServingRight?) -> Answer {
    unauthorized(
      "This port answers only probes, scrapes and the operator: no tokens were made for this server. Name some in "
        + "spec.serving.security" + (right.map { " with the right \($0.rawValue)" } ?? "") + ".", "Bearer")
  }

  private static func lacking(_ right: ServingRight, of rights: Set<ServingRight>) -> Answer {
    lacking("The token has not the right \(right.rawValue), which this needs", [right], of: rights)
  }

  private static func lackingAll(of rights: Set<ServingRight>) -> Answer {
    lacking("The token has not all rights, which this needs", ServingRight.allCases, of: rights)
  }

  /// RFC 6750, 3.1.
  private static func lacking(_ message: String, _ needed: [ServingRight], of rights: Set<ServingRight>) -> Answer {
    let given = rights.map(\.rawValue).sorted().joined(separator: ", ")
    var answer = Answer.error(403, "\(message); it has \(given.isEmpty ? "none" : given).")
    let scope = needed.map(\.rawValue).joined(separator: " ")
    answer.challenge = #"Bearer error="insufficient_scope", scope="\#(scope)""#
    answer.closes = true
    return answer
  }
}
