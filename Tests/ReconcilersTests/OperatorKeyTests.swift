import ApusAPI
import Decisions
import Foundation
import HTTPTransport
import KubernetesClient
import KubernetesModel
import Logging
import OperatorIdentity
import Synchronization
import Testing
import WorkerContract

@testable import Reconcilers

/// The operator proves to servers who it is, and hears what they serve.
@Suite struct OperatorKeyTests {
  private static let start = 1_793_188_800.0
  private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  private static let secret = OperatorKeyring.secretName

  /// A keyring of one replica; `days` is the time of all of them.
  private static func keyring(_ cluster: ScriptedCluster, days: @escaping @Sendable () -> Double) -> OperatorKeyring {
    OperatorKeyring(
      api: cluster, namespace: "apus-system",
      time: TimeSource(
        monotonic: { .seconds(days() * 86_400) }, wall: { Timestamp(secondsSince1970: start + days() * 86_400) },
        sleep: { _ in }, random: { 0 }), logger: logger)
  }

  @Test func `replicas share their keys; a key gets a successor after a month, and is known for another`() async throws
  {
    let cluster = ScriptedCluster()
    let days = Mutex(0.0)
    func ids() async throws -> [String] {
      var answers: [[String]] = []
      for _ in 0..<2 {
        answers.append(
          try await Self.keyring(cluster) { days.withLock { $0 } }.keys()?.signing.map(\.id) ?? [])
      }
      #expect(answers[0] == answers[1])
      return answers[0]
    }
    let first = try await ids()
    #expect(first.count == 1)
    days.withLock { $0 = 29 }
    #expect(try await ids() == first)
    days.withLock { $0 = 31 }
    let second = try await ids()
    #expect(second.count == 2 && second[0] == first[0])
    days.withLock { $0 = 62 }
    let third = try await ids()
    #expect(third.count == 2 && third[0] == second[1] && !third.contains(first[0]))
    // Whoever fears that a key has been read deletes the Secret.
    try await cluster.delete(APITarget(Resource.secrets, namespace: "apus-system", name: Self.secret))
    let anew = try await ids()
    #expect(anew.count == 1 && !third.contains(anew[0]))
    #expect(cluster.writes.filter { $0 == "create secrets/\(Self.secret)" }.count == 2)
  }

  @Test func `a key signs once servers know it`() {
    let (old, new) = (OperatorSigningKey(), OperatorSigningKey())
    let keys = OperatorKeys(signing: [old, new])
    let model = ObjectKey(namespace: "shop", name: "income")
    func known(_ keys: [OperatorSigningKey]) -> OperatorPublicKeys { OperatorKeys(signing: keys).published(for: model) }
    #expect(keys.key(knownBy: known([old]))?.id == old.id)
    #expect(keys.key(knownBy: known([old, new]))?.id == old.id)
    #expect(keys.key(knownBy: known([new]))?.id == new.id)
    #expect(keys.key(knownBy: known([OperatorSigningKey()]))?.id == new.id)
    #expect(keys.key(knownBy: nil)?.id == new.id)
    #expect(known([old]).model == "shop/income")
  }

