import ClusterState
import Foundation
import KubernetesModel
import WorkerContract

/// The machine's clock in the forms that the cluster needs.
enum Clock {
  static var now: ClusterTime { ClusterTime(microseconds: Int64(Date().timeIntervalSince1970 * 1_000_000)) }
  static var text: String { Timestamp(secondsSince1970: Date().timeIntervalSince1970).description }
}

/// What the rest of a cluster does: Jobs end well with a result, Deployments have ready pods at once.
struct SimulatedWorld: Sendable {
  /// Pods' addresses: the benchmark answers there for the servers.
  static let addresses = (1...8).map { "127.77.0.\($0)" }

  func reactions(to change: ChangeEvent) -> [ReceivedRequest] {
    switch (change.id.resource.resource, change.kind) {
    case ("jobs", .added): ended(change.object)
    case ("deployments", .added), ("deployments", .modified): rolledOut(change.object)
    default: []
    }
  }

  private static func request(
    _ method: ReceivedRequest.Method, _ path: String, _ body: JSONValue? = nil
  ) -> ReceivedRequest {
    ReceivedRequest(
      method, path: path.split(separator: "/").map(String.init),
      contentType: method == .patch ? "application/merge-patch+json" : "application/json", userAgent: "world",
      body: body)
  }

  private func pod(
    _ name: String, of owner: JSONValue, _ kind: (apiVersion: String, kind: String), labels: [String: JSONValue]
  ) -> JSONValue {
    let template = owner[path: "spec", "template"] ?? [:]
    return [
      "apiVersion": "v1", "kind": "Pod",
      "metadata": [
        "name": .string(name), "namespace": owner[path: "metadata", "namespace"] ?? "",
        "labels": .object((template[path: "metadata", "labels"]?.object ?? [:]).merging(labels) { $1 }),
        "annotations": template[path: "metadata", "annotations"] ?? [:],
        "ownerReferences": [
          [
            "apiVersion": .string(kind.apiVersion), "kind": .string(kind.kind), "controller": true,
            "name": owner[path: "metadata", "name"] ?? "", "uid": owner[path: "metadata", "uid"] ?? "",
          ]
        ],
      ],
      "spec": template["spec"] ?? [:],
    ]
  }

  // MARK: Jobs

  private func ended(_ job: JSONValue) -> [ReceivedRequest] {
    guard let name = job[path: "metadata", "name"]?.string, let namespace = job[path: "metadata", "namespace"]?.string
    else { return [] }
    let pods = "/api/v1/namespaces/\(namespace)/pods"
    let time = JSONValue.string(Clock.text)
    let image = job[path: "spec", "template", "spec", "containers"]?[0]?["image"] ?? ""
    return [
      Self.request(
        .post, pods, pod("\(name)-x7k2p", of: job, ("batch/v1", "Job"), labels: ["job-name": .string(name)])),
      Self.request(
        .patch, "\(pods)/\(name)-x7k2p/status",
        [
          "status": [
            "phase": "Succeeded", "startTime": time, "podIP": "10.0.0.1", "hostIP": "10.0.0.9",
            "qosClass": "BestEffort",
            "conditions": [
              ["type": "PodScheduled", "status": "True", "lastTransitionTime": time],
              ["type": "Ready", "status": "False", "reason": "PodCompleted", "lastTransitionTime": time],
            ],
            "containerStatuses": [
              [
                "name": "worker", "image": image, "imageID": "", "ready": false, "restartCount": 0,
                "state": [
                  "terminated": [
                    "exitCode": 0, "reason": "Completed", "startedAt": time, "finishedAt": time,
                    "message": .string(result(of: job)),
                  ]
                ],
              ]
            ],
          ]
        ]),
      Self.request(
        .patch, "/apis/batch/v1/namespaces/\(namespace)/jobs/\(name)/status",
        [
          "status": [
            "succeeded": 1, "startTime": time, "completionTime": time,
            "conditions": [
              ["type": "SuccessCriteriaMet", "status": "True", "lastProbeTime": time, "lastTransitionTime": time],
              ["type": "Complete", "status": "True", "lastProbeTime": time, "lastTransitionTime": time],
            ],
          ]
        ]),
    ]
  }

