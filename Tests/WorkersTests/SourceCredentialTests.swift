import Foundation
import HTTPTransport
import Synchronization
import Testing
import WorkerContract
import Workers

/// Buckets that each let in one key only, and none without its session token where it has one.
private final class Buckets: HTTPTransport {
  /// Key, and token, by host and bucket.
  let keys: [String: (key: String?, token: String?)]
  private let asked = Mutex<[String: String]>([:])
  private let body: [UInt8]

  init(_ keys: [String: (key: String?, token: String?)], body: String = SmallWorld.csv()) {
    self.keys = keys
    self.body = Array(body.utf8)
  }

  /// The last key that each bucket was asked with.
  var lastKeys: [String: String] { asked.withLock { $0 } }

  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    let parts = request.url.split(separator: "/", omittingEmptySubsequences: true)
    guard parts.count > 2 else { return HTTPResponse(status: 404) }
    let place = "\(parts[1])/\(parts[2])"
    let key = request.headers["Authorization"]?.firstRange(of: "Credential=").flatMap { range in
      request.headers["Authorization"]?[range.upperBound...].split(separator: "/").first.map(String.init)
    }
    asked.withLock { $0[place] = key ?? "none" }
    guard let allowed = keys[place] else { return HTTPResponse(status: 404) }
    guard allowed.key == key, allowed.token == request.headers["x-amz-security-token"] else {
      return HTTPResponse(status: 403, body: Array("<Error><Code>InvalidAccessKeyId</Code></Error>".utf8))
    }
    return HTTPResponse(status: 200, body: body)
  }

  func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
    let response = try await send(request)
    return HTTPStream(status: response.status, headers: response.headers, body: HTTPBody([response.body]))
  }
}

@Suite struct SourceCredentialTests {
  private static let store = [
    "AWS_ACCESS_KEY_ID": "store", "AWS_SECRET_ACCESS_KEY": "s", "AWS_SESSION_TOKEN": "store-token",
    "AWS_ENDPOINT_URL": "http://minio:9000", "AWS_REGION": "eu-north-1",
  ]

  private static func keys(_ names: SourceVariables, _ key: String, token: String? = nil) -> [String: String] {
    var variables = [names.s3(.accessKey): key, names.s3(.secretKey): "s"]
    variables[names.s3(.sessionToken)] = token
    return variables
  }

  private func run(_ source: DataSource, test: DataSource? = nil) -> RunSpecification {
    var specification = SmallWorld.run("")
    specification.train?.source = source
    specification.train?.split.testSource = test
    return specification
  }

  private func bucket(_ name: String, endpoint: String? = nil) -> DataSource {
    DataSource(s3: .init(uri: "s3://\(name)/x.csv", endpoint: endpoint))
  }

  @Test func `source and test source are each read with their own key, and neither with the store's`() async throws {
    let buckets = Buckets([
      "s3.us-east-1.amazonaws.com/train": ("a", "a-token"), "lake:9000/test": ("b", nil),
    ])
    let shop = Workshop()
    let variables = Self.store.merging(Self.keys(.source, "a\n", token: "a-token\n")) { $1 }
      .merging(Self.keys(.testSource, "b", token: "")) { $1 }
    let result = await shop.worker(variables: variables, transport: buckets).run(
      .train, run(bucket("train"), test: bucket("test", endpoint: "http://lake:9000")))
    #expect(result.trained != nil, "\(String(describing: result.failed))")
    #expect(buckets.lastKeys == ["s3.us-east-1.amazonaws.com/train": "a", "lake:9000/test": "b"])
  }

  @Test func `a Secret's own endpoint and region hold`() async throws {
    let buckets = Buckets(["own:1/train": ("a", nil)])
    let own = [SourceVariables.source.s3(.endpoint): "http://own:1", SourceVariables.source.s3(.region): "r"]
    let variables = Self.store.merging(Self.keys(.source, "a")) { $1 }.merging(own) { $1 }
    let result = await Workshop().worker(variables: variables, transport: buckets).run(.train, run(bucket("train")))
    #expect(result.trained != nil, "\(String(describing: result.failed))")
  }

