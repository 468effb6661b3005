/// What a token says: a JWT (RFC 7519) with these members, all of them required.
struct OperatorClaims: Codable, Sendable, Equatable {
  /// Who has signed.
  var iss: String
  /// The pod that is asked.
  var aud: String
  /// The model whose server is asked.
  var sub: String
  /// Seconds since 1970.
  var iat: Int
  var exp: Int
  /// Of the request.
  var method: String
  var target: String
  /// SHA-256 of the body.
  var body: String

  static let issuer = "apus-operator"
  /// Seconds for which a token holds.
  static let lifetime = 60
  /// Seconds by which the clocks of two machines may differ.
  static let leeway = 30.0
  /// Bytes of a token; what is longer is not looked at.
  static let longest = 4096
}
