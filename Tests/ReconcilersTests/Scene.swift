import ApusAPI
import ControllerRuntime
import Decisions
import Exposition
import HTTPTransport
import KubernetesClient
import KubernetesModel
import Logging
import Reconcilers
import Synchronization
import WorkerContract

/// Servers and channels over HTTP: every reload is confirmed, everything is written down.
final class ScriptedTransport: HTTPTransport {
  private let log = Mutex<[HTTPRequest]>([])
  private let respond: @Sendable (HTTPRequest) -> HTTPResponse

  init(respond: @escaping @Sendable (HTTPRequest) -> HTTPResponse = ScriptedTransport.confirming) {
    self.respond = respond
  }

  var requests: [HTTPRequest] { log.withLock { $0 } }

  func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
    log.withLock { $0.append(request) }
    return respond(request)
  }

  func stream(_ request: HTTPRequest) async throws(TransportError) -> HTTPStream {
    let answer = try await send(request)
    return HTTPStream(status: answer.status, headers: answer.headers, body: HTTPBody([answer.body]))
  }

  /// As a server answers that has loaded all of the table.
  static func confirming(_ request: HTTPRequest) -> HTTPResponse {
    guard let table = (try? JSONValue(parsing: request.body)), let revision = table["revision"] else {
      return HTTPResponse(status: 200)
    }
    let answer: JSONValue = ["revision": revision, "versions": table["entries"] ?? []]
    return HTTPResponse(status: 200, body: answer.bytes)
  }
}

/// Events as they were told.
final class EventList: EventSink {
  private let log = Mutex<[(reason: String, message: String)]>([])

  var reasons: [String] { log.withLock { $0.map(\.reason) } }
  var messages: [String] { log.withLock { $0.map(\.message) } }

  func tell(_ event: PendingEvent, about object: ObjectReference) async throws(KubernetesError) {
    log.withLock { $0.append(("\(object.kind ?? "") \(event.reason)", event.message)) }
  }
}

/// Reconcilers over a scripted cluster, with what happens around them in the words of the tests.
final class Scene: Sendable {
  let cluster: ScriptedCluster
  let transport: ScriptedTransport
  let events = EventList()
  let registry = MetricsRegistry()
  let caches: ClusterCaches
  let models: ModelReconciler
  let policies: PolicyReconciler
  let time = Mutex(Timestamp(secondsSince1970: 1_793_188_800))
  let key = ObjectKey(namespace: "shop", name: "income")
  private let access: OperatorAccess

