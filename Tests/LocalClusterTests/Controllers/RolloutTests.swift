import Foundation
import KubernetesModel
import Testing

@testable import LocalCluster

@Suite("A Deployment's rollout")
struct RolloutTests {
  private func decide(
    _ deployment: ClusterObject, _ sets: [ClusterObject], pods: [ClusterObject] = [], now: Date = noon
  ) -> Decision {
    Rollout(deployment: deployment, replicaSets: sets, pods: pods, now: now).decide()
  }

  @Test("makes the first ReplicaSet with all replicas, and says so")
  func first() throws {
    let decision = decide(aDeployment(), [])
    let name = try #require(decision.summary.first?.split(separator: " ").last.map(String.init))
    #expect(name.hasPrefix("web-"))
    #expect(
      decision.summary == [
        "create replicasets \(name)", "event ScalingReplicaSet", "replace deployments web", "status deployments web",
      ])
    guard case .create(_, let set, _) = decision.writes[0] else { return }
    #expect(set[path: "spec", "replicas"] == 3)
    let hash = set[path: "spec", "template", "metadata", "labels"]?["pod-template-hash"]
    #expect(hash != nil && set[path: "spec", "selector", "matchLabels"]?["pod-template-hash"] == hash)
    #expect(set[path: "metadata", "annotations"]?["deployment.kubernetes.io/revision"] == "1")
    #expect(
      decision.conditions(of: ClusterResource.deployments) == [
        "Available=False MinimumReplicasUnavailable", "Progressing=True NewReplicaSetCreated",
      ])
  }

  @Test("starts a new template with one pod of surge and takes no old one away yet")
  func surge() throws {
    let deployment = aDeployment(template: webTemplateWith(image: "web:2"))
    let old = aReplicaSet("web-1", image: "web:1", wanted: 3, available: 3, revision: 1, of: deployment)
    let decision = decide(deployment, [old])
    guard case .create(_, let set, _) = decision.writes.first else {
      Issue.record("no set was made")
      return
    }
    #expect(set[path: "spec", "replicas"] == 1)
    #expect(set[path: "metadata", "annotations"]?["deployment.kubernetes.io/revision"] == "2")
    #expect(!decision.summary.contains { $0.hasPrefix("replace replicasets") })
  }

  /// wanted and available of the old and the new set, with 3 replicas, surge 1, unavailable 0 → what is scaled.
  @Test(
    "moves one pod at a time and never below what must be available",
    arguments: [
      ((3, 3), (1, 0), []),  // the new pod is not available yet: wait
      ((3, 3), (1, 1), ["replace replicasets web-1 2"]),
      ((2, 2), (1, 1), ["replace replicasets web-2 2"]),
      ((2, 2), (2, 1), []),
      ((1, 1), (2, 2), ["replace replicasets web-2 3"]),
      ((1, 1), (3, 3), ["replace replicasets web-1 0"]),
      ((3, 1), (1, 0), []),  // broken old pods are not removed below the minimum
    ] as [((Int, Int), (Int, Int), [String])])
  func steps(old: (Int, Int), new: (Int, Int), expected: [String]) {
    let deployment = aDeployment(template: webTemplateWith(image: "web:2")) {
      $0.set(["maxSurge": 1, "maxUnavailable": 0], at: ["spec", "strategy", "rollingUpdate"])
    }
    let decision = decide(
      deployment,
      [
        aReplicaSet("web-1", image: "web:1", wanted: old.0, available: old.1, revision: 1, of: deployment),
        aReplicaSet("web-2", image: "web:2", wanted: new.0, available: new.1, revision: 2, of: deployment),
      ])
    #expect(decision.summary.filter { $0.hasPrefix("replace replicasets") } == expected)
  }

  @Test("counts percentages of surge up and of unavailability down")
  func percentages() {
    func bounds(_ replicas: Int, _ rolling: JSONValue) -> [Int] {
      let deployment = aDeployment(replicas: replicas) { $0.set(rolling, at: ["spec", "strategy", "rollingUpdate"]) }
      let bounds = Rollout(deployment: deployment, replicaSets: [], pods: [], now: noon).bounds
      return [bounds.surge, bounds.unavailable]
    }
    #expect(bounds(3, [:]) == [1, 0])
    #expect(bounds(10, ["maxSurge": "25%", "maxUnavailable": "25%"]) == [3, 2])
    #expect(bounds(2, ["maxSurge": 0, "maxUnavailable": "25%"]) == [0, 1])
    #expect(bounds(4, ["maxSurge": 2, "maxUnavailable": 1]) == [2, 1])
  }

  @Test("is complete when all pods are new and available")
  func complete() {
    let deployment = aDeployment()
    let set = aReplicaSet("web-1", image: "web:1", wanted: 3, available: 3, revision: 1, of: deployment)
    let decision = decide(deployment, [set])
    #expect(
      decision.conditions(of: ClusterResource.deployments) == [
        "Available=True MinimumReplicasAvailable", "Progressing=True NewReplicaSetAvailable",
      ])
    let status = decision.status(of: ClusterResource.deployments)
    #expect(status?["readyReplicas"] == 3 && status?["updatedReplicas"] == 3 && status?["observedGeneration"] == 1)
    #expect(status?["unavailableReplicas"] == nil)
  }

  @Test("that is complete decides nothing more")
  func settled() {
    var deployment = aDeployment { $0.set("1", at: ["metadata", "annotations", Revision.annotation]) }
    let set = aReplicaSet("web-1", image: "web:1", wanted: 3, available: 3, revision: 1, of: deployment)
    deployment.json["status"] = decide(deployment, [set]).status(of: ClusterResource.deployments)
    #expect(decide(deployment, [set], now: seconds(60)) == .nothing)
  }

  @Test("gives up hope, but not work, after the progress deadline")
  func deadline() {
    let deployment = aDeployment {
      $0.set(10, at: ["spec", "progressDeadlineSeconds"])
      $0["status"] = [
        "replicas": 3, "updatedReplicas": 3,
        "conditions": [
          [
            "type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated", "message": "",
            "lastUpdateTime": TimeText.json(noon), "lastTransitionTime": TimeText.json(noon),
          ]
        ],
      ]
    }
    let set = aReplicaSet("web-1", image: "web:1", wanted: 3, available: 0, revision: 1, of: deployment)
    let early = decide(deployment, [set], now: seconds(5))
    #expect(early.conditions(of: ClusterResource.deployments).contains("Progressing=True ReplicaSetUpdated"))
    #expect(early.lookAgainAt == seconds(10))
    let late = decide(deployment, [set], now: seconds(10))
    #expect(late.conditions(of: ClusterResource.deployments).contains("Progressing=False ProgressDeadlineExceeded"))
  }

  @Test("with Recreate makes new pods only when the last old one is gone")
  func recreate() {
    let deployment = aDeployment(template: webTemplateWith(image: "web:2")) {
      $0.set("Recreate", at: ["spec", "strategy", "type"])
    }
    var old = aReplicaSet("web-1", image: "web:1", wanted: 3, available: 3, revision: 1, of: deployment)
    let pod = aPod("p", owner: old)
    #expect(decide(deployment, [old], pods: [pod]).summary.contains("replace replicasets web-1 0"))
    old.json.set(0, at: ["spec", "replicas"])
    #expect(!decide(deployment, [old], pods: [pod]).summary.contains { $0.hasPrefix("create") })
    #expect(decide(deployment, [old]).summary.contains { $0.hasPrefix("create replicasets") })
  }

  @Test("that is paused follows a scaling but not a new template")
  func paused() {
    let deployment = aDeployment(replicas: 5, template: webTemplateWith(image: "web:2")) {
      $0.set(true, at: ["spec", "paused"])
    }
    let old = aReplicaSet("web-1", image: "web:1", wanted: 3, available: 3, revision: 1, of: deployment)
    let decision = decide(deployment, [old])
    #expect(decision.summary.contains("replace replicasets web-1 5"))
    #expect(!decision.summary.contains { $0.hasPrefix("create") })
    #expect(decision.conditions(of: ClusterResource.deployments).contains("Progressing=Unknown DeploymentPaused"))
  }

  @Test("back to an old template reuses its ReplicaSet under a new revision")
  func rollback() {
    let deployment = aDeployment()
    let sets = [
      aReplicaSet("web-1", image: "web:1", wanted: 0, available: 0, revision: 1, of: deployment),
      aReplicaSet("web-2", image: "web:2", wanted: 3, available: 3, revision: 2, of: deployment),
    ]
    let decision = decide(deployment, sets)
    #expect(decision.summary.contains("replace replicasets web-1 1"))
    let replaced = decision.writes.lazy.compactMap { write -> ClusterObject? in
      if case .replace(ClusterResource.replicaSets, let object) = write { ClusterObject(object) } else { nil }
    }.first
    #expect(replaced?.revision == 3 && replaced?.annotations[Revision.history] == "1")
  }

  @Test("keeps as many old ReplicaSets as the history limit says, the newest")
  func history() {
    let deployment = aDeployment { $0.set(1, at: ["spec", "revisionHistoryLimit"]) }
    let sets =
      (1...3).map {
        aReplicaSet("web-\($0)", image: "old:\($0)", wanted: 0, available: 0, revision: $0, of: deployment)
      } + [aReplicaSet("web-4", image: "web:1", wanted: 3, available: 3, revision: 4, of: deployment)]
    #expect(
      decide(deployment, sets).summary.filter { $0.hasPrefix("delete") } == [
        "delete replicasets web-1", "delete replicasets web-2",
      ])
  }
}

