import Foundation
import KubernetesModel
import TestSupport
import Testing

@Suite("A run beside a container that never ends", .enabled(if: Cluster.isThere))
struct SidecarTests {
  /// A server that has nothing to serve stands for a proxy: both clusters have its image.
  private static let sidecar = """
    volumes: [{name: idle, configMap: {name: idle}}]
            containers:
            - name: proxy
              image: apus-server:0.1.0
              imagePullPolicy: IfNotPresent
              args: [--routing, /etc/idle/routing.json, --port, "0", --admin-port, "0"]
              env: [{name: APUS_ARTIFACTS, value: "file:///tmp"}]
              volumeMounts: [{name: idle, mountPath: /etc/idle}]
    """

  private static let objects = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: idle}
    data:
      routing.json: '{"namespace":"x","model":"x","revision":1,"entries":[],"logging":{"sample":0,"redact":[],"retention":"1d"}}'
    ---
    apiVersion: apus.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: beside}
    spec:
      schema:
        target: {name: outcome}
        features: [{name: a, type: numeric}, {name: b, type: categorical}]
      training:
        source: {csv: {uri: "file:///var/lib/apus/data/beside.csv"}}
        algorithm: {gradientBoosting: {rounds: 5}}
        deadline: 10m
        template:
          spec:
            \(sidecar)
      promotion: {approval: Automatic, minimum: {accuracy: 0, f1: 0, rocAUC: 0}}
      serving: {replicas: 1}
    ---
    apiVersion: apus.dev/v1alpha1
    kind: MonitoringPolicy
    metadata: {name: beside, annotations: {apus.dev/check-requested-at: now}}
    spec:
      modelRef: {name: beside}
      schedule: {cron: "0 2 1 1 *"}
      resources: {limits: {memory: 1Gi}}
      template:
          spec:
            \(sidecar)
    """

  @Test("ends with its own container: the result counts at once, and the Job goes a minute later")
  func sidecar() async throws {
    let stage = try await Stage.open("beside")
    let rows = (0..<300).map { "\($0 % 17),\($0 % 3 == 0 ? "red" : "blue"),\($0 % 17 > 8 ? 1 : 0)" }
    try (["a,b,outcome"] + rows).joined(separator: "\n").write(
      to: stage.storage.appendingPathComponent("data/beside.csv"), atomically: true, encoding: .utf8)
    try await stage.apply(Self.objects)
    try await stage.wait("md", "beside", condition: "Ready")
    let check = try await stage.wait(for: "the check is recorded", "mp", "beside") {
      $0[path: "status", "lastCheck", "job"]?.string
    }
    let recorded = try await stage.get("mp", "beside")
    #expect(recorded?[path: "status", "lastCheck", "outcome"] == "Inconclusive")
    for job in ["beside-train-1", check] {
      let isGone = try await eventually("\(job) goes", within: .seconds(150), every: .seconds(1)) {
        try await stage.get("job", job) == nil ? true : nil
      }
      #expect(isGone)
    }
    let model = try await stage.get("md", "beside")
    #expect(model?.condition("Ready")?["status"] == "True" && model?[path: "status", "version"] == "v1")
    let events = try await stage.kubectl("get", "events", "-o", "jsonpath={.items[*].reason}")
    #expect(events.text.contains("SidecarsEnded"))
    await stage.close()
  }
}
