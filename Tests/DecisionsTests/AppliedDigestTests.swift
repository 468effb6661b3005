import ApusAPI
import Foundation
import KubernetesModel
import Testing
import WorkerContract

@testable import Decisions

/// The fingerprint of a generated object is written on it: where a release computes another one, every object of the cluster
/// is applied again, and a Deployment whose template differs replaces its pods. The file holds the fingerprints of release
/// 0.1.0's objects, by setting, use and object. A line changes only with a decision to roll out.
/// `APUS_RECORD_GOLDEN=1 swift test` writes it.
@Suite struct AppliedDigestTests {
  private static let file = GoldenTests.folder.appending(path: "applied-digests.txt")

  private static let owner = OwnerReference(
    apiVersion: ApusGroup.apiVersion, kind: "ModelDeployment", name: "income", uid: "uid-md")

  private static var settings: [(String, OperatorSettings)] {
    let plain = DecisionsTests.settings
    var remote = plain
    remote.storage = .init(
      artifacts: "s3://models/apus", telemetrySecret: .init(name: "db", key: "url"),
      s3: .init(endpoint: "https://store:9000", region: "eu-1", secret: "apus-store"))
    var shared = plain
    shared.storage.claim = .init(
      name: "models", size: "50Gi", storageClassName: "nfs", accessMode: "ReadWriteMany")
    shared.storage.telemetry = "postgres://db/telemetry"
    shared.podUser = .cluster
    shared.images.pullPolicy = "Always"
    return [("files", plain), ("bucket", remote), ("shared", shared)]
  }

  private static let template: JSONValue = [
    "nodeSelector": ["disk": "ssd"], "volumes": [["name": "tmp", "emptyDir": ["medium": "Memory"]]],
    "containers": [
      [
        "name": "server", "env": [["name": "TMPDIR", "value": "/scratch"], ["name": "MORE", "value": "1"]],
        "volumeMounts": [["name": "tmp", "mountPath": "/scratch"]],
      ], ["name": "proxy", "image": "proxy:1"],
    ],
  ]

  private static var servers: [(String, ServerSet)] {
    var base = aModel().spec.serving
    base.replicas = 3
    func with(_ change: (inout ModelDeploymentSpec.Serving) -> Void) -> ModelDeploymentSpec.Serving {
      var copy = base
      change(&copy)
      return copy
    }
    let tokens: JSONValue = ["name": "clients", "key": "tokens"]
    let tls: JSONValue = ["name": "income-tls"]
    func secured(_ security: JSONValue) -> ModelDeploymentSpec.Serving {
      with { $0.security = aModel("income", ["serving": ["security": security]]).spec.serving.security }
    }
    let scaled = with {
      $0.autoscaling =
        aModel("income", ["serving": ["autoscaling": ["minimum": 2, "maximum": 10, "targetCPU": 70]]])
        .spec.serving.autoscaling
    }
    func set(
      _ serving: ModelDeploymentSpec.Serving, canAutoscale: Bool = true, isDrawn: Bool = false
    ) -> ServerSet {
      ServerSet(
        model: "income", namespace: "shop", owner: owner, serving: serving,
        routing: RoutingTable(
          namespace: "shop", model: "income", revision: 4,
          entries: [.init(version: "v1", digest: "sha256:1", weight: 100, role: .production)], logging: .init()),
        canAutoscale: canAutoscale, isDrawnToClaim: isDrawn)
    }
    return [
      ("plain", set(base)), ("drawn", set(base, isDrawn: true)),
      ("tokens", set(secured(["tokenSecretRef": tokens]))),
      ("tls", set(secured(["tlsSecretRef": tls]))),
      ("secured", set(secured(["tokenSecretRef": tokens, "tlsSecretRef": tls]))),
      ("scaled", set(scaled)), ("not scaled", set(scaled, canAutoscale: false)),
      (
        "resources",
        set(with { $0.resources = .init(requests: ["cpu": "500m", "memory": "1Gi"], limits: ["memory": "2Gi"]) })
      ),
      ("no resources", set(with { $0.resources = .init() })), ("template", set(with { $0.template = template })),
      (
        "pod template",
        set(with { $0.template = ["metadata": ["labels": ["team": "a"]], "spec": template] }, isDrawn: true)
      ),
    ]
  }

