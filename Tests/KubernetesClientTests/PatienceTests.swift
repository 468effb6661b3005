import HTTPTransport
import KubernetesModel
import TestSupport
import Testing

@testable import KubernetesClient

@Suite("What a server asks of its clients")
struct PatienceTests {
  static let now = Timestamp(secondsSince1970: 784_111_700)

  @Test(
    "Retry-After is seconds or a date",
    arguments: [
      ("5", 5), (" 0 ", 0), ("1.5", 1.5), ("Sun, 06 Nov 1994 08:49:37 GMT", 77), ("Sun, 06 Nov 1994 07:00:00 GMT", 0),
      ("-1", nil), ("nan", nil), ("soon", nil), ("Sun, 06 Foo 1994 08:49:37 GMT", nil), ("", nil),
    ] as [(String, Double?)])
  func retryAfter(_ text: String, _ seconds: Double?) {
    #expect(RetryAfter.seconds(text, now: Self.now) == seconds)
  }

  func client(
    _ server: ScriptedServer, _ time: ScriptedTime = ScriptedTime(skipping: true),
    _ change: (inout ClusterConfiguration) -> Void = { _ in }
  ) throws -> ClusterClient {
    var configuration = ClusterConfiguration(server: server.url)
    change(&configuration)
    return try ClusterClient(configuration, time: time.source, logger: quiet)
  }

  @Test("A date is waited for, a longer pause than a minute is the caller's")
  func dates() async throws {
    let server = try ScriptedServer { request in
      if request.path.hasSuffix("/long") {
        return [.answer(429, headers: ["Retry-After": "3600"], body: status(429, "TooManyRequests"))]
      }
      // The scripted clock stands at 2027-01-15T08:00:00Z and moves on by what is slept.
      return request.connection == 1 && request.headers["accept"] != nil && request.path.hasSuffix("/now")
        ? [.answer(200, body: "{}")]
        : [.answer(503, headers: ["Retry-After": "Fri, 15 Jan 2027 08:00:07 GMT"], body: "busy")]
    }
    defer { server.stop() }
    let time = ScriptedTime(skipping: true)
    let client = try client(server, time)
    await #expect(throws: KubernetesError.self) {
      try await client.perform(.get(APITarget(Pod.self, namespace: "a", name: "dated")))
    }
    #expect(time.slept.first == .seconds(7))
    #expect(time.slept.count == 10)
    let long = await #expect(throws: KubernetesError.self) {
      try await client.perform(.get(APITarget(Pod.self, namespace: "a", name: "long")))
    }
    #expect(long?.refusal?.retryAfter == 3600)
    #expect(time.slept.count == 10)
  }

  @Test("A page of a proxy, a redirect and bytes that are no text become sentences")
  func words() async throws {
    let server = try ScriptedServer { request in
      switch request.path.split(separator: "/").last {
      case "page":
        [
          .answer(
            502, headers: ["Content-Type": "text/html"],
            body: "<html><head><title>502 Bad Gateway</title></head>\n<b>nginx</b>")
        ]
      case "moved": [.answer(301, headers: ["Location": "https://user:hunter2@other:1/path?token=hunter2"])]
      case "bytes": [.raw("HTTP/1.1 500 X\r\nContent-Length: 3\r\n\r\n"), .bytes([0x6F, 0xFF, 0x6B])]
      case "liar": [.answer(200, headers: ["Content-Type": "text/html"], body: "<html>log in</html>")]
      default: [.answer(200, body: "{\"a\":")]
      }
    }
    defer { server.stop() }
    let client = try client(server)
    func error(_ name: String) async -> String {
      let error = await #expect(throws: KubernetesError.self) {
        try await client.perform(.get(APITarget(Pod.self, namespace: "a", name: name)))
      }
      return error?.description ?? ""
    }
    #expect(
      await error("page")
        == "get pods/page in a: a web page in place of an answer, as from a proxy: 502 Bad Gateway nginx (HTTP 502)")
    let moved = await error("moved")
    #expect(moved.contains("redirects to https://other:1") && moved.contains("HTTP 301") && !moved.contains("hunter2"))
    #expect(await error("bytes") == "get pods/bytes in a: o\u{FFFD}k (HTTP 500)")
    #expect(await error("liar").contains("not usable"))
    #expect(await error("cut").contains("not usable"))
    #expect(server.requests.count == 5)
  }

  @Test("One odd byte in one object does not make a list unreadable")
  func oddByte() async throws {
    let head = Array(
      #"{"metadata":{"resourceVersion":"5"},"items":[{"metadata":{"name":"x","namespace":"a"},"data":{"k":"o"#.utf8)
    let body = head + [0xFF] + Array(#"k"}}]}"#.utf8)
    let server = try ScriptedServer { _ in
      [.raw("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n"), .bytes(body)]
    }
    defer { server.stop() }
    #expect(try await client(server).list(ConfigMap.self).objects.map(\.data) == [["k": "o\u{FFFD}k"]])
  }

  @Test("Somebody else's name, groups, uid and extra go with each request; lists are compressed unless told otherwise")
  func headers() async throws {
    let server = try ScriptedServer { request in
      let names = request.headers.filter { $0.key.hasPrefix("impersonate") || $0.key == "accept-encoding" }
      return [.answer(200, body: JSONValue.object(names.mapValues { .string($0) }).text)]
    }
    defer { server.stop() }
    let acting = try client(server) { configuration in
      configuration.impersonation = Impersonation(
        user: "boss", groups: ["g"], uid: "7", extra: ["example.org/scopes": ["view"]])
      configuration.acceptsCompression = false
    }
    #expect(
      try await acting.perform(.list(Pod.gvr)) == [
        "impersonate-user": "boss", "impersonate-group": "g", "impersonate-uid": "7",
        "impersonate-extra-example.org%2fscopes": "view",
      ])
    let plain = try client(server)
    #expect(try await plain.perform(.list(Pod.gvr))["accept-encoding"]?.string?.contains("gzip") == true)
    #expect(try await plain.perform(.get(APITarget(Pod.self, namespace: "a", name: "b"))) == [:])
  }

  @Test("Metadata alone is asked for, and whole objects where the server refuses that")
  func metadata() async throws {
    let server = try ScriptedServer { request in
      request.headers["accept"] == "application/json"
        ? [.answer(200, body: #"{"items":[]}"#)] : [.answer(406, body: status(406, "NotAcceptable"))]
    }
    defer { server.stop() }
    var request = APIRequest.list(Pod.gvr)
    request.isMetadataOnly = true
    _ = try await client(server).perform(request)
    #expect(
      server.requests.map { $0.headers["accept"] } == [
        "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json", "application/json",
      ])
  }
}
