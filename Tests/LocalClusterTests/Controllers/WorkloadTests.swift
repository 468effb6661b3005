import Foundation
import KubernetesModel
import TestSupport
import Testing

@testable import LocalCluster

@Suite("Deployments and Jobs with real processes")
struct WorkloadTests {
  private func template(_ script: String, restart: String, environment: JSONValue = []) -> JSONValue {
    [
      "metadata": ["labels": ["app": "web"]],
      "spec": [
        "restartPolicy": .string(restart), "terminationGracePeriodSeconds": 1,
        "containers": [
          ["name": "main", "image": "shell", "args": ["-c", .string(script)], "env": environment]
        ],
      ],
    ]
  }

  @Test("a Deployment rolls to a new template and removes its pods when it is deleted")
  func deployment() async throws {
    try await ClusterFixture.run { cluster in
      try await cluster.create(
        ClusterResource.deployments, "Deployment", "web",
        [
          "spec": [
            "replicas": 2, "selector": ["matchLabels": ["app": "web"]],
            "template": template("sleep 1000", restart: "Always"),
          ]
        ])
      func complete(_ deployment: ClusterObject) -> Bool {
        deployment.condition("Progressing")?["reason"] == "NewReplicaSetAvailable"
          && deployment.status["observedGeneration"]?.integer == deployment.generation
          && deployment.status["availableReplicas"] == 2 && deployment.status["replicas"] == 2
          && deployment.status["updatedReplicas"] == 2
      }
      var deployment = try await cluster.wait(ClusterResource.deployments, "web", "is complete", until: complete)
      #expect(deployment.annotations[Revision.annotation] == "1" && deployment.isConditionTrue("Available"))
      deployment.json.set(
        template("sleep 1000", restart: "Always", environment: [["name": "V", "value": "2"]]), at: ["spec", "template"])
      _ = try await cluster.cluster.update(ClusterResource.deployments, subresource: nil, deployment.json)
      deployment = try await cluster.wait(ClusterResource.deployments, "web", "is complete again") {
        $0.generation > deployment.generation && complete($0)
      }
      #expect(deployment.annotations[Revision.annotation] == "2")
      let sets = await cluster.cluster.list(ClusterResource.replicaSets, namespace: "default", labels: [:])
      #expect(sets.map { ClusterObject($0).specReplicas }.sorted() == [0, 2])
      try await cluster.cluster.delete(
        ClusterResource.deployments, namespace: "default", name: "web", uid: nil, gracePeriod: nil,
        propagation: .background)
      _ = try await eventually("all is gone") {
        await cluster.cluster.list(ClusterResource.pods, namespace: "default", labels: [:]).isEmpty ? true : nil
      }
    }
  }

  @Test(
    "a Job ends as its pod does",
    arguments: [
      ("exit 0", [:], "Complete", "CompletionsReached"),
      ("exit 1", ["backoffLimit": 0], "Failed", "BackoffLimitExceeded"),
      ("sleep 1000", ["activeDeadlineSeconds": 1], "Failed", "DeadlineExceeded"),
    ] as [(String, JSONValue, String, String)])
  func job(script: String, spec: JSONValue, condition: String, reason: String) async throws {
    try await ClusterFixture.run { cluster in
      var spec = spec
      spec["template"] = template(script, restart: "Never")
      try await cluster.create(ClusterResource.jobs, "Job", "j", ["spec": spec])
      let job = try await cluster.wait(ClusterResource.jobs, "j", "has ended") { $0.isConditionTrue(condition) }
      #expect(job.condition(condition)?["reason"]?.string == reason)
      #expect(job.status["startTime"] != nil && (job.status["completionTime"] != nil) == (condition == "Complete"))
    }
  }
}
