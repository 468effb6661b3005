import ClusterState
import KubernetesModel
import Testing

private func json(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }

struct PatchTests {
  @Test(
    "JSON patch does what RFC 6902 says",
    arguments: [
      (#"{"a":1}"#, #"[{"op":"add","path":"/b","value":2}]"#, #"{"a":1,"b":2}"#),
      (#"{"a":[1,3]}"#, #"[{"op":"add","path":"/a/1","value":2}]"#, #"{"a":[1,2,3]}"#),
      (#"{"a":[1]}"#, #"[{"op":"add","path":"/a/-","value":2}]"#, #"{"a":[1,2]}"#),
      (#"{"a":1}"#, #"[{"op":"remove","path":"/a"}]"#, #"{}"#),
      (
        #"{"a":{"b/c":1,"d~":2}}"#, #"[{"op":"remove","path":"/a/b~1c"},{"op":"replace","path":"/a/d~0","value":3}]"#,
        #"{"a":{"d~":3}}"#
      ),
      (#"{"a":1}"#, #"[{"op":"move","from":"/a","path":"/b"}]"#, #"{"b":1}"#),
      (
        #"{"a":[1]}"#, #"[{"op":"copy","from":"/a","path":"/b"},{"op":"test","path":"/b/0","value":1}]"#,
        #"{"a":[1],"b":[1]}"#
      ),
    ])
  func jsonPatch(document: String, patch: String, result: String) throws {
    #expect(try JSONPatch.apply(json(patch), to: json(document)) == json(result))
  }

  @Test(
    "A JSON patch that does not fit is refused as a whole",
    arguments: [
      #"[{"op":"remove","path":"/b"}]"#, #"[{"op":"replace","path":"/b","value":1}]"#,
      #"[{"op":"test","path":"/a","value":2}]"#, #"[{"op":"add","path":"/x/y","value":2}]"#,
      #"[{"op":"jump","path":"/a"}]"#,
      #"{"op":"remove"}"#,
    ])
  func badJSONPatch(patch: String) throws {
    #expect(throws: StatusError.self) { try JSONPatch.apply(json(patch), to: ["a": 1]) }
  }

  @Test(
    "Merge patch does what RFC 7386 says",
    arguments: [
      (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#), (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
      (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#), (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
      (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
      (#"{}"#, #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
    ])
  func mergePatch(document: String, patch: String, result: String) throws {
    #expect(try MergePatch.apply(json(patch), to: json(document)) == json(result))
  }

  static let podSpec =
    #"{"containers":[{"name":"a","image":"x","env":[{"name":"E","value":"1"}],"args":["1"]},{"name":"b","image":"y"}]}"#

  @Test(
    "Strategic merge patch merges lists by their keys",
    arguments: [
      (
        #"{"containers":[{"name":"b","image":"z"}]}"#,
        #"{"containers":[{"name":"a","image":"x","env":[{"name":"E","value":"1"}],"args":["1"]},{"name":"b","image":"z"}]}"#
      ),
      (
        #"{"containers":[{"name":"a","env":[{"name":"F","value":"2"}],"args":["2"]}]}"#,
        #"{"containers":[{"name":"a","image":"x","env":[{"name":"F","value":"2"},{"name":"E","value":"1"}],"args":["2"]},{"name":"b","image":"y"}]}"#
      ),
      (
        #"{"containers":[{"name":"b","$patch":"delete"}]}"#,
        #"{"containers":[{"name":"a","image":"x","env":[{"name":"E","value":"1"}],"args":["1"]}]}"#
      ),
      (
        #"{"containers":[{"$patch":"replace"},{"name":"c","image":"w"}]}"#,
        #"{"containers":[{"name":"c","image":"w"}]}"#
      ),
      (
        #"{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]}"#,
        #"{"containers":[{"name":"b","image":"y"},{"name":"a","image":"x","env":[{"name":"E","value":"1"}],"args":["1"]}]}"#
      ),
      (#"{"containers":null}"#, #"{}"#),
    ])
  func strategicMerge(patch: String, result: String) throws {
    var cluster = Cluster()
    var pod = aPod("p")
    pod["spec"] = try json(Self.podSpec)
    cluster.send(.post, pods, pod)
    let body: JSONValue = ["spec": ["template": ["spec": try json(patch)]]]
    var deployment = aDeployment()
    deployment.set(try json(Self.podSpec), at: ["spec", "template", "spec"])
    cluster.send(.post, deployments, deployment)
    let answer = cluster.send(.patch, "\(deployments)/web", body, type: "application/strategic-merge-patch+json")
    if result == "{}" {
      #expect(answer.code == 422)
      return
    }
    #expect(answer.code == 200)
    let found = answer.json[path: "spec", "template", "spec", "containers"]?.array ?? []
    let wanted = try json(result)["containers"]?.array ?? []
    #expect(found.map { $0["name"] } == wanted.map { $0["name"] })
    for (left, right) in zip(found, wanted) {
      for key in ["image", "env", "args"] { #expect(left[key] == right[key]) }
    }
  }

  @Test("A strategic merge that leaves a wrong type is the patch's fault, in the API server's words")
  func strategicMisfit() {
    var cluster = Cluster()
    cluster.send(.post, configMaps, aConfigMap("c", ["size": "1"]))
    cluster.send(.post, deployments, aDeployment())
    let type = "application/strategic-merge-patch+json"
    let refused: [(String, JSONValue, String)] = [
      ("\(configMaps)/c", ["data": ["size": 3]], #""map[data:map[size:3]]": cannot convert int64 to string"#),
      ("\(configMaps)/c", ["data": ["a"]], #""map[data:[a]]": cannot restore map from slice"#),
      ("\(deployments)/web", ["spec": "x"], #""map[spec:x]": cannot restore struct from: string"#),
      (
        "\(deployments)/web", ["spec": ["replicas": "x"]],
        #""map[spec:map[replicas:x]]": cannot convert string to int32"#
      ),
    ]
    for (target, patch, why) in refused {
      let answer = cluster.send(.patch, target, patch, type: type)
      #expect(answer.code == 422)
      #expect(answer.json["message"]?.string == " \"\" is invalid: patch: Invalid value: " + why)
    }
  }

  @Test("A strict strategic merge refuses a field that does not exist as the patch's fault")
  func strategicUnknown() {
    var cluster = Cluster()
    cluster.send(.post, deployments, aDeployment())
    let type = "application/strategic-merge-patch+json"
    let target = "\(deployments)/web?fieldValidation="
    let refused = cluster.send(.patch, target + "Strict", ["spec": ["copies": 1]], type: type)
    #expect(refused.code == 422)
    #expect(
      refused.json["message"]?.string
        == #" "" is invalid: patch: Invalid value: "map[spec:map[copies:1]]": strict decoding error: unknown field "spec.copies""#
    )
    #expect(cluster.send(.patch, target + "Warn", ["spec": ["copies": 1]], type: type).code == 200)
  }

  @Test("A body with a wrong type in a built-in kind is a bad request that names Go's field")
  func undecodable() {
    var cluster = Cluster()
    cluster.send(.post, deployments, aDeployment())
    let answer = cluster.send(
      .patch, "\(deployments)/web", ["spec": ["replicas": "x"]], type: "application/merge-patch+json")
    #expect(answer.code == 400)
    #expect(
      answer.json["message"]?.string
        == "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
    )
  }

  @Test("A JSON patch that does not fit is refused as the API server does it")
  func jsonPatchRefusal() {
    var cluster = Cluster()
    cluster.send(.post, configMaps, aConfigMap("c", ["a": "1"]))
    for operation in [
      ["op": "test", "path": "/data/a", "value": "2"], ["op": "remove", "path": "/data/b"],
      ["op": "replace", "path": "/none/b", "value": "2"],
    ] as [JSONValue] {
      let answer = cluster.send(.patch, "\(configMaps)/c", [operation], type: "application/json-patch+json")
      #expect(answer.code == 422)
      #expect(answer.json["message"] == "the server rejected our request due to an error in our request")
    }
  }

  @Test("Finalizers are merged as a set, and taken out one by one")
  func primitiveList() {
    var cluster = Cluster()
    var object = aConfigMap("c")
    object.set(["a.dev/x", "a.dev/y"], at: ["metadata", "finalizers"])
    cluster.send(.post, configMaps, object)
    let type = "application/strategic-merge-patch+json"
    var answer = cluster.send(.patch, "\(configMaps)/c", ["metadata": ["finalizers": ["a.dev/z"]]], type: type)
    #expect(answer.json[path: "metadata", "finalizers"] == ["a.dev/z", "a.dev/x", "a.dev/y"])
    answer = cluster.send(
      .patch, "\(configMaps)/c", ["metadata": ["$deleteFromPrimitiveList/finalizers": ["a.dev/y"]]], type: type)
    #expect(answer.json[path: "metadata", "finalizers"] == ["a.dev/z", "a.dev/x"])
  }

  @Test("Custom resources refuse strategic merge with 415")
  func customStrategic() {
    var cluster = Cluster()
    cluster.send(.post, definitions, aDefinition(["n": ["type": "integer"]]))
    cluster.send(.post, models, aModel("m", ["n": 1]))
    #expect(cluster.send(.patch, "\(models)/m", [:], type: "application/strategic-merge-patch+json").code == 415)
  }
}
