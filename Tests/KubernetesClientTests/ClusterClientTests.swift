import Foundation
import HTTPTransport
import KubernetesClient
import KubernetesModel
import Logging
import Synchronization
import TestSupport
import Testing

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

extension ScriptedTime {
  var source: TimeSource {
    TimeSource(
      monotonic: { self.now }, wall: { Timestamp(secondsSince1970: 1_800_000_000 + self.now.inSeconds) },
      sleep: { try await self.sleep($0) }, random: { 0.5 })
  }
}

/// A `Status` as the API server words it.
func status(_ code: Int, _ reason: String, _ message: String = "no") -> String {
  "{\"kind\":\"Status\",\"code\":\(code),\"reason\":\"\(reason)\",\"message\":\"\(message)\"}"
}

@Suite("The client over HTTP")
struct ClusterClientTests {
  func client(
    _ server: ScriptedServer, credentials: Credentials = .none, time: ScriptedTime = ScriptedTime(skipping: true),
    observe: @escaping @Sendable (RequestOutcome) -> Void = { _ in }
  ) throws -> ClusterClient {
    try ClusterClient(
      ClusterConfiguration(server: server.url, credentials: credentials), userAgent: "apus-operator/1 (linux/amd64)",
      time: time.source, logger: quiet, observe: observe)
  }