  private static var runs: [(String, RunRequest)] {
    let model = aModel().spec
    func request(
      _ component: ApusLabels.Component, _ specification: RunSpecification,
      _ change: (inout RunRequest) -> Void = { _ in }
    ) -> RunRequest {
      var request = RunRequest(
        component: component, job: "income-\(component.rawValue)-1", specification: specification,
        labels: [ApusLabels.model: "income"], annotations: [RunAnnotation.handled: "{}"], owner: owner,
        deadline: TimeSpan(seconds: 90.5), retries: 2)
      change(&request)
      return request
    }
    func training(
      _ source: DataSource, _ split: SplitPlan = .init(), _ algorithm: Algorithm = .init()
    ) -> RunSpecification {
      RunSpecification(
        run: "shop.income-train-1", namespace: "shop", model: "income",
        train: TrainingRun(
          version: "v1", schema: model.schema, source: source, split: split, algorithm: algorithm, confidence: 0.95,
          comparedBy: .rocAUC))
    }
    let database = DataSource(
      postgres: .init(connectionSecretRef: .init(name: "warehouse", key: "url"), query: "select 1"))
    let check = RunSpecification(
      run: "shop.check", namespace: "shop", model: "income",
      check: CheckRun(
        policy: "watch", reference: artifact("v1"), from: "2026-01-01T00:00:00Z", to: "2026-01-02T00:00:00Z",
        minimumSamples: 30))
    let removal = RunSpecification(
      run: "shop.remove", namespace: "shop", model: "income", remove: RemovalRun(artifacts: [artifact("v1")]))
    let own = Algorithm(custom: .init(image: "own:1", command: ["run"], args: ["-v"]))
    let bucket = DataSource(csv: .init(uri: "s3://data/adult.csv"))
    var held = SplitPlan()
    held.testSource = database
    return [
      ("csv", request(.train, training(model.training.source))), ("database", request(.train, training(database))),
      ("bucket", request(.train, training(bucket, held))),
      ("custom", request(.train, training(database, .init(), own))),
      (
        "custom, its own entry point",
        request(.train, training(bucket, held, .init(custom: .init(image: "own:1"))))
      ),
      (
        "resources",
        request(.train, training(bucket)) {
          $0.resources = .init(limits: ["memory": "2Gi"])
          $0.template = ["containers": [["name": "worker", "env": [["name": "MORE", "value": "1"]]]]]
        }
      ), ("check", request(.check, check)),
      (
        "removal",
        request(.remove, removal) {
          $0.owner = nil
          $0.resources = .init(requests: ["memory": "128Mi"])
        }
      ),
    ]
  }

  @Test func `generated objects have the fingerprints of the release before`() throws {
    var lines: [String] = []
    for (setting, settings) in Self.settings {
      lines.append("\(setting) claim \(dataClaim(settings.storage.claim, namespace: "shop").manifest.fingerprint)")
      for (use, set) in Self.servers {
        for object in set.objects(settings) {
          lines.append("\(setting), servers, \(use), \(object.resource.resource): \(object.manifest.fingerprint)")
        }
      }
      for (use, run) in Self.runs {
        for object in run.objects(settings) {
          lines.append("\(setting), run, \(use), \(object.resource.resource): \(object.manifest.fingerprint)")
        }
      }
    }
    let text = lines.joined(separator: "\n") + "\n"
    if ProcessInfo.processInfo.environment["APUS_RECORD_GOLDEN"] != nil { try Data(text.utf8).write(to: Self.file) }
    let golden = try String(contentsOf: Self.file, encoding: .utf8).split(separator: "\n").map(String.init)
    #expect(golden.count == lines.count)
    for (before, now) in zip(golden, lines) { #expect(now == before) }
  }
}
