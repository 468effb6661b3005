import KubernetesModel
import Testing

@testable import KubernetesClient

@Suite("Requests as values")
struct RequestTests {
  @Test("Paths and queries")
  func paths() {
    #expect(
      APIRequest.get(APITarget(Pod.self, namespace: "a", name: "b")).pathAndQuery == "/api/v1/namespaces/a/pods/b")
    #expect(
      APIRequest.get(APITarget(Deployment.self, namespace: "a", name: "b", subresource: "status")).pathAndQuery
        == "/apis/apps/v1/namespaces/a/deployments/b/status")
    #expect(
      APIRequest.list(Job.gvr, Selection(namespace: "a", labels: "x in (1,2),!y"), limit: 500).pathAndQuery
        == "/apis/batch/v1/namespaces/a/jobs?labelSelector=x%20in%20%281%2C2%29%2C%21y&limit=500")
    #expect(
      APIRequest.list(Job.gvr, limit: 500, continuation: "abc/=", resourceVersion: "7").pathAndQuery
        == "/apis/batch/v1/jobs?limit=500&continue=abc%2F%3D")
    #expect(
      APIRequest.watch(Job.gvr, resourceVersion: "7", timeoutSeconds: 300).pathAndQuery
        == "/apis/batch/v1/jobs?watch=1&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=7")
  }

  @Test("Apply sends the full intent without managed fields")
  func apply() throws {
    let request = APIRequest.apply(
      APITarget(ConfigMap.self, namespace: "a", name: "b"),
      ["metadata": ["name": "b", "managedFields": [["manager": "x"]]], "data": ["k": "v"]], manager: "apus-operator",
      force: true)
    #expect(request.contentType == "application/apply-patch+yaml")
    #expect(request.query.map(\.value) == ["apus-operator", "true"])
    #expect(try JSONValue(parsing: request.body) == ["metadata": ["name": "b"], "data": ["k": "v"]])
  }

  @Test("Delete carries its preconditions")
  func delete() throws {
    let request = APIRequest.delete(
      APITarget(Pod.self, namespace: "a", name: "b"), uid: "u1", propagation: .foreground, gracePeriodSeconds: 0)
    let body = try JSONValue(parsing: request.body)
    #expect(body[path: "preconditions", "uid"] == "u1")
    #expect(body["propagationPolicy"] == "Foreground")
    #expect(body["gracePeriodSeconds"] == 0)
  }

  @Test("Frames are cut at byte 0x0A only, wherever the stream was cut")
  func frames() {
    let lines = ["{\"a\":\"\u{85}\u{2028}\u{2029}ö😀\"}", "{}", String(repeating: "x", count: 3000)]
    let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
    for size in [1, 2, 3, 7, 100, bytes.count] {
      var splitter = FrameSplitter()
      var frames: [[UInt8]] = []
      var start = 0
      while start < bytes.count {
        frames += splitter.feed(Array(bytes[start..<min(start + size, bytes.count)]))
        start += size
      }
      #expect(frames.map { String(decoding: $0, as: UTF8.self) } == lines)
      #expect(splitter.isEmpty)
    }
  }

  @Test(
    "Resource versions compare by length, then by digits; else not at all",
    arguments: [
      ("9", "10", true), ("10", "9", false), ("10", "10", false), ("a", "10", false), ("", "1", false),
      ("99", "100", true),
    ])
  func versions(_ left: String, _ right: String, _ isOlder: Bool) {
    #expect(ResourceVersion.isOlder(left, than: right) == isOlder)
  }

  @Test("Pauses grow to 30 s, refusals are asked again slowly, two good minutes are forgotten, a server's wish counts")
  func backoff() {
    var backoff = WatchBackoff()
    #expect(backoff.isFresh(at: .zero))
    let pauses = (0..<7).map { _ in backoff.pause(at: .zero, random: 1).inSeconds }
    #expect(pauses == [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30])
    #expect(!backoff.isFresh(at: .seconds(119)) && backoff.isFresh(at: .seconds(120)))
    #expect(backoff.pause(at: .seconds(119), random: 0.5) == .seconds(15))
    #expect(backoff.pause(at: .seconds(240), random: 0.5) == .seconds(0.4))
    #expect(backoff.pause(at: .seconds(240), random: 0, isRefusal: true) == .seconds(15))
    #expect(backoff.pause(at: .seconds(240), random: 0.5, wish: 60) == .seconds(60))
    #expect(backoff.pause(at: .seconds(240), random: 0.5, wish: 1e9) == .seconds(300))
  }

  @Test(
    "Streaming lists are asked of servers that may know them",
    arguments: [
      ("1", "20", false), ("1", "26+", false), ("1", "27", true), ("1", "32+", true), ("2", "0", true), ("", "", false),
    ])
  func streaming(_ major: String, _ minor: String, _ isKnown: Bool) {
    #expect(
      Reflector<ConfigMap>.knowsStreamingLists(["major": .string(major), "minor": .string(minor)]) == isKnown)
    let request = APIRequest.streamingList(Job.gvr, timeoutSeconds: 300)
    #expect(
      request.pathAndQuery
        == "/apis/batch/v1/jobs?watch=1&allowWatchBookmarks=true&timeoutSeconds=300&sendInitialEvents=true&resourceVersionMatch=NotOlderThan"
    )
  }
}
