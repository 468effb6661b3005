import Foundation
import Glibc
import KubernetesModel
import TestSupport
import Testing

@testable import LocalCluster

@Suite("Pods as processes")
struct PodRunnerTests {
  @Test("a pod runs to its end, with its message, its log and its events")
  func completion() async throws {
    try await ClusterFixture.run { cluster in
      try await cluster.pod("p", "echo hello; echo '{\"status\":\"trained\"}' > /dev/termination-log")
      let pod = try await cluster.wait(ClusterResource.pods, "p", "succeeded") { $0.phase == "Succeeded" }
      let ended = pod.container?[path: "state", "terminated"]
      #expect(ended?["exitCode"] == 0 && ended?["reason"] == "Completed")
      #expect(ended?["message"] == "{\"status\":\"trained\"}\n")
      #expect(pod.spec["nodeName"] == "apus" && PodReading(pod).address?.hasPrefix("127.") == true)
      #expect(pod.condition("Ready")?["reason"] == "PodCompleted")
      #expect(try await cluster.log("p") == "hello\n")
      #expect(await cluster.reasons(of: "p").isSuperset(of: ["Scheduled", "Pulled", "Created", "Started"]))
    }
  }

  @Test("a container that fails is started again, and shows its run before")
  func crash() async throws {
    try await ClusterFixture.run { cluster in
      try await cluster.pod("p", "echo oops; exit 3", restart: "Always") {
        $0["terminationMessagePolicy"] = "FallbackToLogsOnError"
      }
      let pod = try await cluster.wait(ClusterResource.pods, "p", "backs off") {
        $0.container?[path: "state", "waiting", "reason"] == "CrashLoopBackOff"
      }
      #expect(pod.container?["restartCount"] == 1 && pod.phase == "Running")
      #expect(pod.container?[path: "lastState", "terminated", "exitCode"] == 3)
      #expect(pod.container?[path: "lastState", "terminated", "message"] == "oops\n")
      #expect(try await cluster.log("p") { $0.previous = true } == "oops\n")
      _ = try await eventually("the event is there") { await cluster.reasons(of: "p").contains("BackOff") ? true : nil }
    }
  }

  @Test("mounted data reaches the program under its own path, and changes reach it while it runs")
  func configuration() async throws {
    try await ClusterFixture.run { cluster in
      let map = try await cluster.create(
        ClusterResource.configMaps, "ConfigMap", "settings", ["data": ["greeting": "hello"]])
      try await cluster.pod(
        "p",
        "cat /etc/settings/greeting; echo; until grep -q servus $FILE; do sleep 0.02; done; cat $FILE; echo $APUS_MOUNTS"
      ) {
        $0["env"] = [["name": "FILE", "value": "/etc/settings/greeting"]]
        $0["volumeMounts"] = [["name": "settings", "mountPath": "/etc/settings"]]
      }
      _ = try await cluster.wait(ClusterResource.pods, "p", "runs") { $0.phase == "Running" }
      var changed = map
      changed["data"] = ["greeting": "servus"]
      _ = try await cluster.cluster.update(ClusterResource.configMaps, subresource: nil, changed)
      _ = try await cluster.wait(ClusterResource.pods, "p", "succeeded") { $0.phase == "Succeeded" }
      let log = try await cluster.log("p")
      #expect(log.hasPrefix("hello\nservus{\"/etc/settings\":\"/"))
    }
  }

  @Test("a missing Secret is named, and the container starts when it is there")
  func missingSecret() async throws {
    try await ClusterFixture.run { cluster in
      try await cluster.pod("p", "echo $TOKEN") {
        $0["env"] = [["name": "TOKEN", "valueFrom": ["secretKeyRef": ["name": "keys", "key": "token"]]]]
      }
      let pod = try await cluster.wait(ClusterResource.pods, "p", "waits") {
        $0.container?[path: "state", "waiting", "reason"] == "CreateContainerConfigError"
      }
      #expect(pod.container?[path: "state", "waiting", "message"] == "secret \"keys\" not found")
      try await cluster.create(ClusterResource.secrets, "Secret", "keys", ["stringData": ["token": "t1"]])
      _ = try await cluster.wait(ClusterResource.pods, "p", "succeeded") { $0.phase == "Succeeded" }
      #expect(try await cluster.log("p") == "t1\n")
    }
  }

  @Test("an unknown image is refused with the way to map it")
  func unknownImage() async throws {
    try await ClusterFixture.run { cluster in
      try await cluster.pod("p", "") { $0["image"] = "nginx:1.27" }
      let pod = try await cluster.wait(ClusterResource.pods, "p", "waits") {
        $0.container?[path: "state", "waiting", "reason"] == "ErrImagePull"
      }
      #expect(pod.container?[path: "state", "waiting", "message"]?.string?.contains("--images nginx=") == true)
    }
  }