  /// Of the pods that the model's Deployment keeps by its ReplicaSet.
  static let serverOwners: JSONValue = [
    ["apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "income-abc", "uid": "uid-income-abc", "controller": true]
  ]

  init(
    _ transport: ScriptedTransport = ScriptedTransport(), cluster: ScriptedCluster = ScriptedCluster(),
    mirror: TelemetryMirror? = nil, definitions: InstalledDefinitions? = nil,
    mail: any MailTransport = CurlMailTransport(), clock: ManualClock = ManualClock(), hasKeys: Bool = false,
    access: OperatorAccess = .init(),
    settings: OperatorSettings = OperatorSettings(images: .init(worker: "apus-worker", server: "apus-server"))
  ) {
    self.transport = transport
    self.cluster = cluster
    self.access = access
    _ = cluster.put(
      Resource.replicaSets,
      [
        "apiVersion": "apps/v1", "kind": "ReplicaSet",
        "metadata": [
          "name": "income-abc", "namespace": "shop",
          "ownerReferences": [
            ["apiVersion": "apps/v1", "kind": "Deployment", "name": "income", "uid": "uid-income", "controller": true]
          ],
        ],
      ])
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    var settings = settings
    settings.access = access
    let recorder = OperatorMetricsRecorder(registry)
    caches = ClusterCaches(cluster, namespace: nil, logger: logger)
    let time = clock.source
    models = ModelReconciler(
      api: cluster, caches: caches, settings: settings,
      confirmations: RoutingConfirmations(transport: transport, logger: logger),
      keyring: hasKeys ? OperatorKeyring(api: cluster, namespace: "apus-system", time: time, logger: logger) : nil,
      events: events, metrics: recorder, mirror: mirror, definitions: definitions, time: time, logger: logger)
    policies = PolicyReconciler(
      api: cluster, caches: caches, settings: settings, transport: transport,
      alerts: AlertDispatcher(transport: transport, mail: mail, time: time, logger: logger), events: events,
      metrics: recorder,
      mirror: mirror, definitions: definitions, time: time, logger: logger)
  }

  /// What a new process has in place of `models`: the same cluster, and no memory.
  func restarted() -> ModelReconciler {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    return ModelReconciler(
      api: cluster, caches: caches,
      settings: OperatorSettings(images: .init(worker: "apus-worker", server: "apus-server"), access: access),
      confirmations: RoutingConfirmations(transport: transport, logger: logger), events: events,
      metrics: OperatorMetricsRecorder(MetricsRegistry()),
      time: TimeSource(
        monotonic: { .zero }, wall: { Timestamp(secondsSince1970: 1_793_188_800) }, sleep: { _ in }, random: { 0 }),
      logger: logger)
  }

  func put(_ resource: GroupVersionResource, _ object: JSONValue) {
    let stored = cluster.put(resource, object)
    switch resource {
    case ApusGroup.modelDeployments: caches.models.note(stored)
    case ApusGroup.monitoringPolicies: caches.policies.note(stored)
    case Resource.jobs: caches.jobs.note(stored)
    case Resource.pods: caches.pods.note(stored)
    default: break
    }
  }

  func putModel(_ spec: JSONValue = [:]) {
    let base: JSONValue = [
      "schema": [
        "target": ["name": "income", "positive": ">50K"], "features": [["name": "age", "type": "numeric"]],
      ],
      "training": ["source": ["csv": ["uri": "file:///data/adult.csv"]]], "promotion": ["approval": "Automatic"],
      "serving": ["replicas": 1],
    ]
    put(
      ApusGroup.modelDeployments,
      [
        "apiVersion": "apus.dev/v1alpha1", "kind": "ModelDeployment",
        "metadata": ["name": "income", "namespace": "shop"], "spec": base.merged(with: spec),
      ])
  }

  /// A policy of the model's name.
  func putPolicy(_ metadata: JSONValue = [:], status: JSONValue = [:]) {
    let base: JSONValue = ["name": "income", "namespace": "shop"]
    put(
      ApusGroup.monitoringPolicies,
      [
        "apiVersion": "apus.dev/v1alpha1", "kind": "MonitoringPolicy", "metadata": base.merged(with: metadata),
        "spec": ["modelRef": ["name": "income"]], "status": status,
      ])
  }

  /// The Job has ended well, and its pod says this.
  func end(_ job: String, _ result: RunResult) {
    guard var object = cluster.object("jobs", job) else { return }
    var result = result
    result.run = "shop.\(job)"
    object["status"] = [
      "succeeded": 1, "completionTime": Self.endTime,
      "conditions": [["type": "Complete", "status": "True", "lastTransitionTime": Self.endTime]],
    ]
    putPod(of: job, object, exitCode: 0, JSONValue.document(result).text)
    put(Resource.jobs, object)
  }

  /// The Job was made a while ago.
  func age(_ job: String) {
    guard var object = cluster.object("jobs", job) else { return }
    object.set("2026-10-28T11:59:00Z", at: ["metadata", "creationTimestamp"])
    put(Resource.jobs, object)
  }

  /// The Job's first pod has said that trying again cannot help; the Job itself has not ended.
  func failForGood(_ job: String) {
    guard let object = cluster.object("jobs", job) else { return }
    putPod(of: job, object, exitCode: 65, "")
  }

  private static let endTime: JSONValue = "2026-10-28T12:00:00Z"

  private func putPod(of job: String, _ object: JSONValue, exitCode: Int64, _ message: String) {
    let pod: JSONValue = [
      "apiVersion": "v1", "kind": "Pod",
      "metadata": [
        "name": .string("\(job)-abcde"), "namespace": "shop",
        "labels": .object(
          (object[path: "spec", "template", "metadata", "labels"]?.object ?? [:])
            .merging(["job-name": .string(job)]) { $1 }),
        "ownerReferences": [
          [
            "apiVersion": "batch/v1", "kind": "Job", "name": .string(job), "controller": true,
            "uid": object[path: "metadata", "uid"] ?? "",
          ]
        ],
      ],
      "status": [
        "phase": exitCode == 0 ? "Succeeded" : "Failed",
        "containerStatuses": [
          [
            "name": "worker",
            "state": [
              "terminated": [
                "exitCode": .integer(exitCode), "message": .string(message), "finishedAt": Self.endTime,
              ]
            ],
          ]
        ],
      ],
    ]
    put(Resource.pods, pod)
  }

  func startServer(
    _ name: String = "income-1", restarts: Int64 = 0, isEncrypted: Bool = false,
    owners: JSONValue = Scene.serverOwners
  ) {
    var labels: JSONValue = [
      "apus.dev/model": "income", "apus.dev/component": "server", "app.kubernetes.io/managed-by": "apus",
      "pod-template-hash": "abc",
    ]
    if isEncrypted { labels["apus.dev/admin-scheme"] = "https" }
    put(
      Resource.pods,
      [
        "apiVersion": "v1", "kind": "Pod",
        "metadata": [
          "name": .string(name), "namespace": "shop", "labels": labels, "ownerReferences": owners,
        ],
        "status": [
          "podIP": "10.0.0.1", "conditions": [["type": "Ready", "status": "True"]],
          "containerStatuses": [["name": "server", "restartCount": .integer(restarts)]],
        ],
      ])
  }

  static func trained(_ version: String) -> RunResult {
    RunResult(
      run: "r",
      trained: TrainingResult(
        artifact: ArtifactReference(version: version, digest: digest(of: version)),
        rows: .init(train: 600, validation: 200, test: 200),
        metrics: ModelMetrics(accuracy: 0.87, precision: 0.8, recall: 0.7, f1: 0.75, rocAUC: 0.92, brier: 0.1)))
  }

  var status: JSONValue? { cluster.object("modeldeployments", "income")?["status"] }

  func condition(_ type: String, of kind: String = "modeldeployments", _ name: String = "income") -> JSONValue? {
    cluster.object(kind, name)?[path: "status", "conditions"]?.array?.first { $0["type"]?.string == type }
  }

  /// Trained, promoted and served by one pod.
  func serve(_ spec: JSONValue = [:], startsServer: Bool = true) async throws {
    putModel(spec)
    _ = try await models.reconcile(key)
    end("income-train-1", Self.trained("v1"))
    _ = try await models.reconcile(key)
    if startsServer { startServer() }
    _ = try await models.reconcile(key)
    _ = try await models.reconcile(key)
  }
}
