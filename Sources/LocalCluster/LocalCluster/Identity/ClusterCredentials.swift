internal import Crypto
internal import Foundation
internal import NIOSSL

/// By what the API server knows its clients, and they it: the token of the one who runs the cluster, the key that signs
/// the tokens of pods, and the certificate.
package struct ClusterCredentials: Sendable {
  /// Of the one who runs the cluster: 32 bytes of the system's generator, as 64 hexadecimal digits.
  package let token: String
  let signingKey: SymmetricKey
  let certificate: ServerCertificate

  /// PEM of the certificate that clients trust.
  package var authority: String { certificate.authority }

  /// New ones, which are kept nowhere.
  package init() throws {
    token = SecretBytes.make(32).map { String($0 >> 4, radix: 16) + String($0 & 0xF, radix: 16) }.joined()
    signingKey = SymmetricKey(size: .bits256)
    certificate = try ServerCertificate.make(at: Date())
  }

  private init(token: String, signingKey: SymmetricKey, certificate: ServerCertificate) {
    self.token = token
    self.signingKey = signingKey
    self.certificate = certificate
  }

  /// Those of a state folder, so that kubectl's contexts of before stay good. Where the folder has none, where the file
  /// cannot be read, or where others could read it, new ones are made and kept there.
  ///
  /// Errors: the file cannot be written.
  package init(folder: String) throws(CredentialsFailure) {
    let path = folder + "/credentials.json"
    let kept = Self.read(path)
    if let kept, kept.certificate.isUsable(at: Date()) {
      self = kept
      return
    }
    do {
      var fresh = try ClusterCredentials()
      if let kept {
        fresh = ClusterCredentials(token: kept.token, signingKey: kept.signingKey, certificate: fresh.certificate)
      }
      try PrivateFile.replace(path, with: Array(try JSONEncoder().encode(Kept(fresh))))
      self = fresh
    } catch {
      throw CredentialsFailure(file: path, reason: FileFailure.reason(error))
    }
  }

  /// The file's content.
  private struct Kept: Codable {
    var token: String
    var signingKey: Data
    var certificate: ServerCertificate

    init(_ credentials: ClusterCredentials) {
      token = credentials.token
      signingKey = credentials.signingKey.withUnsafeBytes { Data($0) }
      certificate = credentials.certificate
    }
  }

  private static func read(_ path: String) -> ClusterCredentials? {
    guard let bytes = PrivateFile.read(path), let kept = try? JSONDecoder().decode(Kept.self, from: Data(bytes)),
      kept.token.utf8.count == 64, kept.token.allSatisfy(\.isHexDigit), kept.signingKey.count == 32
    else { return nil }
    let credentials = ClusterCredentials(
      token: kept.token, signingKey: SymmetricKey(data: kept.signingKey), certificate: kept.certificate)
    return (try? credentials.security()) == nil ? nil : credentials
  }

  /// What the API server speaks TLS with: 1.2 or 1.3, and HTTP/1.1 within.
  func security() throws -> NIOSSLContext {
    let chain = try NIOSSLCertificate.fromPEMBytes(Array(certificate.certificate.utf8))
    let key = try NIOSSLPrivateKey(bytes: Array(certificate.key.utf8), format: .pem)
    var settings = TLSConfiguration.makeServerConfiguration(
      certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
    settings.minimumTLSVersion = .tlsv12
    settings.applicationProtocols = ["http/1.1"]
    return try NIOSSLContext(configuration: settings)
  }

  /// Whether this is the token of the one who runs the cluster. Takes equally long wherever the two differ.
  func isOwner(_ other: String) -> Bool {
    SHA256.hash(data: Data(other.utf8)) == SHA256.hash(data: Data(token.utf8))
  }
}

/// Why credentials cannot be kept.
package struct CredentialsFailure: Error, Sendable, CustomStringConvertible {
  package var file: String
  package var reason: String

  package var description: String {
    "the cluster's credentials cannot be written to \(file): \(reason); free space or choose another folder with --state"
  }
}

/// Bytes of the system's generator (`getrandom`).
enum SecretBytes {
  static func make(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }
}
