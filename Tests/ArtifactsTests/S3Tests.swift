import Artifacts
import Foundation
import HTTPTransport
import Synchronization
import Testing

@testable import struct Artifacts.S3Signature

/// A bucket in memory that answers as S3 does to signed GET and PUT.
private final class BucketInMemory: HTTPTransport {
  private let objects = Mutex<[String: [UInt8]]>([:])
  private let failure: Int?
  /// Requests that are answered until the bucket is away; nil: all.
  private let answers = Mutex<Int?>(nil)

  init(failure: Int? = nil) { self.failure = failure }

  var count: Int { objects.withLock { $0.count } }

  func answer(_ requests: Int?) { answers.withLock { $0 = requests } }

  /// Deletes as others do.
  func forget(_ ending: String) { objects.withLock { $0 = $0.filter { !$0.key.hasSuffix(ending) } } }

  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    let isAway = answers.withLock { left -> Bool in
      guard let some = left else { return false }
      left = some - 1
      return some <= 0
    }
    if isAway { return HTTPResponse(status: 503) }
    if let failure { return HTTPResponse(status: failure, body: Array("<Error><Code>Why</Code></Error>".utf8)) }
    guard let authorization = request.headers["Authorization"],
      authorization.hasPrefix("AWS4-HMAC-SHA256 Credential=key/"),
      request.headers["x-amz-content-sha256"] == ContentDigest(of: Data(request.body)).hex
    else { return HTTPResponse(status: 403) }
    return objects.withLock { objects in
      if request.method == .put {
        objects[request.url] = request.body
        return HTTPResponse(status: 200)
      }
      if request.method == .delete {
        objects[request.url] = nil
        return HTTPResponse(status: 204)
      }
      guard let body = objects[request.url] else { return HTTPResponse(status: 404) }
      return HTTPResponse(status: 200, body: body)
    }
  }

  func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
    let response = try await send(request)
    return HTTPStream(status: response.status, headers: response.headers, body: HTTPBody([response.body]))
  }
}

@Suite struct S3Tests {
  private func store(_ transport: any HTTPTransport, prefix: String = "apus/artifacts") -> S3ArtifactStore {
    let location = S3Bucket.Location(
      bucket: "models", endpoint: "http://127.0.0.1:9000/",
      environment: ["AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "hidden"])
    return S3ArtifactStore(S3Bucket(location, transport: transport), prefix: prefix)
  }

  @Test("A bucket keeps the contract of every store", arguments: ["", "apus/artifacts", "a prefix/"])
  func conforms(prefix: String) async throws {
    try await checkConformance(store(BucketInMemory(), prefix: prefix))
  }

  @Test("A removal that was interrupted at any request takes away what is left when it is done again")
  func interruptedRemoval() async throws {
    let bundle = try ArtifactBundle(files: ["model.json": Data("m".utf8), "weights.bin": Data("w".utf8)])
    var interrupted = 0
    for requests in 0..<20 {
      let bucket = BucketInMemory()
      let store = store(bucket)
      try await store.put(bundle)
      bucket.answer(requests)
      do {
        try await store.remove(bundle.digest.description)
      } catch {
        interrupted += 1
      }
      bucket.answer(nil)
      // Whole, or not there.
      if try await store.contains(bundle.digest.description) { #expect(bucket.count >= 3) }
      try await store.remove(bundle.digest.description)
      #expect(bucket.count == 0, "\(requests) requests")
      try await store.put(bundle)
      #expect(try await store.open(bundle.digest.description) == bundle)
    }
    #expect(interrupted > 5)
  }

  @Test("What a removal of release 0.1.0 left, which deleted the manifest first, goes")
  func olderRemoval() async throws {
    let names = ["model.json", "schema.json", "pipeline.json", "reference.json", "evaluation.json", "report.html"]
    let bundle = try ArtifactBundle(files: Dictionary(uniqueKeysWithValues: names.map { ($0, Data($0.utf8)) }))
    let bucket = BucketInMemory()
    let store = store(bucket)
    try await store.put(bundle)
    bucket.forget("/manifest.json")
    try await store.remove(bundle.digest.description)
    #expect(bucket.count == 0)
  }

  @Test("Refusals are told apart from trouble that passes", arguments: [(403, false), (503, true), (400, false)])
  func failures(status: Int, isRetryable: Bool) async throws {
    let store = store(BucketInMemory(failure: status))
    let error = await #expect(throws: ArtifactError.self) { try await store.putReport(Data(), at: "reports/a.html") }
    #expect(error?.isRetryable == isRetryable)
    #expect(error?.description.contains("Why") == true)
    #expect(error?.description.contains("hidden") == false)
  }

  @Test("The signature equals the one in Amazon's documentation")
  func signature() {
    // "Example: GET Object" of sig-v4-header-based-auth.html.
    let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    let authorization = S3Signature(
      accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", region: "us-east-1"
    )
    .authorization(
      method: "GET", path: "/test.txt",
      headers: [
        ("Host", "examplebucket.s3.amazonaws.com"), ("Range", "bytes=0-9"), ("x-amz-content-sha256", hash),
        ("x-amz-date", "20130524T000000Z"),
      ], timestamp: "20130524T000000Z", payloadHash: hash)
    #expect(
      authorization
        == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
        + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
        + "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
    #expect(S3Signature.timestamp(of: Date(timeIntervalSince1970: 1_369_353_600)) == "20130524T000000Z")
  }
}
