import ClusterState
import KubernetesModel

/// A state with a clock that tests move, and short ways to ask it.
struct Cluster {
  var state: ClusterState
  var now = ClusterTime(seconds: 1_750_000_000)
  private var seed: UInt64 = 7

  init(historyLimit: Int = 1_000) {
    state = ClusterState(historyLimit: historyLimit, Circumstances(now: now, seed: 1))
  }

  mutating func ask(_ request: ReceivedRequest) -> APIAnswer {
    seed += 1
    let circumstances = Circumstances(now: now, seed: seed)
    let answer = state.answer(request, circumstances)
    if state.needsCollection { state.collectGarbage(circumstances) }
    return answer
  }

  /// Code and JSON of the response; code 0 for a stream.
  @discardableResult
  mutating func send(
    _ method: ReceivedRequest.Method, _ target: String, _ body: JSONValue? = nil, type: String = "application/json",
    manager: String = "test"
  ) -> (code: Int, json: JSONValue) {
    var request = ReceivedRequest(method, target, body: body)
    request.contentType = type
    request.userAgent = manager + "/1.0"
    guard case .response(let response) = ask(request), case .json(let json) = response.body else { return (0, .null) }
    return (response.code, json)
  }

  mutating func apply(_ target: String, _ body: JSONValue, manager: String, force: Bool = false) -> (
    code: Int, json: JSONValue
  ) {
    send(
      .patch, "\(target)?fieldManager=\(manager)&force=\(force)", body, type: "application/apply-patch+yaml")
  }

  mutating func object(_ target: String) -> JSONValue? {
    let answer = send(.get, target)
    guard answer.code == 200 else { return nil }
    return answer.json
  }
}

let configMaps = "/api/v1/namespaces/default/configmaps"
let pods = "/api/v1/namespaces/default/pods"
let deployments = "/apis/apps/v1/namespaces/default/deployments"
let models = "/apis/test.dev/v1/namespaces/default/models"

func aConfigMap(_ name: String, _ data: [String: String] = [:], labels: [String: String] = [:], owner: JSONValue? = nil)
  -> JSONValue
{
  var object: JSONValue = [
    "apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": .string(name)], "data": JSONValue(data),
  ]
  if !labels.isEmpty { object.set(JSONValue(labels), at: ["metadata", "labels"]) }
  if let owner {
    object.set([owner], at: ["metadata", "ownerReferences"])
  }
  return object
}

func owner(_ object: JSONValue, blocking: Bool = false) -> JSONValue {
  [
    "apiVersion": object["apiVersion"] ?? "", "kind": object["kind"] ?? "",
    "name": object[path: "metadata", "name"] ?? "", "uid": object[path: "metadata", "uid"] ?? "",
    "blockOwnerDeletion": .bool(blocking),
  ]
}

func aDeployment(_ name: String = "web", replicas: Int64? = 2, image: String = "nginx:1") -> JSONValue {
  var spec: JSONValue = [
    "selector": ["matchLabels": ["app": .string(name)]],
    "template": [
      "metadata": ["labels": ["app": .string(name)]],
      "spec": ["containers": [["name": "main", "image": .string(image), "env": [["name": "A", "value": "1"]]]]],
    ],
  ]
  if let replicas { spec["replicas"] = .integer(replicas) }
  return ["apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": .string(name)], "spec": spec]
}

func aPod(_ name: String) -> JSONValue {
  [
    "apiVersion": "v1", "kind": "Pod", "metadata": ["name": .string(name)],
    "spec": ["containers": [["name": "main", "image": "worker"]]],
  ]
}

func aDefinition(_ properties: JSONValue, required: JSONValue = []) -> JSONValue {
  [
    "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
    "metadata": ["name": "models.test.dev"],
    "spec": [
      "group": "test.dev", "scope": "Namespaced",
      "names": ["plural": "models", "singular": "model", "kind": "Model", "shortNames": ["mo"]],
      "versions": [
        [
          "name": "v1", "served": true, "storage": true,
          "subresources": [
            "status": [:], "scale": ["specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"],
          ],
          "additionalPrinterColumns": [
            ["name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"],
            ["name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas"],
            ["name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"],
          ],
          "schema": [
            "openAPIV3Schema": [
              "type": "object",
              "properties": [
                "spec": ["type": "object", "required": required, "properties": properties],
                "status": ["type": "object", "x-kubernetes-preserve-unknown-fields": true],
              ],
            ]
          ],
        ]
      ],
    ],
  ]
}

func aModel(_ name: String = "m", _ spec: JSONValue) -> JSONValue {
  ["apiVersion": "test.dev/v1", "kind": "Model", "metadata": ["name": .string(name)], "spec": spec]
}

let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
