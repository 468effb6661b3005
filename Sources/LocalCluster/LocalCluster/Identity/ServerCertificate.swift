internal import Crypto
internal import Foundation

/// The API server's certificate and the authority that signed it: ECDSA on P-256 (RFC 5280, RFC 5480), as PEM.
///
/// The authority's key is forgotten once it has signed, so nothing else can ever be signed with it.
struct ServerCertificate: Codable, Sendable, Equatable {
  var authority: String
  var certificate: String
  /// PKCS #8.
  var key: String
  /// Seconds since 1970.
  var notBefore: Double
  var notAfter: Double

  /// For 127.0.0.1 and localhost, for ten years.
  static func make(at now: Date) throws -> ServerCertificate {
    let signer = P256.Signing.PrivateKey()
    let key = P256.Signing.PrivateKey()
    // A clock that was ahead when the certificate was made must not lock anybody out.
    let validity = now.addingTimeInterval(-86_400)...now.addingTimeInterval(3_650 * 86_400)
    let authority = Certificate(
      subject: "apus local cluster", issuer: "apus local cluster", validity: validity, key: signer.publicKey,
      issuerKey: signer.publicKey, isAuthority: true)
    let certificate = Certificate(
      subject: "apus", issuer: "apus local cluster", validity: validity, key: key.publicKey,
      issuerKey: signer.publicKey, isAuthority: false)
    return ServerCertificate(
      authority: try authority.pem(signedWith: signer), certificate: try certificate.pem(signedWith: signer),
      key: key.pemRepresentation, notBefore: validity.lowerBound.timeIntervalSince1970,
      notAfter: validity.upperBound.timeIntervalSince1970)
  }

  /// Whether clients accept it now and for another month.
  func isUsable(at now: Date) -> Bool {
    let now = now.timeIntervalSince1970
    return notBefore <= now && now + 30 * 86_400 < notAfter
  }
}

/// What a certificate says (RFC 5280, section 4.1).
private struct Certificate {
  var subject: String
  var issuer: String
  var validity: ClosedRange<Date>
  var key: P256.Signing.PublicKey
  var issuerKey: P256.Signing.PublicKey
  var isAuthority: Bool

  func pem(signedWith signer: P256.Signing.PrivateKey) throws -> String {
    let statement = statement
    let signature = try signer.signature(for: Data(statement)).derRepresentation
    let whole = DER.sequence(statement, Self.algorithm, DER.bits(Array(signature)))
    let text = Data(whole).base64EncodedString(options: [.lineLength64Characters, .endLineWithLineFeed])
    return "-----BEGIN CERTIFICATE-----\n\(text)\n-----END CERTIFICATE-----\n"
  }

  /// ecdsa-with-SHA256
  private static let algorithm = DER.sequence(DER.identifier([0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]))

  private var statement: [UInt8] {
    DER.sequence(
      DER.tagged(0xA0, DER.integer([2])), DER.integer(Self.serial), Self.algorithm, Self.name(issuer),
      DER.sequence(DER.time(validity.lowerBound), DER.time(validity.upperBound)), Self.name(subject),
      Array(key.derRepresentation), DER.tagged(0xA3, DER.sequence(extensions.flatMap(\.self))))
  }

  /// Positive, with 127 bits of chance.
  private static var serial: [UInt8] {
    var bytes = SecretBytes.make(16)
    bytes[0] = bytes[0] & 0x3F | 0x40
    return bytes
  }

  private static func name(_ common: String) -> [UInt8] {
    DER.sequence(
      DER.tagged(0x31, DER.sequence(DER.identifier([0x55, 0x04, 0x03]), DER.tagged(0x0C, Array(common.utf8)))))
  }

  private static func identifier(of key: P256.Signing.PublicKey) -> [UInt8] {
    Array(SHA256.hash(data: key.x963Representation).prefix(20))
  }

  private var extensions: [[UInt8]] {
    var extensions = [
      Self.fact(0x0E, DER.tagged(0x04, Self.identifier(of: key))),
      Self.fact(0x23, DER.sequence(DER.tagged(0x80, Self.identifier(of: issuerKey)))),
    ]
    if isAuthority {
      // May sign certificates, and nothing else.
      extensions.append(Self.fact(0x13, isCritical: true, DER.sequence(DER.truth, DER.integer([0]))))
      extensions.append(Self.fact(0x0F, isCritical: true, DER.tagged(0x03, [2, 0x04])))
    } else {
      extensions.append(Self.fact(0x13, isCritical: true, DER.sequence()))
      extensions.append(Self.fact(0x0F, isCritical: true, DER.tagged(0x03, [7, 0x80])))
      extensions.append(
        Self.fact(0x25, DER.sequence(DER.identifier([0x2B, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01]))))
      let names = DER.tagged(0x82, Array("localhost".utf8)) + DER.tagged(0x87, [127, 0, 0, 1])
      extensions.append(Self.fact(0x11, DER.sequence(names)))
    }
    return extensions
  }

  /// An extension of id-ce (2.5.29.`number`).
  private static func fact(_ number: UInt8, isCritical: Bool = false, _ value: [UInt8]) -> [UInt8] {
    DER.sequence(DER.identifier([0x55, 0x1D, number]), isCritical ? DER.truth : [], DER.tagged(0x04, value))
  }
}

/// As much of DER (X.690) as certificates need.
private enum DER {
  static let truth: [UInt8] = [0x01, 0x01, 0xFF]

  static func tagged(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] { [tag] + length(content.count) + content }

  static func sequence(_ parts: [UInt8]...) -> [UInt8] { tagged(0x30, parts.flatMap(\.self)) }

  /// The first bit must be 0.
  static func integer(_ bytes: [UInt8]) -> [UInt8] { tagged(0x02, bytes) }

  static func identifier(_ bytes: [UInt8]) -> [UInt8] { tagged(0x06, bytes) }

  static func bits(_ bytes: [UInt8]) -> [UInt8] { tagged(0x03, [0] + bytes) }

  /// UTCTime until 2049, GeneralizedTime afterwards.
  static func time(_ date: Date) -> [UInt8] {
    let digits = TimeText.text(date).filter(\.isNumber) + "Z"
    return digits < "2050" ? tagged(0x17, Array(digits.dropFirst(2).utf8)) : tagged(0x18, Array(digits.utf8))
  }

  private static func length(_ count: Int) -> [UInt8] {
    if count < 0x80 { return [UInt8(count)] }
    var bytes: [UInt8] = []
    var rest = count
    while rest > 0 {
      bytes.insert(UInt8(rest & 0xFF), at: 0)
      rest >>= 8
    }
    return [0x80 | UInt8(bytes.count)] + bytes
  }
}
