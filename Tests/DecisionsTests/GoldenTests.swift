import ApusAPI
import Decisions
import Foundation
import KubernetesModel
import Testing
import WorkerContract

/// Every kind of object that the operator makes, compared with a file. `APUS_RECORD_GOLDEN=1 swift test` writes the files.
@Suite struct GoldenTests {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../Golden/Decisions")

  /// A model with all that can be said about pods.
  static var world: World {
    let spec: JSONValue = [
      "training": [
        "template": [
          "nodeSelector": ["disk": "ssd"], "volumes": [["name": "dataset", "hostPath": ["path": "/data/census"]]],
          "containers": [
            [
              "name": "worker", "resources": ["limits": ["memory": "2Gi"]],
              "volumeMounts": [["name": "dataset", "mountPath": "/data", "readOnly": true]],
            ]
          ],
        ]
      ],
      "serving": [
        "replicas": 2,
        "template": ["spec": ["containers": [["name": "server", "resources": ["requests": ["cpu": "1"]]]]]],
      ],
    ]
    var world = World.serving(aModel("income", spec), policy: aPolicy("watch"))
    world.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "now"
    world.settle()
    return world
  }

  static let names = [
    "persistentvolumeclaims/apus-data", "jobs/income-train-1", "modelversions/income-v1", "configmaps/income-routing",
    "deployments/income", "services/income", "jobs/watch-check-202610281201",
  ]

  @Test(arguments: names) func `the object is as in its file`(_ name: String) throws {
    try compare(try #require(Self.world.objects[name]).manifest, name.replacing("/", with: "-"))
  }

  @Test func `the configuration of a run is as in its file`() throws {
    let name = try #require(Self.world.configurations.first { $0.value == "income-train-1" }?.key)
    try compare(try #require(Self.world.objects["configmaps/\(name)"]).manifest, "configmaps-run")
  }

  @Test func `the Job that removes a deleted model's data is as in its file`() throws {
    let model = DepartedModel(
      now: noon, namespace: "shop", name: "income", uid: "6f0c2a1e-0000-4000-8000-000000000000",
      since: noon, versions: Array(Self.world.versions.values), settings: settings)
    for object in model.decide().apply {
      try compare(object.manifest, object.resource == Resource.jobs ? "jobs-removal" : "configmaps-removal")
    }
  }

  @Test func `under an autoscaler the Deployment has no number of replicas`() throws {
    let model = aModel("income", ["serving": ["autoscaling": ["minimum": 2, "maximum": 10, "targetCPU": 70]]])
    let world = World.serving(model)
    try compare(
      try #require(world.objects["horizontalpodautoscalers/income"]).manifest, "horizontalpodautoscalers-income")
    let deployment = try #require(world.objects["deployments/income"]).manifest
    #expect(deployment[path: "spec", "replicas"] == nil)
  }

  @Test func `Secrets of a secured model are mounted, and probes speak TLS`() throws {
    let security: JSONValue = [
      "tokenSecretRef": ["name": "income-clients", "key": "tokens"], "tlsSecretRef": ["name": "income-tls"],
    ]
    let world = World.serving(aModel("income", ["serving": ["security": security]]))
    try compare(try #require(world.objects["deployments/income"]).manifest, "deployments-income-secured")
    let onlyTokens = World.serving(
      aModel("income", ["serving": ["security": ["tokenSecretRef": ["name": "income-clients", "key": "tokens"]]]]))
    let pod = try #require(onlyTokens.objects["deployments/income"]).manifest[path: "spec", "template", "spec"]
    let container = pod?["containers"]?.array?.first
    #expect(container?[path: "readinessProbe", "httpGet", "scheme"] == nil)
    #expect(container?["args"]?.array?.contains("--tls-certificate") == false)
    #expect(container?["args"]?.array?.contains("--tls-admin") == false)
  }

  private func compare(_ manifest: JSONValue, _ name: String) throws {
    let file = Self.folder.appending(path: name + ".json")
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let text = String(decoding: try encoder.encode(manifest), as: UTF8.self) + "\n"
    if ProcessInfo.processInfo.environment["APUS_RECORD_GOLDEN"] != nil {
      try Data(text.utf8).write(to: file)
    }
    let golden = try String(contentsOf: file, encoding: .utf8)
    #expect(text == golden, "\(name) differs from its golden file")
  }
}
