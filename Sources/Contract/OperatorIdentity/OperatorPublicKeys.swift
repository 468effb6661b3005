import Crypto
import Foundation
import JSON

/// The keys by which a model's servers know the operator. They stand beside the routing table in the ConfigMap that the
/// servers mount; nothing in them is secret.
package struct OperatorPublicKeys: Codable, Sendable, Equatable {
  /// Whose servers they are for: `namespace/name`.
  package var model: String
  /// The oldest first. Two while a new one is taken up.
  package var keys: [Key]

  package init(model: String, keys: [Key]) {
    self.model = model
    self.keys = keys
  }

  package struct Key: Codable, Sendable, Equatable {
    package var id: String
    /// 32 bytes in base64url.
    package var publicKey: String
  }

  /// Nil where the document is not one.
  package init?(_ document: some Sequence<UInt8>) {
    guard let value = try? JSONValue(parsing: Array(document)), let keys = try? value.decode(as: Self.self) else {
      return nil
    }
    self = keys
  }

  /// The document.
  package var text: String { (try? JSONValue(encoding: self))?.text ?? "" }

  /// The first part of a token that this key has signed. There is no other: a token cannot choose how it is checked.
  static func head(of id: String) -> String {
    let head: JSONValue = ["alg": "EdDSA", "kid": .string(id), "typ": "JWT"]
    return Base64URL.encode(head.bytes)
  }

  /// The SHA-256 of the body that the request has to have, where the operator has signed a token for this very request.
  /// - Parameters:
  ///   - call: Its body is not looked at: a token is checked before a body is read.
  ///   - now: Seconds since 1970.
  package func signedBody(
    _ token: some StringProtocol, of call: OperatorCall, at now: Double
  ) throws(OperatorTokenRefusal) -> String {
    guard token.utf8.count <= OperatorClaims.longest else { throw .unreadable }
    let parts = token.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
    guard parts.count == 3, let signature = Base64URL.decode(parts[2]) else { throw .unreadable }
    guard let key = keys.first(where: { Self.head(of: $0.id) == parts[0] }),
      let bytes = Base64URL.decode(key.publicKey),
      let publicKey = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
    else { throw .unknownKey }
    guard publicKey.isValidSignature(signature, for: Data("\(parts[0]).\(parts[1])".utf8)) else { throw .forged }
    guard let payload = Base64URL.decode(parts[1]), let document = try? JSONValue(parsing: payload),
      let claims = try? document.decode(as: OperatorClaims.self), claims.iss == OperatorClaims.issuer
    else { throw .unreadable }
    let latest = min(Double(claims.exp), Double(claims.iat) + Double(OperatorClaims.lifetime))
    guard Double(claims.iat) <= now + OperatorClaims.leeway, now < latest + OperatorClaims.leeway
    else { throw .untimely }
    guard claims.aud == call.address else { throw .otherPod }
    guard claims.sub == model, claims.sub == call.model else { throw .otherModel }
    guard claims.method == call.method, claims.target == call.target else { throw .otherRequest }
    return claims.body
  }
}

/// Why a token is not one of the operator's for a request; each case ends a sentence that begins with "The token".
package enum OperatorTokenRefusal: Error, Sendable, CaseIterable, CustomStringConvertible {
  case unreadable
  case unknownKey
  case forged
  case untimely
  case otherPod
  case otherModel
  case otherRequest
  case otherBody

  package var description: String {
    switch self {
    case .unreadable: "is not one of the operator"
    case .unknownKey: "was not signed with a key of the operator that this server knows"
    case .forged: "has a signature that is not the operator's"
    case .untimely: "has expired, or the clocks of the operator and this server differ by more than 30 s"
    case .otherPod: "is for another pod"
    case .otherModel: "is for another model's server"
    case .otherRequest: "is for another request"
    case .otherBody: "is for another body"
    }
  }
}
