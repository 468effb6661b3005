import ClusterState
import KubernetesModel
import Testing

struct PresentationTests {
  @Test(
    "Ages are written as kubectl writes them",
    arguments: [
      (0, "0s"), (119, "119s"), (120, "2m"), (185, "3m5s"), (3600, "60m"), (10_800, "3h"), (11_100, "3h5m"),
      (36_000, "10h"),
      (172_800, "2d"), (176_400, "2d1h"), (864_000, "10d"), (63_072_000, "2y"), (-5, "<invalid>"),
    ])
  func ages(seconds: Int, text: String) {
    var cluster = Cluster()
    cluster.send(.post, configMaps, aConfigMap("c"))
    cluster.now = ClusterTime(seconds: cluster.now.seconds + Int64(seconds))
    #expect(table(&cluster, configMaps)["rows"]?[0]?["cells"]?[2] == .string(text))
  }

  private func table(_ cluster: inout Cluster, _ target: String) -> JSONValue {
    var request = ReceivedRequest(.get, target)
    request.accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"
    guard case .response(let response) = cluster.ask(request), case .json(let json) = response.body else {
      return .null
    }
    return json
  }

  @Test("A custom resource's columns come from its definition")
  func customColumns() {
    var cluster = Cluster()
    cluster.send(.post, definitions, aDefinition(["replicas": ["type": "integer", "default": 3]]))
    cluster.send(.post, models, aModel("m", [:]))
    let conditions: JSONValue = [
      "status": ["conditions": [["type": "Other", "status": "False"], ["type": "Ready", "status": "True"]]]
    ]
    cluster.send(.patch, "\(models)/m/status", conditions, type: "application/merge-patch+json")
    let table = table(&cluster, models)
    #expect(
      table["columnDefinitions"]?.array?.compactMap { $0["name"]?.string } == ["Name", "Ready", "Replicas", "Age"])
    #expect(table["rows"]?[0]?["cells"] == ["m", "True", 3, "0s"])
    #expect(table["rows"]?[0]?[path: "object", "kind"] == "PartialObjectMetadata")
  }

  @Test("Every built-in resource has as many cells as columns")
  func cellCounts() {
    var cluster = Cluster()
    let job: JSONValue = [
      "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "j"],
      "spec": ["template": ["spec": ["restartPolicy": "Never", "containers": [["name": "m", "image": "i"]]]]],
    ]
    let event: JSONValue = [
      "apiVersion": "v1", "kind": "Event", "metadata": ["name": "e", "namespace": "default"],
      "involvedObject": ["kind": "Pod", "name": "p"],
      "reason": "Started", "message": "it runs", "type": "Normal",
    ]
    let service: JSONValue = [
      "apiVersion": "v1", "kind": "Service", "metadata": ["name": "s"], "spec": ["ports": [["port": 80]]],
    ]
    let objects: [(String, JSONValue)] = [
      (pods, aPod("p")), (deployments, aDeployment()), ("/apis/batch/v1/namespaces/default/jobs", job),
      ("/api/v1/namespaces/default/events", event), ("/api/v1/namespaces/default/services", service),
      (definitions, aDefinition([:])),
    ]
    for (target, object) in objects {
      #expect(cluster.send(.post, target, object).code == 201)
      let table = table(&cluster, target)
      #expect(table["rows"]?[0]?["cells"]?.array?.count == table["columnDefinitions"]?.array?.count, "\(target)")
    }
    let table = table(&cluster, "/apis/batch/v1/namespaces/default/jobs")
    #expect(table["rows"]?[0]?["cells"]?.array?.prefix(5).map { $0 } == ["j", "Running", "0/1", "", "0s"])
  }

  @Test("Events are the same objects in both of their groups")
  func events() {
    var cluster = Cluster()
    let event: JSONValue = [
      "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": ["name": "e"],
      "regarding": ["kind": "Pod", "name": "p"],
      "eventTime": "2025-06-15T15:06:40.000000Z", "reason": "Started", "note": "it runs", "type": "Normal",
      "action": "Start",
      "reportingController": "apus.dev/operator", "reportingInstance": "x",
    ]
    #expect(cluster.send(.post, "/apis/events.k8s.io/v1/namespaces/default/events", event).code == 201)
    let core = cluster.object("/api/v1/namespaces/default/events/e")
    #expect(core?["message"] == "it runs")
    #expect(core?["involvedObject"] == ["kind": "Pod", "name": "p"])
    let list = cluster.send(.get, "/api/v1/events?fieldSelector=involvedObject.name=p").json
    #expect(list["items"]?.array?.count == 1)
  }

  @Test("Discovery and OpenAPI know a custom resource as soon as its definition is there")
  func discovery() {
    var cluster = Cluster()
    #expect(cluster.send(.get, "/apis/test.dev/v1").code == 404)
    cluster.send(.post, definitions, aDefinition(["n": ["type": "integer"]]))
    let names = cluster.send(.get, "/apis/test.dev/v1").json["resources"]?.array?.compactMap { $0["name"]?.string }
    #expect(names == ["models", "models/status", "models/scale"])
    let document = cluster.send(.get, "/openapi/v3/apis/test.dev/v1").json
    #expect(
      document[path: "components", "schemas", "dev.test.v1.Model", "properties", "spec", "properties", "n", "type"]
        == "integer")
    let kind = document[path: "components", "schemas", "dev.test.v1.Model", "properties", "kind"]
    #expect(kind?["type"] == "string")
    #expect(kind?["description"]?.string?.hasPrefix("Kind is a string value") == true)
    cluster.send(.delete, "\(definitions)/models.test.dev")
    #expect(cluster.send(.get, models).code == 404)
  }

  @Test(
    "Times are read and written to the microsecond",
    arguments: ["1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2025-12-31T12:30:45Z"])
  func times(text: String) {
    #expect(ClusterTime(text)?.text == text)
  }
}