  @Test func `servers mount the public key, and each push is signed for its pod`() async throws {
    let scene = Scene(hasKeys: true)
    try await scene.serve()
    let text = try #require(
      scene.cluster.object("configmaps", "income-routing")?[path: "data", RoutingTable.keysFileName]?.string)
    let keys = try #require(OperatorPublicKeys(text.utf8))
    #expect(keys.model == "shop/income" && keys.keys.count == 1)
    let stored = try #require(scene.cluster.object("secrets", Self.secret, namespace: "apus-system"))
    let secret = try #require(try stored.decode(as: Secret.self).bytes("keys.json"))
    let key = try #require(try JSONValue(parsing: secret)["keys"]?[0]?["secret"]?.string)
    #expect(!text.contains(key))
    let push = try #require(scene.transport.requests.first { $0.url.hasSuffix("/model/reload") })
    let token = try #require(push.headers["Authorization"]).dropFirst("Bearer ".count)
    func body(of address: String) throws -> String {
      try keys.signedBody(
        token, of: .init(address: address, model: "shop/income", method: "POST", target: "/model/reload"),
        at: Self.start)
    }
    #expect(try body(of: "10.0.0.1") == OperatorCall.digest(of: Data(push.body)))
    #expect(throws: OperatorTokenRefusal.otherPod) { try body(of: "10.0.0.2") }
    #expect(scene.cluster.writes.allSatisfy { !$0.contains("secrets") || $0 == "create secrets/\(Self.secret)" })
  }

  @Test func `an operator that may keep no Secret goes on without a proof`() async throws {
    let scene = Scene(hasKeys: true)
    scene.cluster.fail { $0.target.resource == Resource.secrets ? 403 : nil }
    try await scene.serve()
    #expect(scene.cluster.object("configmaps", "income-routing")?[path: "data", RoutingTable.keysFileName] == nil)
    #expect(scene.transport.requests.allSatisfy { $0.headers["Authorization"] == nil })
    #expect(scene.condition("Serving")?["status"] == "True")
  }

  @Test(arguments: [400, 403, 404, 413, 422])
  func `a Secret that is refused stops no model, and is not asked for each time`(_ code: Int) async throws {
    let scene = Scene(hasKeys: true)
    scene.cluster.fail { $0.target.resource == Resource.secrets && $0.isWrite ? code : nil }
    try await scene.serve()
    #expect(scene.condition("Serving")?["status"] == "True")
    let asked = scene.cluster.requests.filter { $0.target.resource == Resource.secrets && $0.isWrite }
    #expect(asked.count == 1)
  }

  @Test(arguments: [409, 429, 500, 503])
  func `while the API server cannot answer, models live and servers keep the keys that they have`(
    _ code: Int
  ) async throws {
    let clock = ManualClock()
    let scene = Scene(clock: clock, hasKeys: true)
    scene.cluster.fail { $0.target.resource == Resource.secrets ? code : nil }
    try await scene.serve()
    #expect(scene.condition("Ready")?["status"] == "True")
    scene.cluster.heal()
    func keys() -> String? {
      scene.cluster.object("configmaps", "income-routing")?[path: "data", RoutingTable.keysFileName]?.string
    }
    scene.startServer()
    for _ in 0..<2 { _ = try await scene.models.reconcile(scene.key) }
    let published = try #require(keys())
    scene.cluster.fail { $0.target.resource == Resource.secrets ? code : nil }
    clock.advance(by: .seconds(61))
    scene.startServer()
    for _ in 0..<2 { _ = try await scene.models.reconcile(scene.key) }
    #expect(keys() == published)
  }

  @Test func `a key that can have no successor goes on`() async throws {
    let cluster = ScriptedCluster()
    let first = try await Self.keyring(cluster) { 0 }.keys()?.signing.map(\.id)
    cluster.fail { $0.isWrite ? 422 : nil }
    #expect(try await Self.keyring(cluster) { 31 }.keys()?.signing.map(\.id) == first)
  }

  @Test func `a server whose words change is asked again after a pause`() async throws {
    let servers = Servers()
    let count = Counter()
    servers.answer { _ in
      HTTPResponse(status: 422, body: Array(#"{"error":"refused for the \#(count.next())th time"}"#.utf8))
    }
    let scene = Scene(servers.transport, hasKeys: true)
    try await scene.serve()
    for _ in 0..<3 {
      let again = try #require(try await scene.models.reconcile(scene.key))
      #expect(again >= 1)
    }
    #expect(scene.condition("Serving")?["message"]?.string?.contains("th time") == true)
  }

  // MARK: What servers say

  /// Servers that answer as `respond` says, which may change.
  private final class Servers: Sendable {
    private let current = Mutex<@Sendable (HTTPRequest) -> HTTPResponse>(ScriptedTransport.confirming)

    func answer(_ respond: @escaping @Sendable (HTTPRequest) -> HTTPResponse) { current.withLock { $0 = respond } }

    var transport: ScriptedTransport {
      ScriptedTransport { request in self.current.withLock { $0 }(request) }
    }
  }

  @Test
  func `a server of an older release that asks for a client's token is asked what it serves, and told nothing secret`()
    async throws
  {
    let servers = Servers()
    let revision = Mutex(0)
    servers.answer { request in
      guard request.url.hasSuffix("/ready") else {
        return HTTPResponse(
          status: 401, headers: ["WWW-Authenticate": #"Bearer error="invalid_token""#],
          body: Array(#"{"error":"no"}"#.utf8))
      }
      let answer: JSONValue = ["ready": true, "revision": .integer(Int64(revision.withLock { $0 }))]
      return HTTPResponse(status: 200, body: answer.bytes)
    }
    let scene = Scene(servers.transport, hasKeys: true)
    try await scene.serve()
    #expect(scene.condition("Serving")?["reason"] == "RoutingUnconfirmed", "the file has not come yet")
    revision.withLock { $0 = 1 }
    for _ in 0..<2 { _ = try await scene.models.reconcile(scene.key) }
    #expect(scene.condition("Serving")?["status"] == "True")
    let asked = scene.transport.requests.filter { $0.url.hasSuffix("/ready") }
    #expect(!asked.isEmpty && asked.allSatisfy { $0.headers["Authorization"] == nil })
  }

  @Test func `a server that knows no such key is asked again, and is not believed by its word`() async throws {
    let servers = Servers()
    servers.answer { request in
      guard request.url.hasSuffix("/model/reload") else {
        return HTTPResponse(status: 200, body: Array(#"{"ready":true,"revision":1}"#.utf8))
      }
      return HTTPResponse(
        status: 401, headers: ["WWW-Authenticate": #"Bearer realm="apus-operator", error="invalid_token""#])
    }
    let scene = Scene(servers.transport, hasKeys: true)
    try await scene.serve()
    #expect(scene.condition("Serving")?["reason"] == "RoutingUnconfirmed")
    #expect(scene.transport.requests.allSatisfy { $0.url.hasSuffix("/model/reload") })
  }

  @Test(arguments: [
    (409, #"{"error":"older","revision":9223372036854775807}"#, "revision 9223372036854775807 in place of revision 1"),
    (409, #"{"error":"other content","revision":1}"#, "another one of revision 1"),
    (200, #"{"revision":1,"versions":[{"version":"v9","digest":"sha256:other"}]}"#, "another one of revision 1"),
  ])
  func `another table that is served is said in condition and Event, once, until it has gone`(
    _ status: Int, _ body: String, _ words: String
  ) async throws {
    let servers = Servers()
    servers.answer { _ in HTTPResponse(status: status, body: Array(body.utf8)) }
    let scene = Scene(servers.transport, hasKeys: true)
    try await scene.serve()
    for _ in 0..<3 { _ = try await scene.models.reconcile(scene.key) }
    let condition = try #require(scene.condition("Serving"))
    #expect(condition["reason"] == "AnotherTableServed" && condition["status"] == "Unknown")
    #expect(
      condition["message"]?.string?.contains("another table is served: pod income-1 has \(words)") == true,
      "\(condition)")
    #expect(scene.events.reasons.filter { $0.hasSuffix("AnotherTableServed") }.count == 1)
    servers.answer(ScriptedTransport.confirming)
    for _ in 0..<2 { _ = try await scene.models.reconcile(scene.key) }
    #expect(scene.condition("Serving")?["status"] == "True")
  }

  @Test func `pods that have confirmed their table are asked again within some seventy minutes`() async throws {
    let servers = Servers()
    let clock = ManualClock()
    let scene = Scene(servers.transport, clock: clock, hasKeys: true)
    try await scene.serve()
    for _ in 0..<3 { _ = try await scene.models.reconcile(scene.key) }
    let before = scene.transport.requests.count
    let pause = try #require(try await scene.models.reconcile(scene.key))
    #expect(pause <= 3960)
    #expect(scene.transport.requests.count == before)
    // Whatever it was: the pod serves another table now.
    servers.answer { _ in HTTPResponse(status: 409, body: Array(#"{"error":"older","revision":77}"#.utf8)) }
    clock.advance(by: .seconds(4000))
    // The wall clock of the scene stands: a change of the pod calls for a look.
    scene.startServer()
    for _ in 0..<2 { _ = try await scene.models.reconcile(scene.key) }
    #expect(scene.transport.requests.count > before)
    #expect(scene.condition("Serving")?["reason"] == "AnotherTableServed")
    servers.answer(ScriptedTransport.confirming)
    for _ in 0..<2 { _ = try await scene.models.reconcile(scene.key) }
    #expect(scene.condition("Serving")?["status"] == "True")
    // One that is away for a moment is believed by its last word.
    servers.answer { _ in HTTPResponse(status: 500) }
    clock.advance(by: .seconds(4000))
    scene.startServer()
    for _ in 0..<2 { _ = try await scene.models.reconcile(scene.key) }
    #expect(scene.condition("Serving")?["status"] == "True")
  }

  // MARK: NetworkPolicies

  @Test func `a NetworkPolicy is made where the role lets it, and its lack stops nothing`() async throws {
    var settings = OperatorSettings(images: .init(worker: "apus-worker", server: "apus-server"))
    settings.network = ServerNetwork()
    let scene = Scene(settings: settings)
    try await scene.serve()
    #expect(scene.cluster.object("networkpolicies", "income") != nil)
    let allowed = try PermissionTests.allowed(.cluster)
    let needs = scene.cluster.requests.filter { $0.target.resource == Resource.networkPolicies }.flatMap(
      PermissionTests.needs)
    #expect(!needs.isEmpty && needs.allSatisfy(allowed.contains), "\(needs)")
    let old = Scene(settings: settings)
    old.cluster.fail { $0.target.resource == Resource.networkPolicies ? 403 : nil }
    try await old.serve()
    #expect(old.cluster.object("networkpolicies", "income") == nil)
    #expect(old.condition("Serving")?["status"] == "True")
  }
}
