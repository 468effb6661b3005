import Crypto
import Foundation
import Values

/// AWS Signature Version 4 for requests whose body is signed too
/// (docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html).
struct S3Signature {
  var accessKey: String
  var secretKey: String
  var region: String

  /// The value of the `Authorization` header.
  /// - Parameters:
  ///   - path: Percent-encoded, begins with a slash.
  ///   - headers: All that are signed, `host`, `x-amz-date` and `x-amz-content-sha256` among them.
  ///   - timestamp: `20130524T000000Z`, as in `x-amz-date`.
  func authorization(
    method: String, path: String, headers: [(name: String, value: String)], timestamp: String, payloadHash: String
  ) -> String {
    let sorted = headers.map { ($0.name.lowercased(), $0.value) }.sorted { $0.0 < $1.0 }
    let names = sorted.map(\.0).joined(separator: ";")
    let canonical = [
      method, path, "", sorted.map { "\($0.0):\($0.1)\n" }.joined(), names, payloadHash,
    ].joined(separator: "\n")
    let day = String(timestamp.prefix(8))
    let scope = "\(day)/\(region)/s3/aws4_request"
    let hash = ContentDigest(of: Data(canonical.utf8)).hex
    let text = "AWS4-HMAC-SHA256\n\(timestamp)\n\(scope)\n\(hash)"
    var key = Data("AWS4\(secretKey)".utf8)
    for part in [day, region, "s3", "aws4_request"] { key = Self.code(part, key: key) }
    let signature = Figures.hexadecimal(Self.code(text, key: key))
    return "AWS4-HMAC-SHA256 Credential=\(accessKey)/\(scope),SignedHeaders=\(names),Signature=\(signature)"
  }

  private static func code(_ text: String, key: Data) -> Data {
    Data(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: SymmetricKey(data: key)))
  }

  /// Percent-encodes a key for a path, slashes kept.
  static func encode(path: String) -> String {
    let plain = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
    return path.addingPercentEncoding(withAllowedCharacters: plain) ?? path
  }

  /// `20130524T000000Z`
  static func timestamp(of date: Date) -> String {
    Timestamp(secondsSince1970: date.timeIntervalSince1970).description.filter { $0 != "-" && $0 != ":" }
  }
}
