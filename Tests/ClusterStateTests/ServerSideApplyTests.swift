import ClusterState
import KubernetesModel
import Testing

struct ServerSideApplyTests {
  private func managers(_ object: JSONValue) -> [String: JSONValue] {
    Dictionary(
      (object[path: "metadata", "managedFields"]?.array ?? []).map {
        ("\($0["manager"]?.string ?? "")/\($0["operation"]?.string ?? "")", $0["fieldsV1"] ?? .null)
      }, uniquingKeysWith: { first, _ in first })
  }

  @Test("The first apply creates the object and owns what it names")
  func creates() {
    var cluster = Cluster()
    let answer = cluster.apply("\(configMaps)/c", aConfigMap("c", ["a": "1"]), manager: "one")
    #expect(answer.code == 201)
    #expect(managers(answer.json) == ["one/Apply": ["f:data": ["f:a": [:]]]])
  }

  @Test("An update owns the objects and lists it makes, but not those that every object of the kind has")
  func containers() {
    var cluster = Cluster()
    let map = cluster.send(.post, configMaps, aConfigMap("c", ["a": "1"], labels: ["t": "1"])).json
    #expect(
      managers(map) == [
        "test/Update": ["f:data": [".": [:], "f:a": [:]], "f:metadata": ["f:labels": [".": [:], "f:t": [:]]]]
      ])
    let changed = cluster.send(
      .patch, "\(configMaps)/c", ["data": ["b": "1"]], type: "application/merge-patch+json", manager: "other"
    ).json
    #expect(managers(changed)["other/Update"] == ["f:data": ["f:b": [:]]])

    let fields = managers(cluster.send(.post, deployments, aDeployment()).json)["test/Update"]?["f:spec"]
    #expect(fields?["."] == nil)
    #expect(fields?[path: "f:template", "f:metadata", "f:labels", "."] == [:])
    let containers = fields?[path: "f:template", "f:spec", "f:containers"]
    #expect(containers?["."] == nil)
    #expect(containers?[path: "k:{\"name\":\"main\"}", "f:env", "."] == [:])