  private func result(of job: JSONValue) -> String {
    let metrics = ModelMetrics(
      accuracy: 0.8727, precision: 0.7911, recall: 0.6634, f1: 0.7216, rocAUC: 0.9284, brier: 0.0881)
    let labels = job[path: "metadata", "labels"]
    var result = RunResult(
      run: "\(job[path: "metadata", "namespace"]?.string ?? "").\(job[path: "metadata", "name"]?.string ?? "")")
    if labels?["apus.dev/component"] == "check" {
      result.checked = CheckResult(
        version: "v1", rows: 5000, conclusive: true,
        drift: DriftSummary(severity: .none, features: 14, critical: 0, warning: 0, share: 0, worst: []),
        quality: QualitySummary(severity: .none, failed: []),
        performance: PerformanceSummary(coverage: 0.62, labelled: 3100, metrics: metrics, p95Latency: 0.004))
    } else {
      result.trained = TrainingResult(
        artifact: ArtifactReference(
          version: labels?["apus.dev/version"]?.string ?? "v1",
          digest: "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
        rows: .init(train: 19536, validation: 6512, test: 6513), metrics: metrics, calibrationError: 0.011,
        warnings: ["workclass: 5.6 % of the values are missing"],
        seconds: ["ingest": 0.4, "train": 1.9, "evaluate": 0.3],
        dataDigest: "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae")
    }
    return (try? JSONValue(encoding: result).text) ?? ""
  }

  // MARK: Deployments

  private func rolledOut(_ deployment: JSONValue) -> [ReceivedRequest] {
    guard let name = deployment[path: "metadata", "name"]?.string,
      let namespace = deployment[path: "metadata", "namespace"]?.string,
      let generation = deployment[path: "metadata", "generation"]?.integer,
      deployment[path: "status", "observedGeneration"]?.integer != generation
    else { return [] }
    let wanted = deployment[path: "spec", "replicas"]?.integer ?? 1
    let present = deployment[path: "status", "replicas"]?.integer ?? 0
    let pods = "/api/v1/namespaces/\(namespace)/pods"
    var requests: [ReceivedRequest] = []
    for index in present..<max(present, wanted) {
      let pod = "\(name)-6f7c9b5d8-\(index)zq4w"
      requests.append(
        Self.request(.post, pods, self.pod(pod, of: deployment, ("apps/v1", "Deployment"), labels: [:])))
      requests.append(Self.request(.patch, "\(pods)/\(pod)/status", ["status": serving(name)]))
    }
    for index in wanted..<max(present, wanted) {
      requests.append(
        Self.request(.delete, "\(pods)/\(name)-6f7c9b5d8-\(index)zq4w", ["gracePeriodSeconds": 0]))
    }
    let time = JSONValue.string(Clock.text)
    let count = JSONValue.integer(Int64(wanted))
    requests.append(
      Self.request(
        .patch, "/apis/apps/v1/namespaces/\(namespace)/deployments/\(name)/status",
        [
          "status": [
            "observedGeneration": .integer(Int64(generation)), "replicas": count, "updatedReplicas": count,
            "readyReplicas": count, "availableReplicas": count,
            "conditions": [
              [
                "type": "Available", "status": "True", "reason": "MinimumReplicasAvailable",
                "message": "Deployment has minimum availability.", "lastTransitionTime": time, "lastUpdateTime": time,
              ],
              [
                "type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable",
                "message": "ReplicaSet has successfully progressed.", "lastTransitionTime": time,
                "lastUpdateTime": time,
              ],
            ],
          ]
        ]))
    return requests
  }

  private func serving(_ name: String) -> JSONValue {
    let time = JSONValue.string(Clock.text)
    let number = name.utf8.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF }
    let conditions = ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"]
    return [
      "phase": "Running", "startTime": time, "podIP": .string(Self.addresses[number % Self.addresses.count]),
      "hostIP": "10.0.0.9", "qosClass": "BestEffort",
      "conditions": .array(conditions.map { ["type": .string($0), "status": "True", "lastTransitionTime": time] }),
      "containerStatuses": [
        [
          "name": "server", "image": "apus-server:0.1.0", "imageID": "", "ready": true, "started": true,
          "restartCount": 0, "state": ["running": ["startedAt": time]],
        ]
      ],
    ]
  }
}