@Suite("A ReplicaSet")
struct ReplicaSetTests {
  private let set = aReplicaSet("web-1", image: "web:1", wanted: 2, available: 0, revision: 1, of: aDeployment())

  @Test("makes the pods that are missing; ended and terminating ones do not count")
  func missing() {
    let pods = [
      aPod("a", owner: set), aPod("b", phase: "Failed", ready: false, owner: set),
      aPod("c", owner: set) { $0.set("2027-01-15T08:00:00Z", at: ["metadata", "deletionTimestamp"]) },
    ]
    #expect(
      ReplicaSetController.decide(replicaSet: set, pods: pods, now: noon).summary == [
        "create pods web-1-", "status replicasets web-1",
      ])
  }

  @Test("deletes those that are not ready first")
  func tooMany() {
    let pods = [aPod("a", owner: set), aPod("b", ready: false, owner: set), aPod("c", owner: set)]
    #expect(
      ReplicaSetController.decide(replicaSet: set, pods: pods, now: noon).summary.prefix(1) == ["delete pods b"])
  }

  @Test("calls a pod available after minReadySeconds and looks again then")
  func available() {
    var slow = set
    slow.json.set(30, at: ["spec", "minReadySeconds"])
    let pods = [aPod("a", owner: slow), aPod("b", owner: slow)]
    let early = ReplicaSetController.decide(replicaSet: slow, pods: pods, now: seconds(10))
    #expect(early.status(of: ClusterResource.replicaSets)?["availableReplicas"] == nil)
    #expect(early.lookAgainAt == seconds(30))
    let late = ReplicaSetController.decide(replicaSet: slow, pods: pods, now: seconds(30))
    #expect(late.status(of: ClusterResource.replicaSets)?["availableReplicas"] == 2)
  }
}