  @Test func `a template's endpoint holds for a source with a key where the store has none`() async throws {
    let buckets = Buckets(["minio:9000/train": ("a", nil)])
    let variables = Self.keys(.source, "a").merging(["AWS_ENDPOINT_URL": "http://minio:9000"]) { $1 }
    let result = await Workshop().worker(variables: variables, transport: buckets).run(.train, run(bucket("train")))
    #expect(result.trained != nil, "\(String(describing: result.failed))")
  }

  @Test func `without a Secret the pod's key is tried, then none: open data needs no key`() async throws {
    let open = Buckets(["minio:9000/open": (nil, nil)])
    let result = await Workshop().worker(variables: Self.store, transport: open).run(.train, run(bucket("open")))
    #expect(result.trained != nil, "\(String(describing: result.failed))")
    let shared = Buckets(["minio:9000/shared": ("store", "store-token")])
    let other = await Workshop().worker(variables: Self.store, transport: shared).run(
      .train, run(DataSource(csv: .init(uri: "s3://shared/x.csv"))))
    #expect(other.trained != nil, "\(String(describing: other.failed))")
  }

  @Test func `a refusal names the field, and a source's own key is not given up`() async throws {
    let buckets = Buckets(["s3.us-east-1.amazonaws.com/train": ("store", "store-token")])
    let shop = Workshop()
    let variables = Self.store.merging(Self.keys(.source, "a")) { $1 }
    let failed = await shop.worker(variables: variables, transport: buckets).run(.train, run(bucket("train"))).failed
    #expect(failed?.retryable == false)
    #expect(failed?.message.contains("spec.training.source.s3") == true, "\(failed?.message ?? "")")
    #expect(failed?.message.contains("InvalidAccessKeyId") == true && failed?.message.contains("expired") == true)
    #expect(buckets.lastKeys.values.allSatisfy { $0 == "a" })
    let none = await shop.worker(variables: [:], transport: buckets).run(.train, run(bucket("train"))).failed
    #expect(none?.message.contains("spec.training.source.s3.credentialsSecretRef") == true, "\(none?.message ?? "")")
  }

  @Test func `a token that is broken into lines is one failure that names it`() async throws {
    let buckets = Buckets(["s3.us-east-1.amazonaws.com/train": ("a", "tok\nen")])
    let variables = Self.keys(.source, "a", token: "tok\nen\n")
    let failed = await Workshop().worker(variables: variables, transport: buckets).run(.train, run(bucket("train")))
      .failed
    #expect(failed?.retryable == false)
    #expect(failed?.message.contains("AWS_SESSION_TOKEN has a line end") == true, "\(failed?.message ?? "")")
    #expect(failed?.message.contains("tok") == false)
  }

  @Test func `each source in PostgreSQL has its own connection`() async throws {
    let shop = Workshop()
    func postgres(_ secret: String) -> DataSource {
      DataSource(postgres: .init(connectionSecretRef: .init(name: secret, key: "url"), query: "SELECT 1 AS x"))
    }
    let both = [
      SourceVariables.source.postgresURL: "postgres://127.0.0.1:1/a\n",
      SourceVariables.testSource.postgresURL: "postgres://127.0.0.1:2/b",
    ]
    let first = await shop.worker(variables: both).run(.train, run(postgres("a"), test: postgres("b"))).failed
    #expect(first?.message.contains("port 1 ") == true, "\(first?.message ?? "")")
    let csv = DataSource(csv: .init(uri: try shop.write(SmallWorld.csv())))
    let second = await shop.worker(variables: both).run(.train, run(csv, test: postgres("b"))).failed
    #expect(second?.message.hasPrefix("spec.training.split.testSource") == true)
    #expect(second?.message.contains("port 2 ") == true, "\(second?.message ?? "")")
    let broken = [SourceVariables.testSource.postgresURL: "postgres://127.0.0.1:2/sa\nles"]
    let third = await shop.worker(variables: broken).run(.train, run(csv, test: postgres("b"))).failed
    #expect(third?.message.contains("key 'url' of Secret b has a line end") == true, "\(third?.message ?? "")")
    #expect(third?.retryable == false)
  }
}
