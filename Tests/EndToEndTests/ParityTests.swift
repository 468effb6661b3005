import Foundation
import Testing

/// One thing a person types, run on both clusters.
struct ParityStep: Sendable {
  var arguments: [String]
  var input: String?
  var environment: [String: String] = [:]

  init(_ arguments: String, input: String? = nil, environment: [String: String] = [:]) {
    self.arguments = Self.words(arguments)
    self.input = input
    self.environment = environment
  }

  /// Splits at spaces, keeps what stands in single quotes together.
  static func words(_ text: String) -> [String] {
    text.split(separator: "'", omittingEmptySubsequences: false).enumerated().flatMap { index, part in
      index.isMultiple(of: 2) ? part.split(separator: " ").map(String.init) : [String(part)]
    }
  }
}

/// What differs between two clusters by nature: times, identifiers, addresses, column widths.
enum Volatile {
  static let patterns: [(pattern: String, replacement: String)] = [
    (#"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"#, "<uid>"),
    (#"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"#, "<time>"),
    (#"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}"#, "<date>"),
    (#"(resourceVersion: )"\d+""#, "$1<version>"),
    (#"(Resource Version: +)\d+"#, "$1<version>"),
    (#"\b\d+(\.\d+)?(ms|s|m|h|d)(\d+s)?\b"#, "<age>"),
    (#"\b<invalid>"#, "<age>"),
    (#"(?:127|10)\.\d+\.\d+\.\d+"#, "<address>"),
    (#"-[0-9a-f]{7,10}-[a-z0-9]{5}\b"#, "-<pod>"),
    (#"-[bcdfghjklmnpqrstvwxz2456789]{5}\b"#, "-<suffix>"),
    (#"/tmp/[^ \n]*"#, "<file>"),
    (#" +"#, " "),
    (#" +\n"#, "\n"),
  ]

  static func stripped(_ text: String) -> String {
    var text = text
    for (pattern, replacement) in patterns {
      text = text.replacingOccurrences(of: pattern, with: replacement, options: .regularExpression)
    }
    return text
  }
}

@Suite(
  "kubectl behaves on the local cluster as on the real one", .serialized,
  .enabled(if: ProcessInfo.processInfo.environment["APUS_PARITY_LOCAL"] != nil))
struct ParityTests {
  static let version = """
    apiVersion: apus.dev/v1alpha1
    kind: ModelVersion
    metadata: {name: income-v1, labels: {apus.dev/model: income}}
    spec:
      modelRef: {name: income}
      version: v1
      number: 1
      job: income-train-1
      trigger: FirstSight
      trainingInput: "sha256:00"
    """

  static let deployment = """
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: web, labels: {app: web}}
    spec:
      replicas: 1
      selector: {matchLabels: {app: web}}
      template:
        metadata: {labels: {app: web}}
        spec:
          containers:
          - name: server
            image: apus-server:0.1.0
            imagePullPolicy: Never
            args: ["--routing", "/etc/none/routing.json"]
            env: [{name: POD_IP, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]
    """

  static let job = """
    apiVersion: batch/v1
    kind: Job
    metadata: {name: once}
    spec:
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          containers: [{name: once, image: "apus:0.1.0", imagePullPolicy: Never, args: ["--version"]}]
    """

  static let configMap = """
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: settings, labels: {tier: one}}
    data: {color: red, size: "3"}
    """

  /// In order: each step sees what the ones before it left.
  static let steps: [ParityStep] = [
    ParityStep("create namespace parity"),
    ParityStep("config set-context --current --namespace=parity"),
    ParityStep("apply -f -", input: configMap),
    ParityStep("apply -f -", input: configMap),
    ParityStep("diff -f -", input: configMap.replacingOccurrences(of: "red", with: "blue")),
    ParityStep("apply -f -", input: configMap.replacingOccurrences(of: "red", with: "blue")),
    ParityStep("get configmap settings -o jsonpath={.data}"),
    ParityStep("get configmap settings --show-labels"),
    ParityStep("apply --server-side --field-manager=one -f -", input: version),
    ParityStep("apply --server-side --field-manager=one -f -", input: version),
    ParityStep(
      "apply --server-side --field-manager=two -f -",
      input: version.replacingOccurrences(of: "number: 1", with: "number: 2")),
    ParityStep("get mv"),
    ParityStep("get modelversions.apus.dev income-v1 -o jsonpath={.spec}"),
    ParityStep("get mv -l apus.dev/model=income -o name"),
    ParityStep("get mv -l 'apus.dev/model notin (income)' -o name"),
    ParityStep("describe mv income-v1"),
    ParityStep("explain md.spec.promotion"),
    ParityStep("explain md.spec.training.algorithm"),
    ParityStep("explain md.spec.nothing"),
    ParityStep("patch mv income-v1 --type=merge -p '{\"metadata\":{\"labels\":{\"a\":\"b\"}}}'"),
    ParityStep("patch mv income-v1 --type=merge -p '{\"metadata\":{\"labels\":{\"a\":\"b\"}}}'"),
    ParityStep("patch mv income-v1 --type=json -p '[{\"op\":\"test\",\"path\":\"/spec/number\",\"value\":7}]'"),
    ParityStep("patch mv income-v1 --type=json -p '[{\"op\":\"remove\",\"path\":\"/metadata/labels/a\"}]'"),
    ParityStep("patch mv income-v1 --type=merge -p '{\"spec\":{\"number\":\"many\"}}'"),
    ParityStep("patch mv income-v1 --type=merge -p '{\"spec\":{\"trigger\":\"Boredom\"}}'"),
    ParityStep("edit mv income-v1", environment: ["EDITOR": "sed -i s/income-train-1/income-train-9/"]),
    ParityStep("edit mv income-v1", environment: ["EDITOR": "true"]),
    ParityStep("get mv income-v1 -o jsonpath={.spec.job}"),
    ParityStep("get mv missing"),
    ParityStep("get nonsense"),
    ParityStep("delete mv missing"),
    ParityStep("delete mv missing --ignore-not-found"),
    ParityStep("wait --for=condition=Ready mv/income-v1 --timeout=1s"),
    ParityStep("annotate mv income-v1 note=1"),
    ParityStep("label mv income-v1 apus.dev/model=other"),
    ParityStep("label mv income-v1 apus.dev/model=other --overwrite"),
    ParityStep("apply -f -", input: deployment),
    ParityStep("rollout status deployment/web --timeout=60s"),
    ParityStep("get deployment web"),
    ParityStep("get deployment web -o jsonpath={.status.readyReplicas}/{.status.replicas}"),
    ParityStep("scale deployment web --replicas=2"),
    ParityStep("rollout status deployment/web --timeout=60s"),
    ParityStep("get pods -l app=web -o jsonpath={.items[*].status.phase}"),
    ParityStep("patch deployment web -p '{\"spec\":{\"template\":{\"metadata\":{\"annotations\":{\"x\":\"1\"}}}}}'"),
    ParityStep("rollout status deployment/web --timeout=60s"),
    ParityStep("rollout history deployment/web"),
    ParityStep("scale deployment web --replicas=0"),
    ParityStep("wait --for=delete pod -l app=web --timeout=60s"),
    ParityStep("apply -f -", input: job),
    ParityStep("wait --for=condition=Complete job/once --timeout=60s"),
    ParityStep("logs job/once"),
    ParityStep("get job once -o jsonpath={.status.succeeded}/{.status.conditions[0].type}"),
    ParityStep("create -f -", input: configMap),
    ParityStep("create configmap x --from-literal=a=b --dry-run=server"),
    ParityStep("get configmap x"),
    ParityStep("delete deployment web"),
    ParityStep("delete job once"),
    ParityStep("delete mv income-v1"),
    ParityStep("get mv"),
    ParityStep("delete namespace parity"),
    ParityStep("get namespace parity"),
  ]

  @Test("every step gives the same answer")
  func steps() async throws {
    let local = ProcessInfo.processInfo.environment["APUS_PARITY_LOCAL"] ?? ""
    let cluster = try #require(Cluster.current)
    for step in Self.steps {
      async let here = run(
        ["env", "KUBECONFIG=\(local)", "kubectl"] + step.arguments, input: step.input, environment: step.environment,
        allowFailure: true)
      async let there = run(
        cluster.exec + ["kubectl"] + step.arguments, input: step.input, environment: step.environment,
        allowFailure: true)
      let (left, right) = try await (here, there)
      let command = step.arguments.joined(separator: " ")
      #expect(left.status == right.status, "\(command): \(left.errors) / \(right.errors)")
      #expect(Volatile.stripped(left.text) == Volatile.stripped(right.text), "\(command)")
      #expect(Volatile.stripped(left.errors) == Volatile.stripped(right.errors), "\(command)")
    }
  }

  @Test("get -w shows the same rows for the same changes")
  func watching() async throws {
    let local = ProcessInfo.processInfo.environment["APUS_PARITY_LOCAL"] ?? ""
    let cluster = try #require(Cluster.current)
    func play(_ kubectl: [String]) async throws -> String {
      _ = try await run(kubectl + ["create", "namespace", "watching"])
      async let watched = run(
        ["timeout", "12"] + kubectl + [
          "-n", "watching", "get", "configmaps", "-w", "--output-watch-events", "-l", "w=1",
        ],
        allowFailure: true)
      // The watch has begun when its own object shows: nothing else can tell from outside.
      for (name, verb) in [("a", "create"), ("b", "create"), ("a", "delete")] {
        if verb == "create" {
          _ = try await run(
            kubectl + ["-n", "watching", "apply", "-f", "-"],
            input:
              #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"\#(name)","labels":{"w":"1"}},"data":{"k":"v"}}"#
          )
        } else {
          _ = try await run(kubectl + ["-n", "watching", "delete", "configmap", name])
        }
      }
      let text = try await watched.text
      _ = try await run(kubectl + ["delete", "namespace", "watching", "--wait=false"])
      return Volatile.stripped(text).split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { !$0.isEmpty }.joined(separator: "\n")
    }
    let here = try await play(["env", "KUBECONFIG=\(local)", "kubectl"])
    let there = try await play(cluster.exec + ["kubectl"])
    #expect(here == there)
    #expect(here.contains("DELETED"))
  }
}
