import Foundation
import KubernetesModel
import Testing

@testable import LocalCluster

@Suite("A pod's status")
struct PodStatusTests {
  private func container(_ state: ContainerRecord.State, last: Int? = nil, ready: Bool = false) -> ContainerRecord {
    var record = ContainerRecord(
      ContainerSpecification(json: ["name": "web", "image": "web:1"]), waiting: "ContainerCreating")
    record.state = state
    record.isReady = ready
    record.lastTermination = last.map(ended)
    return record
  }

  private func ended(_ code: Int) -> Termination {
    Termination(exitCode: code, reason: code == 0 ? "Completed" : "Error", started: noon, finished: noon)
  }

  private func status(
    _ policy: String, _ containers: [ContainerRecord], initial: [ContainerRecord] = []
  ) -> KubeletStatus {
    KubeletStatus(
      pod: aPod("p", ready: false) { $0.set(.string(policy), at: ["spec", "restartPolicy"]) }, address: "127.130.0.2",
      started: noon, initContainers: initial, containers: containers, now: seconds(5))
  }

  private let creating = ContainerRecord.State.waiting(reason: "ContainerCreating", message: nil)
  private let crashing = ContainerRecord.State.waiting(reason: "CrashLoopBackOff", message: nil)

  @Test("has the kubelet's phase")
  func phase() {
    let running = container(.running(since: noon), ready: true)
    #expect(status("Always", [container(creating)]).phase == "Pending")
    #expect(status("Always", [running]).phase == "Running")
    #expect(status("Always", [running, container(creating)]).phase == "Pending")
    #expect(status("Always", [container(crashing, last: 1)]).phase == "Running")
    #expect(status("Always", [container(.terminated(ended(0)))]).phase == "Running")
    #expect(status("Never", [container(.terminated(ended(0)))]).phase == "Succeeded")
    #expect(status("Never", [container(.terminated(ended(3)))]).phase == "Failed")
    #expect(status("Never", [container(.terminated(ended(3))), running]).phase == "Running")
    #expect(status("OnFailure", [container(.terminated(ended(0)))]).phase == "Succeeded")
    #expect(status("OnFailure", [container(crashing, last: 1)]).phase == "Running")
    #expect(status("Always", [container(creating)], initial: [container(.running(since: noon))]).phase == "Pending")
    #expect(status("Never", [container(creating)], initial: [container(.terminated(ended(1)))]).phase == "Failed")
  }

  @Test("names the containers that keep it from being ready, and keeps the time of a condition that stays")
  func conditions() throws {
    let json = status("Always", [container(.running(since: noon))]).json
    let conditions = ClusterObject(["status": json])
    let ready = try #require(conditions.condition("Ready"))
    #expect(ready["status"] == "False" && ready["reason"] == "ContainersNotReady")
    #expect(ready["message"] == "containers with unready status: [web]")
    #expect(ready["lastTransitionTime"] == TimeText.json(noon))
    #expect(conditions.isConditionTrue("Initialized") && conditions.isConditionTrue("PodScheduled"))
    let done = ClusterObject(["status": status("Never", [container(.terminated(ended(0)))]).json])
    #expect(done.condition("Ready")?["reason"] == "PodCompleted")
  }

  @Test("shows exit code, reason, restarts and the run before")
  func containerStatus() {
    var record = container(.terminated(ended(65)), last: 1)
    record.restarts = 2
    let json = status("Never", [record]).json["containerStatuses"]?[0]
    #expect(json?[path: "state", "terminated", "exitCode"] == 65)
    #expect(json?[path: "lastState", "terminated", "reason"] == "Error")
    #expect(json?["restartCount"] == 2)
  }

  @Test("goes on after a restart of the cluster with one restart more")
  func adoption() {
    let running: JSONValue = [
      "name": "web", "restartCount": 1, "state": ["running": ["startedAt": TimeText.json(noon)]],
    ]
    var record = container(creating)
    record.adopt([running], "web", .always, at: seconds(60))
    #expect(record.restarts == 2 && record.lastTermination?.exitCode == 137 && record.termination == nil)
    record = container(creating)
    record.adopt([running], "web", .never, at: seconds(60))
    #expect(record.restarts == 1 && record.termination?.reason == "ContainerStatusUnknown")
    #expect(status("Never", [record]).phase == "Failed")
    record = container(creating)
    record.adopt(
      [["name": "web", "restartCount": 0, "state": ["terminated": ["exitCode": 0, "reason": "Completed"]]]], "web",
      .onFailure, at: seconds(60))
    #expect(record.termination?.isSuccess == true)
  }
}
