package import Foundation
package import HTTPTransport

/// Objects of one S3 bucket, read and written by signed requests in path style, which MinIO and others know too.
package struct S3Bucket: Sendable {
  /// Where the bucket is and who asks. Its description holds no secret.
  package struct Location: Sendable, CustomStringConvertible {
    package var bucket: String
    package var endpoint: String
    package var region: String
    fileprivate var accessKey: String
    fileprivate var secretKey: String
    fileprivate var sessionToken: String?
    /// The variable whose value cannot be sent.
    fileprivate var broken: String?

    /// `environment` gives `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` (without them requests are anonymous) and
    /// `AWS_SESSION_TOKEN`; where the arguments are nil also `AWS_ENDPOINT_URL` and `AWS_REGION`.
    package init(bucket: String, endpoint: String? = nil, region: String? = nil, environment: [String: String]) {
      // Secrets made from files end with a line end; an empty token is none.
      let environment = environment.filter { $0.key.hasPrefix("AWS_") }
        .mapValues { $0.trimmingCharacters(in: .whitespacesAndNewlines) }.filter { !$0.value.isEmpty }
      let region = region ?? environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? "us-east-1"
      let endpoint = endpoint ?? environment["AWS_ENDPOINT_URL"] ?? "https://s3.\(region).amazonaws.com"
      self.bucket = bucket
      self.endpoint = endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint
      self.region = region
      accessKey = environment["AWS_ACCESS_KEY_ID"] ?? ""
      secretKey = environment["AWS_SECRET_ACCESS_KEY"] ?? ""
      sessionToken = environment["AWS_SESSION_TOKEN"]
      // Such as a token that a tool has broken into lines: which of its parts are meant nobody knows.
      broken = environment.keys.sorted().first { environment[$0]?.contains(where: \.isWhitespace) == true }
    }

    /// Whether requests carry a key.
    package var isSigned: Bool { !accessKey.isEmpty }

    package var description: String { "s3://\(bucket) at \(endpoint)" }
  }

  package let location: Location
  private let transport: any HTTPTransport
  private let now: @Sendable () -> Date

  package init(_ location: Location, transport: any HTTPTransport, now: @escaping @Sendable () -> Date = { Date() }) {
    self.location = location
    self.transport = transport
    self.now = now
  }

  /// Splits `s3://bucket/a/key`; nil where there is no bucket.
  package static func split(_ uri: String) -> (bucket: String, key: String)? {
    guard uri.hasPrefix("s3://") else { return nil }
    let parts = uri.dropFirst(5).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let bucket = parts.first, !bucket.isEmpty else { return nil }
    return (String(bucket), parts.count > 1 ? String(parts[1]) : "")
  }

  /// The object's bytes; nil where there is none.
  /// - Parameter size: Throws `refused` where there are more; nil: 1 GiB.
  package func get(_ key: String, atMost size: Int? = nil) async throws(ArtifactError) -> Data? {
    let response = try await send(.get, key, body: [], atMost: size)
    return response.status == 404 ? nil : Data(response.body)
  }

  /// Stores the object, in place of what was there.
  package func put(_ data: Data, at key: String) async throws(ArtifactError) {
    let response = try await send(.put, key, body: [UInt8](data))
    guard response.status != 404 else { throw .notFound("The bucket \(location.bucket)") }
  }

  /// Takes the object away; one that is not there counts as taken away.
  package func delete(_ key: String) async throws(ArtifactError) {
    _ = try await send(.delete, key, body: [])
  }

  private func send(
    _ method: HTTPRequest.Method, _ key: String, body: [UInt8], atMost size: Int? = nil
  ) async throws(ArtifactError) -> HTTPResponse {
    if let variable = location.broken {
      throw .forbidden(
        location: location.description,
        reason: "the value of \(variable) has a line end or a blank in its middle; write it in the Secret as one line")
    }
    let base = TransportError.origin(of: location.endpoint)
    let host = base.firstRange(of: "://").map { String(base[$0.upperBound...]) } ?? base
    let prefix = String(location.endpoint.dropFirst(base.count))
    let path = prefix + S3Signature.encode(path: "/\(location.bucket)/\(key)")
    let timestamp = S3Signature.timestamp(of: now())
    let hash = ContentDigest(of: Data(body)).hex
    var signed: [(name: String, value: String)] = [
      ("Host", host), ("x-amz-content-sha256", hash), ("x-amz-date", timestamp),
    ]
    if let token = location.sessionToken { signed.append(("x-amz-security-token", token)) }
    var request = HTTPRequest(
      method, url: base + path, body: body, timeouts: HTTPTimeouts(idle: .seconds(60), total: nil))
    // An error is an answer, too.
    if let size { request.maximumBodyBytes = max(size, ArtifactBounds.manifest) }
    for (name, value) in signed.dropFirst() { request.headers.append(name, value) }
    if location.isSigned {
      let signature = S3Signature(
        accessKey: location.accessKey, secretKey: location.secretKey, region: location.region)
      request.headers["Authorization"] = signature.authorization(
        method: method.rawValue, path: path, headers: signed, timestamp: timestamp, payloadHash: hash)
    }
    let response: HTTPResponse
    do {
      response = try await transport.send(request)
    } catch {
      switch error {
      case .bodyTooLarge, .notAllowed:
        throw .refused(location: location.description, reason: error.description)
      default: break
      }
      throw .unavailable(location: location.description, reason: error.description)
    }
    switch response.status {
    case 200..<300, 404: return response
    case 401, 403: throw .forbidden(location: location.description, reason: Self.code(of: response))
    case 408, 429, 500...: throw .unavailable(location: location.description, reason: Self.code(of: response))
    default:
      let code = Self.code(of: response)
      // Amazon answers 400 to a token that has expired or that it does not know.
      guard !code.contains("Token") else { throw .forbidden(location: location.description, reason: code) }
      throw .refused(location: location.description, reason: code)
    }
  }

  /// The status, and the `Code` of S3's XML error.
  private static func code(of response: HTTPResponse) -> String {
    let text = response.text
    guard let start = text.firstRange(of: "<Code>"), let end = text.firstRange(of: "</Code>"),
      start.upperBound <= end.lowerBound
    else { return "status \(response.status)" }
    let code = text[start.upperBound..<end.lowerBound]
    // A word such as NoSuchBucket; what else a server writes there is not repeated.
    let isWord = code.utf8.count <= 60 && code.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    return isWord ? "status \(response.status), \(code)" : "status \(response.status)"
  }
}
