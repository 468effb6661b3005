import ClusterState
import KubernetesModel
import Testing

@Suite("Who somebody is, and what he may do")
struct ReviewTests {
  private func status(_ group: String, _ resource: String, _ spec: JSONValue, as source: RequestSource) -> JSONValue? {
    var cluster = Cluster()
    var request = ReceivedRequest(.post, "/apis/\(group)/v1/\(resource)", body: ["spec": spec])
    request.source = source
    guard case .response(let response) = cluster.ask(request), case .json(let json) = response.body else { return nil }
    #expect(response.code == 201)
    return json["status"]
  }

  private let robot = RequestUser(
    name: "system:serviceaccount:default:robot", uid: "u", groups: ["system:serviceaccounts", "system:authenticated"])

  @Test("Everybody is told his own name, and who acts for another that one's")
  func identity() {
    func name(_ source: RequestSource) -> String? {
      status("authentication.k8s.io", "selfsubjectreviews", [:], as: source)?[path: "userInfo", "username"]?.string
    }
    #expect(name(RequestSource(uri: "/", user: .owner)) == "apus")
    #expect(name(RequestSource(uri: "/", user: robot)) == robot.name)
    #expect(name(RequestSource(uri: "/", user: .owner, impersonatedUser: "alice")) == "alice")
  }

  @Test("Who is known may do everything; the answer says why")
  func access() {
    let own = RequestSource(uri: "/", user: robot)
    let mine = status("authorization.k8s.io", "selfsubjectaccessreviews", [:], as: own)
    #expect(mine?["allowed"] == true && mine?["reason"] == "the local cluster does not enforce roles")
    for (spec, isAllowed) in [
      (["user": "alice", "groups": ["system:authenticated"]], true),
      (["user": "system:anonymous"], false), ([:], false),
      (["user": "x", "groups": ["system:unauthenticated"]], false),
    ] as [(JSONValue, Bool)] {
      let answer = status("authorization.k8s.io", "subjectaccessreviews", spec, as: own)
      #expect(answer?["allowed"]?.bool == isAllowed)
    }
  }

  @Test("Discovery has the reviews, which can only be created")
  func discovery() {
    var cluster = Cluster()
    for (group, name) in [
      ("authentication.k8s.io", "tokenreviews"), ("authorization.k8s.io", "subjectaccessreviews"),
    ] {
      let list = cluster.send(.get, "/apis/\(group)/v1").json
      let entry = list["resources"]?.array?.first { $0["name"]?.string == name }
      #expect(entry?["verbs"] == ["create"])
    }
  }
}