    cluster.send(.post, definitions, aDefinition(["n": ["type": "integer"]]))
    let model = cluster.send(.post, models, aModel("m", ["n": 1])).json
    #expect(managers(model) == ["test/Update": ["f:spec": [".": [:], "f:n": [:]]]])
  }

  @Test("Another manager's value is a conflict that names manager and field")
  func conflict() {
    var cluster = Cluster()
    _ = cluster.apply("\(configMaps)/c", aConfigMap("c", ["a": "1"]), manager: "one")
    let answer = cluster.apply("\(configMaps)/c", aConfigMap("c", ["a": "2"]), manager: "two")
    #expect(answer.code == 409)
    #expect(answer.json["message"] == "Apply failed with 1 conflict: conflict with \"one\": .data.a")
    #expect(
      answer.json[path: "details", "causes"]
        == [["reason": "FieldManagerConflict", "message": "conflict with \"one\"", "field": ".data.a"]])
  }

  @Test("Several conflicts are listed by manager")
  func conflicts() {
    var cluster = Cluster()
    _ = cluster.apply("\(configMaps)/c", aConfigMap("c", ["a": "1", "b": "1"]), manager: "one")
    let answer = cluster.apply("\(configMaps)/c", aConfigMap("c", ["a": "2", "b": "2"]), manager: "two")
    #expect(
      answer.json["message"] == "Apply failed with 2 conflicts: conflicts with \"one\":\n- .data.a\n- .data.b")
  }

  @Test("The same value is shared; force takes a field over")
  func force() {
    var cluster = Cluster()
    _ = cluster.apply("\(configMaps)/c", aConfigMap("c", ["a": "1"]), manager: "one")
    var answer = cluster.apply("\(configMaps)/c", aConfigMap("c", ["a": "1"]), manager: "two")
    #expect(managers(answer.json).count == 2)
    answer = cluster.apply("\(configMaps)/c", aConfigMap("c", ["a": "2"]), manager: "two", force: true)
    #expect(answer.json["data"] == ["a": "2"])
    #expect(managers(answer.json) == ["two/Apply": ["f:data": ["f:a": [:]]]])
  }

  @Test("A field no longer applied goes, unless somebody else has it")
  func removal() {
    var cluster = Cluster()
    _ = cluster.apply("\(configMaps)/c", aConfigMap("c", ["a": "1", "b": "1"]), manager: "one")
    _ = cluster.apply("\(configMaps)/c", aConfigMap("c", ["b": "1", "c": "1"]), manager: "two")
    var nothing = aConfigMap("c")
    nothing["data"] = nil
    let answer = cluster.apply("\(configMaps)/c", nothing, manager: "one")
    #expect(answer.json["data"] == ["b": "1", "c": "1"])
    #expect(managers(answer.json) == ["two/Apply": ["f:data": ["f:b": [:], "f:c": [:]]]])
  }

  @Test("Elements of list maps are owned one by one")
  func listMap() {
    var cluster = Cluster()
    _ = cluster.apply("\(deployments)/web", aDeployment(), manager: "one")
    var partial: JSONValue = ["apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web"]]
    partial.set(
      [["name": "side", "image": "log:1"]], at: ["spec", "template", "spec", "containers"])
    var answer = cluster.apply("\(deployments)/web", partial, manager: "two")
    #expect(answer.code == 200)
    let path = ["spec", "template", "spec", "containers"]
    var containers: JSONValue? = answer.json
    for key in path { containers = containers?[key] }
    #expect(containers?.array?.compactMap { $0["name"]?.string } == ["main", "side"])
    partial["spec"] = nil
    answer = cluster.apply("\(deployments)/web", partial, manager: "two")
    #expect(answer.json[path: "spec", "template", "spec", "containers"]?.array?.count == 1)
    #expect(answer.json[path: "spec", "template", "spec", "containers"]?[0]?["image"] == "nginx:1")
  }

  @Test("An update takes over what it changes, and the next apply says so")
  func updateThenApply() {
    var cluster = Cluster()
    _ = cluster.apply("\(deployments)/web", aDeployment(replicas: 2), manager: "one")
    cluster.send(
      .patch, "\(deployments)/web", ["spec": ["replicas": 5]], type: "application/merge-patch+json", manager: "scaler")
    let answer = cluster.apply("\(deployments)/web", aDeployment(replicas: 2), manager: "one")
    #expect(answer.code == 409)
    #expect(
      answer.json["message"]
        == "Apply failed with 1 conflict: conflict with \"scaler\" using apps/v1 at 2025-06-15T15:06:40Z: .spec.replicas"
    )
    #expect(cluster.apply("\(deployments)/web", aDeployment(replicas: nil), manager: "one").code == 200)
    #expect(cluster.object("\(deployments)/web")?[path: "spec", "replicas"] == 5)
  }

  @Test("Applying the same again changes nothing, not even the version")
  func idempotent() {
    var cluster = Cluster()
    let first = cluster.apply("\(deployments)/web", aDeployment(), manager: "one").json
    cluster.now = ClusterTime(seconds: cluster.now.seconds + 60)
    #expect(cluster.apply("\(deployments)/web", aDeployment(), manager: "one").json == first)
  }

  @Test("Status is applied through its own endpoint only")
  func status() {
    var cluster = Cluster()
    cluster.send(.post, definitions, aDefinition(["n": ["type": "integer"]]))
    var model = aModel("m", ["n": 1])
    model["status"] = ["phase": "Ready"]
    #expect(cluster.apply("\(models)/m", model, manager: "one").json["status"] == nil)
    model["spec"] = ["n": 2]
    let answer = cluster.apply("\(models)/m/status", model, manager: "one")
    #expect(answer.json["status"] == ["phase": "Ready"])
    #expect(answer.json["spec"] == ["n": 1])
    #expect(answer.json[path: "metadata", "generation"] == 1)
  }

  @Test("fieldsV1 is read and written without loss")
  func fieldsText() throws {
    let text = #"{"f:data":{".":{},"f:a":{}},"f:list":{"k:{\"name\":\"x\"}":{".":{},"f:v":{}},"v:\"s\"":{}}}"#
    let set = FieldSet(json: try JSONValue(parsing: text))
    #expect(set.json.text == text)
    #expect(set.pathTexts == [".data", ".data.a", ".list[=\"s\"]", ".list[name=\"x\"]", ".list[name=\"x\"].v"])
  }
}
