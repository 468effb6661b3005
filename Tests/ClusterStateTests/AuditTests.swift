import ClusterState
import KubernetesModel
import Testing

/// One request and what its audit event must say.
private struct Audited: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var method: ReceivedRequest.Method
  var target: String
  var body: JSONValue?
  var verb: String
  /// nil: no object.
  var reference: JSONValue?

  static let table: [Audited] = [
    Audited(
      testDescription: "a read of one object", method: .get, target: "\(configMaps)/a", verb: "get",
      reference: ["resource": "configmaps", "namespace": "default", "name": "a", "apiVersion": "v1"]),
    Audited(
      testDescription: "a list", method: .get, target: configMaps, verb: "list",
      reference: ["resource": "configmaps", "namespace": "default", "apiVersion": "v1"]),
    Audited(
      testDescription: "a watch of all namespaces", method: .get, target: "/api/v1/configmaps?watch=true",
      verb: "watch", reference: ["resource": "configmaps", "apiVersion": "v1"]),
    Audited(
      testDescription: "a creation, whose name is in the body", method: .post, target: configMaps,
      body: aConfigMap("b"), verb: "create",
      reference: ["resource": "configmaps", "namespace": "default", "name": "b", "apiVersion": "v1"]),
    Audited(
      testDescription: "an update with what it builds upon", method: .put, target: "\(deployments)/web",
      body: ["metadata": ["name": "web", "uid": "1-2", "resourceVersion": "7"]], verb: "update",
      reference: [
        "resource": "deployments", "namespace": "default", "name": "web", "apiGroup": "apps", "apiVersion": "v1",
        "uid": "1-2", "resourceVersion": "7",
      ]),
    Audited(
      testDescription: "a patch of a subresource", method: .patch, target: "\(pods)/p/status", verb: "patch",
      reference: [
        "resource": "pods", "namespace": "default", "name": "p", "apiVersion": "v1", "subresource": "status",
      ]),
    Audited(
      testDescription: "a deletion of all", method: .delete, target: pods, verb: "deletecollection",
      reference: ["resource": "pods", "namespace": "default", "apiVersion": "v1"]),
    Audited(testDescription: "a path that is no object", method: .get, target: "/readyz", verb: "get"),
  ]
}

@Suite("The audit log says who did what to which object")
struct AuditTests {
  @Test(arguments: Audited.table)
  private func reference(_ audited: Audited) {
    let cluster = Cluster()
    let request = ReceivedRequest(audited.method, audited.target, body: audited.body)
    let outcome = AuditedOutcome(.complete, code: 409, received: cluster.now, answered: cluster.now)
    let event = cluster.state.auditEvent(of: request, outcome, id: "x")
    #expect(event["verb"]?.string == audited.verb)
    #expect(event["objectRef"] == audited.reference)
    #expect(event[path: "responseStatus", "code"]?.integer == 409)
  }

  @Test("Clients are told from the cluster's own parts, and who acts for another is named")
  func who() {
    let cluster = Cluster()
    var request = ReceivedRequest(.get, configMaps)
    let outcome = AuditedOutcome(
      .started, code: 200, received: ClusterTime(microseconds: 1_750_000_000_000_001),
      answered: ClusterTime(microseconds: 1_750_000_000_250_000))
    func event() -> JSONValue { cluster.state.auditEvent(of: request, outcome, id: "x") }
    #expect(event()[path: "user", "username"]?.string == "system:apus-local-cluster")
    #expect(event()["userAgent"] == nil)
    request.userAgent = "kubectl/v1.29"
    request.source = RequestSource(uri: "\(configMaps)?limit=500", user: .owner, impersonatedUser: "alice")
    #expect(event()[path: "user", "username"]?.string == "apus")
    #expect(event()[path: "impersonatedUser", "username"]?.string == "alice")
    #expect(event()["userAgent"]?.string == "kubectl/v1.29")
    #expect(event()["requestURI"]?.string == "\(configMaps)?limit=500")
    #expect(event()["stage"]?.string == "ResponseStarted")
    #expect(event()["requestReceivedTimestamp"]?.string == "2025-06-15T15:06:40.000001Z")
    #expect(event()["stageTimestamp"]?.string == "2025-06-15T15:06:40.250000Z")
  }
}
