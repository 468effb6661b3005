import Crypto
import Foundation
import JSON
import Values

/// A key with which the operator signs its requests (Ed25519, RFC 8032). Describing it never shows it.
package struct OperatorSigningKey: Sendable, CustomStringConvertible, CustomReflectable {
  /// The beginning of the public key's SHA-256.
  package let id: String
  package let publicKey: OperatorPublicKeys.Key
  private let key: Curve25519.Signing.PrivateKey

  /// A new one.
  package init() { self.init(Curve25519.Signing.PrivateKey()) }

  /// The key that `secret` gave; nil where the text is not one.
  package init?(secret: String) {
    guard let bytes = Base64URL.decode(secret), let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
    else { return nil }
    self.init(key)
  }

  private init(_ key: Curve25519.Signing.PrivateKey) {
    self.key = key
    let bytes = key.publicKey.rawRepresentation
    id = String(Figures.hexadecimal(SHA256.hash(data: bytes)).prefix(16))
    publicKey = OperatorPublicKeys.Key(id: id, publicKey: Base64URL.encode(bytes))
  }

  /// For the operator's Secret only.
  package var secret: String { Base64URL.encode(key.rawRepresentation) }

  /// A token for one request, good for a minute.
  /// - Parameter now: Seconds since 1970.
  package func token(for call: OperatorCall, at now: Double) throws -> String {
    let issued = Int(now)
    let claims = OperatorClaims(
      iss: OperatorClaims.issuer, aud: call.address, sub: call.model, iat: issued,
      exp: issued + OperatorClaims.lifetime, method: call.method, target: call.target,
      body: OperatorCall.digest(of: call.body))
    let signed = OperatorPublicKeys.head(of: id) + "." + Base64URL.encode(try JSONValue(encoding: claims).bytes)
    return signed + "." + Base64URL.encode(try key.signature(for: Data(signed.utf8)))
  }

  package var description: String { "operator key \(id)" }
  package var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}