  @Test("init containers run first, one after the other, and share volumes")
  func initContainers() async throws {
    try await ClusterFixture.run { cluster in
      func container(_ name: String, _ script: String) -> JSONValue {
        [
          "name": .string(name), "image": "shell", "args": ["-c", .string(script)],
          "volumeMounts": [["name": "w", "mountPath": "/w"]],
        ]
      }
      try await cluster.create(
        ClusterResource.pods, "Pod", "p",
        [
          "spec": [
            "restartPolicy": "Never", "volumes": [["name": "w", "emptyDir": [:]]],
            "initContainers": [container("a", "echo a > /w/f"), container("b", "echo b >> /w/f")],
            "containers": [container("main", "cat /w/f")],
          ]
        ])
      _ = try await cluster.wait(ClusterResource.pods, "p", "succeeded") { $0.phase == "Succeeded" }
      #expect(try await cluster.log("p") == "a\nb\n")
    }
  }

  @Test("readiness follows its probe; liveness restarts the container")
  func probes() async throws {
    try await ClusterFixture.run { cluster in
      try await cluster.pod("p", "touch /w/alive; sleep 1000", restart: "Always") {
        $0["volumeMounts"] = [["name": "scratch", "mountPath": "/w"]]
        $0["readinessProbe"] = [
          "exec": ["command": ["test", "-e", "/w/ready"]], "periodSeconds": 1, "failureThreshold": 1,
        ]
        $0["livenessProbe"] = [
          "exec": ["command": ["test", "-e", "/w/alive"]], "periodSeconds": 1, "failureThreshold": 1,
        ]
      }
      let pod = try await cluster.wait(ClusterResource.pods, "p", "runs") { $0.phase == "Running" }
      #expect(!PodReading(pod).isReady)
      let folder = try #require((cluster.logs as? PodRunner)?.context.folders.volumes(pod: pod.uid)) + "/scratch"
      try Data().write(to: URL(fileURLWithPath: folder + "/ready"))
      _ = try await cluster.wait(ClusterResource.pods, "p", "is ready") { PodReading($0).isReady }
      try FileManager.default.removeItem(atPath: folder + "/ready")
      _ = try await cluster.wait(ClusterResource.pods, "p", "is not ready") { !PodReading($0).isReady }
      try FileManager.default.removeItem(atPath: folder + "/alive")
      let restarted = try await cluster.wait(ClusterResource.pods, "p", "was restarted") {
        $0.container?["restartCount"] == 1
      }
      #expect(restarted.container?[path: "lastState", "terminated", "exitCode"] == 143)
      #expect(await cluster.reasons(of: "p").isSuperset(of: ["Unhealthy", "Killing"]))
    }
  }

  @Test("a deleted pod may finish within its grace period; its processes are gone with it")
  func deletion() async throws {
    try await ClusterFixture.run { cluster in
      try await cluster.pod("p", "trap 'echo bye; exit 0' TERM; echo up $$$$; while true; do sleep 0.02; done")
      _ = try await cluster.wait(ClusterResource.pods, "p", "runs") { $0.phase == "Running" }
      let pid = try await eventually("it has started") {
        let words = try await cluster.log("p").split { $0.isWhitespace }
        return words.last.flatMap { pid_t($0) }
      }
      var options = LogOptions()
      options.follow = true
      let stream = try await cluster.logs.log(namespace: "default", pod: "p", options: options)
      try await cluster.cluster.delete(
        ClusterResource.pods, namespace: "default", name: "p", uid: nil, gracePeriod: nil, propagation: .background)
      var bytes: [UInt8] = []
      for await more in stream { bytes += more }
      #expect(String(decoding: bytes, as: UTF8.self).hasSuffix("bye\n"))
      try await cluster.waitGone(ClusterResource.pods, "p")
      #expect(kill(pid, 0) != 0)
    }
  }

  @Test("after a restart of the cluster containers go on with one restart more; pods that must not restart have failed")
  func restart() async throws {
    let folder = try TemporaryFolder()
    try await startPods(in: folder)
    let second = try await eventually("the state is free") { try? ClusterFixture(in: folder) }
    let again = try await second.wait(ClusterResource.pods, "again", "runs again") {
      $0.container?["restartCount"] == 1 && $0.phase == "Running"
    }
    #expect(again.container?[path: "lastState", "terminated", "exitCode"] == 137)
    let once = try await second.wait(ClusterResource.pods, "once", "failed") { $0.phase == "Failed" }
    #expect(once.container?[path: "state", "terminated", "reason"] == "ContainerStatusUnknown")
    await second.stop()
  }

  private func startPods(in folder: TemporaryFolder) async throws {
    let cluster = try ClusterFixture(in: folder)
    try await cluster.pod("again", "echo run; sleep 1000", restart: "Always")
    try await cluster.pod("once", "sleep 1000")
    for name in ["again", "once"] {
      _ = try await cluster.wait(ClusterResource.pods, name, "runs") { $0.phase == "Running" }
    }
    await cluster.stop()
  }
}