  @Test("Verbs, bodies and answers")
  func verbs() async throws {
    let server = try ScriptedServer { request in
      switch (request.method, request.path) {
      case ("GET", "/api/v1/namespaces/a/configmaps/none"): [.answer(404, body: status(404, "NotFound"))]
      case ("GET", "/apis/x.dev/v1/things"): [.answer(404, body: "404 page not found")]
      case ("DELETE", _): [.answer(409, body: status(409, "Conflict", "the UID in the precondition does not match"))]
      default:
        [
          .answer(
            200, body: #"{"metadata":{"name":"b","namespace":"a","uid":"u","resourceVersion":"5"},"data":{"k":"v"}}"#)
        ]
      }
    }
    defer { server.stop() }
    let outcomes = Mutex<[String]>([])
    let client = try client(server, credentials: .token("hunter2")) { outcome in
      outcomes.withLock { $0.append("\(outcome.method) \(outcome.code)") }
    }
    let map = ConfigMap(metadata: ObjectMeta(name: "b", namespace: "a"), data: ["k": "v"])
    #expect(try await client.apply(map).data == ["k": "v"])
    #expect(try await client.create(map).metadata.uid == "u")
    #expect(try await client.find(ConfigMap.self, namespace: "a", name: "none") == nil)
    try await client.delete(ConfigMap.self, namespace: "a", name: "b", uid: "other")
    let things = GroupVersionResource(group: "x.dev", version: "v1", resource: "things")
    let error = await #expect(throws: KubernetesError.self) { try await client.perform(.list(things)) }
    #expect(error?.isMissingAPI == true)
    let requests = server.requests
    #expect(requests.map(\.method) == ["PATCH", "POST", "GET", "DELETE", "GET"])
    #expect(requests[0].headers["content-type"] == "application/apply-patch+yaml")
    #expect(requests[0].query == ["fieldManager": "apus-operator", "force": "true"])
    #expect(try JSONValue(parsing: requests[0].body)["kind"] == "ConfigMap")
    #expect(requests[1].path == "/api/v1/namespaces/a/configmaps")
    #expect(requests.allSatisfy { $0.headers["authorization"] == "Bearer hunter2" })
    #expect(requests[0].headers["user-agent"] == "apus-operator/1 (linux/amd64)")
    #expect(outcomes.withLock { $0 } == ["PATCH 200", "POST 200", "GET 404", "DELETE 409", "GET 404"])
    #expect(!"\(client.configuration) \(String(reflecting: client.configuration))".contains("hunter2"))
  }

  @Test("Retry-After is honoured, ten times at most")
  func patience() async throws {
    let count = Mutex(0)
    let server = try ScriptedServer { request in
      let number = count.withLock { value in
        value += 1
        return value
      }
      if request.path.hasSuffix("/odd") { return [.answer(503, headers: ["Retry-After": "nan"], body: "busy")] }
      if request.path.hasSuffix("/never") { return [.answer(503, headers: ["Retry-After": "2"], body: "busy")] }
      return number <= 2
        ? [.answer(429, headers: ["Retry-After": "3"], body: status(429, "TooManyRequests"))]
        : [.answer(200, body: "{}")]
    }
    defer { server.stop() }
    let time = ScriptedTime(skipping: true)
    let client = try client(server, time: time)
    _ = try await client.perform(.get(APITarget(Pod.self, namespace: "a", name: "b")))
    #expect(time.slept == [.seconds(3), .seconds(3)])
    let error = await #expect(throws: KubernetesError.self) {
      try await client.perform(.get(APITarget(Pod.self, namespace: "a", name: "never")))
    }
    #expect(error?.refusal?.code == 503)
    #expect(error?.description == "get pods/never in a: busy (HTTP 503)")
    #expect(server.requests.count == 3 + 11)
    await #expect(throws: KubernetesError.self) {
      try await client.perform(.get(APITarget(Pod.self, namespace: "a", name: "odd")))
    }
    #expect(server.requests.count == 3 + 11 + 1)
  }

  @Test("A token file is read again after 401 and after a minute; an empty one keeps the old token")
  func tokenFile() async throws {
    let path = NSTemporaryDirectory() + "apus-token-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let server = try ScriptedServer { request in
      request.headers["authorization"] == "Bearer two"
        ? [.answer(200, body: "{}")] : [.answer(401, body: status(401, "Unauthorized"))]
    }
    defer { server.stop() }
    let time = ScriptedTime(skipping: true)
    let client = try client(server, credentials: .tokenFile(path), time: time)
    let request = APIRequest.get(APITarget(Pod.self, namespace: "a", name: "b"))
    let missing = await #expect(throws: KubernetesError.self) { try await client.perform(request) }
    #expect(missing?.description.contains(path) == true)
    try "one\n".write(toFile: path, atomically: true, encoding: .utf8)
    let refused = await #expect(throws: KubernetesError.self) { try await client.perform(request) }
    #expect(refused?.isUnauthorized == true)
    try "two\n".write(toFile: path, atomically: true, encoding: .utf8)
    _ = try await client.perform(request)
    try "".write(toFile: path, atomically: true, encoding: .utf8)
    time.advance(by: .seconds(61))
    _ = try await client.perform(request)
    #expect(server.requests.last?.headers["authorization"] == "Bearer two")
  }

  @Test("Pages are followed; an expired page means everything once more, in one piece")
  func pages() async throws {
    let server = try ScriptedServer { request in
      let item = { (name: String) in
        #"{"metadata":{"name":"\#(name)","namespace":"a","uid":"\#(name)","resourceVersion":"1"}}"#
      }
      if request.path.contains("configmaps") {
        return request.query["limit"] == nil
          ? [.answer(200, body: #"{"metadata":{"resourceVersion":"9"},"items":[\#(item("all"))]}"#)]
          : request.query["continue"] == nil
            ? [.answer(200, body: #"{"metadata":{"resourceVersion":"7","continue":"c"},"items":[\#(item("one"))]}"#)]
            : [.answer(410, body: status(410, "Expired"))]
      }
      return request.query["continue"] == nil
        ? [.answer(200, body: #"{"metadata":{"resourceVersion":"7","continue":"c"},"items":[\#(item("one"))]}"#)]
        : [
          .answer(
            200,
            body:
              #"{"metadata":{"resourceVersion":"7"},"items":[\#(item("two")),{"metadata":{"name":"bad","namespace":"a"},"spec":3}]}"#
          )
        ]
    }
    defer { server.stop() }
    let client = try client(server)
    let pods = try await client.list(Pod.self, Selection(namespace: "a"))
    #expect(pods.objects.map(\.metadata.name) == ["one", "two"])
    #expect(pods.undecodable.map(\.key) == [ObjectKey(namespace: "a", name: "bad")])
    #expect(pods.resourceVersion == "7")
    let maps = try await client.list(ConfigMap.self)
    #expect(maps.objects.map(\.metadata.name) == ["all"])
    #expect(maps.resourceVersion == "9")
  }

  @Test("A plugin gives the token once and is asked again after 401")
  func plugin() async throws {
    let path = NSTemporaryDirectory() + "apus-plugin-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try """
    echo run >> \(path).log
    echo '{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"'$PLUGIN_TOKEN'"}}'
    """.write(toFile: path, atomically: true, encoding: .utf8)
    let config = """
      current-context: c
      clusters: [{name: c, cluster: {server: "http://x"}}]
      contexts: [{name: c, context: {cluster: c, user: u}}]
      users:
      - name: u
        user:
          exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/sh, args: [\(path)], env: [{name: PLUGIN_TOKEN, value: abc}]}
      """
    var configuration = try ClusterConfiguration.load(
      kubeconfig: "/c", from: ConfigurationSources(environment: [:]) { _ in Array(config.utf8) })
    let server = try ScriptedServer { request in
      [.answer(request.headers["authorization"] == "Bearer abc" ? 200 : 401, body: "{}")]
    }
    defer { server.stop() }
    configuration.server = server.url
    let client = try ClusterClient(configuration, time: ScriptedTime(skipping: true).source, logger: quiet)
    for _ in 0..<3 { _ = try await client.perform(.get(APITarget(Pod.self, namespace: "a", name: "b"))) }
    #expect(try String(contentsOfFile: path + ".log", encoding: .utf8) == "run\n")
  }
}
