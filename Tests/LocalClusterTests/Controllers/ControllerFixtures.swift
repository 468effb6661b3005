import Foundation
import KubernetesModel

@testable import LocalCluster

/// A fixed moment; tests count seconds from it.
let noon = Date(timeIntervalSince1970: 1_800_000_000)

func seconds(_ count: Double) -> Date { noon.addingTimeInterval(count) }

let webTemplate: JSONValue = [
  "metadata": ["labels": ["app": "web"]],
  "spec": ["containers": [["name": "web", "image": "web:1"]]],
]

func aDeployment(
  replicas: Int = 3, template: JSONValue = webTemplate, _ change: (inout JSONValue) -> Void = { _ in }
) -> ClusterObject {
  var json: JSONValue = [
    "apiVersion": "apps/v1", "kind": "Deployment",
    "metadata": ["name": "web", "namespace": "default", "uid": "d1", "generation": 1],
    "spec": [
      "replicas": .integer(Int64(replicas)), "selector": ["matchLabels": ["app": "web"]], "template": template,
    ],
  ]
  change(&json)
  return ClusterObject(json)
}

/// A ReplicaSet of `aDeployment` with this many pods wanted and available.
func aReplicaSet(
  _ name: String, image: String, wanted: Int, available: Int, revision: Int, of deployment: ClusterObject
) -> ClusterObject {
  let template = webTemplateWith(image: image)
  return ClusterObject([
    "apiVersion": "apps/v1", "kind": "ReplicaSet",
    "metadata": [
      "name": .string(name), "namespace": "default", "uid": .string("uid-" + name), "generation": 1,
      "creationTimestamp": TimeText.json(seconds(Double(revision))),
      "ownerReferences": .array([deployment.asController]),
      "annotations": [
        "deployment.kubernetes.io/revision": .string(String(revision)),
        "deployment.kubernetes.io/desired-replicas": "3", "deployment.kubernetes.io/max-replicas": "4",
      ],
    ],
    "spec": ["replicas": .integer(Int64(wanted)), "template": template],
    "status": [
      "observedGeneration": 1, "replicas": .integer(Int64(wanted)), "readyReplicas": .integer(Int64(available)),
      "availableReplicas": .integer(Int64(available)),
    ],
  ])
}

func webTemplateWith(image: String) -> JSONValue {
  var template = webTemplate
  template.set([["name": "web", "image": .string(image)]], at: ["spec", "containers"])
  return template
}

func aPod(
  _ name: String, phase: String = "Running", ready: Bool = true, owner: ClusterObject? = nil, exitCode: Int? = nil,
  finished: Date = noon, labels: [String: String] = ["app": "web"], _ change: (inout JSONValue) -> Void = { _ in }
) -> ClusterObject {
  var json: JSONValue = [
    "apiVersion": "v1", "kind": "Pod",
    "metadata": [
      "name": .string(name), "namespace": "default", "uid": .string("uid-" + name), "labels": JSONValue(labels),
      "creationTimestamp": TimeText.json(noon),
    ],
    "spec": ["nodeName": "apus", "containers": [["name": "web", "image": "web:1"]]],
    "status": [
      "phase": .string(phase),
      "conditions": [
        [
          "type": "Ready", "status": .string(ready ? "True" : "False"), "lastTransitionTime": TimeText.json(noon),
        ]
      ],
    ],
  ]
  if let owner { json.set(.array([owner.asController]), at: ["metadata", "ownerReferences"]) }
  if let exitCode {
    json.set(
      [
        [
          "name": "web",
          "state": [
            "terminated": ["exitCode": .integer(Int64(exitCode)), "finishedAt": TimeText.json(finished)]
          ],
        ]
      ], at: ["status", "containerStatuses"])
  }
  change(&json)
  return ClusterObject(json)
}

/// What decisions do, in words that tests can compare.
extension Decision {
  var summary: [String] {
    writes.map { write in
      switch write {
      case .create(let resource, let object, _):
        "create \(resource.resource) \(object[path: "metadata", "name"]?.string ?? object[path: "metadata", "generateName"]?.string ?? "")"
      case .replace(let resource, let object):
        "replace \(resource.resource) \(ClusterObject(object).name)"
          + (resource.resource == "replicasets" ? " \(ClusterObject(object).specReplicas)" : "")
      case .status(let resource, let key, _, _): "status \(resource.resource) \(key.name)"
      case .delete(let resource, let key, _, _): "delete \(resource.resource) \(key.name)"
      case .announce(let event): "event \(event.reason)"
      }
    }
  }

  func status(of resource: GroupVersionResource) -> JSONValue? {
    for case .status(resource, _, _, let status) in writes { return status }
    return nil
  }

  /// `type=status reason` of each condition in the written status.
  func conditions(of resource: GroupVersionResource) -> [String] {
    (status(of: resource)?["conditions"]?.array ?? []).map {
      "\($0["type"]?.string ?? "")=\($0["status"]?.string ?? "") \($0["reason"]?.string ?? "")"
    }
  }
}
