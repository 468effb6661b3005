import ApusAPI
import Decisions
import KubernetesModel
import Testing
import WorkerContract

/// Which Secrets reach which pods, under which names.
@Suite struct PodCredentialTests {
  private typealias Storage = OperatorSettings.Storage

  private static let remote = Storage(
    artifacts: "s3://models/apus", telemetrySecret: .init(name: "db", key: "url"), s3: .init(secret: "apus-store"))

  /// A training, a check and the servers of one model.
  private func pods(_ storage: Storage, _ spec: JSONValue = [:]) throws -> [String: JSONValue] {
    var world = World.serving(aModel("income", spec), policy: aPolicy("watch"))
    world.storage = storage
    world.policy?.metadata.annotations[ApusAnnotations.checkRequestedAt] = "now"
    world.model?.metadata.annotations[ApusAnnotations.retrainRequestedAt] = "again"
    world.settle()
    let names = [
      "training": try #require(world.startedJobs.last { $0.hasPrefix("income-train") }),
      "check": try #require(world.startedJobs.last { $0.hasPrefix("watch-check") }),
    ]
    var pods = try names.mapValues { name in
      try #require(world.objects["jobs/\(name)"]?.manifest[path: "spec", "template", "spec"])
    }
    pods["servers"] = try #require(world.objects["deployments/income"]?.manifest[path: "spec", "template", "spec"])
    return pods
  }

  private func variables(_ pod: JSONValue?) -> [String: JSONValue] {
    let variables = pod?["containers"]?.array?.first?["env"]?.array ?? []
    return Dictionary(variables.map { ($0["name"]?.string ?? "", $0) }, uniquingKeysWith: { $1 })
  }

  /// `secret/key`, with a question mark where it may be missing, or the value itself.
  private func origin(_ variable: JSONValue?) -> String? {
    guard let variable else { return nil }
    if let value = variable["value"]?.string { return "'\(value)'" }
    guard let reference = variable[path: "valueFrom", "secretKeyRef"] else { return nil }
    let name = "\(reference["name"]?.string ?? "")/\(reference["key"]?.string ?? "")"
    return reference["optional"]?.bool == true ? name + "?" : name
  }

  @Test(
    arguments: [
      ("file:///a", "sqlite:///b", false, true), ("s3://a", "sqlite:///b", false, true),
      ("file:///a", "postgres://b", false, true), ("file:///a", "sqlite:///b", true, true),
      ("s3://a", "postgres://b", false, false), ("s3://a", "sqlite:///b", true, false),
    ] as [(String, String, Bool, Bool)])
  func `a claim is needed where something lies in files, in all pods alike`(
    _ artifacts: String, _ telemetry: String, _ hasSecret: Bool, _ isNeeded: Bool
  ) throws {
    let storage = Storage(
      artifacts: artifacts, telemetry: telemetry, telemetrySecret: hasSecret ? .init(name: "db", key: "url") : nil)
    #expect(storage.needsClaim == isNeeded)
    for (name, pod) in try pods(storage) {
      let claims = (pod["volumes"]?.array ?? []).filter { $0["persistentVolumeClaim"] != nil }
      #expect(claims.count == (isNeeded ? 1 : 0), "\(name)")
      let mounts = (pod["containers"]?.array?.first?["volumeMounts"]?.array ?? []).filter { $0["name"] == "data" }
      #expect(mounts.count == claims.count, "\(name)")
    }
  }

  @Test(
    arguments: [
      ("ReadWriteOnce", "file:///a", true), ("ReadWriteMany", "file:///a", false), ("ReadWriteOnce", "s3://a", false),
    ] as [(String, String, Bool)])
  func `runs and new servers are drawn to the node of a claim that one node may use`(
    _ mode: String, _ artifacts: String, _ isDrawn: Bool
  ) throws {
    let storage = Storage(claim: .init(accessMode: mode), artifacts: artifacts, telemetry: "postgres://b")
    for (name, pod) in try pods(storage) {
      let terms = pod[path: "affinity", "podAffinity", "preferredDuringSchedulingIgnoredDuringExecution"]?.array
      #expect((terms != nil) == isDrawn, "\(name)")
      guard let term = terms?.first?["podAffinityTerm"] else { continue }
      #expect(term["topologyKey"] == "kubernetes.io/hostname")
      // Both kinds of runs and the servers have the label that they are drawn to.
      #expect(term[path: "labelSelector", "matchLabels"] == ["app.kubernetes.io/managed-by": "apus"], "\(name)")
    }
  }

  @Test func `servers of a new Deployment are drawn as well, and go on as they began`() throws {
    func servers(_ template: JSONValue? = nil, isDrawn: Bool, mode: String = "ReadWriteOnce") throws -> JSONValue {
      var settings = settings
      settings.storage.claim.accessMode = mode
      var serving = aModel().spec.serving
      serving.template = template
      let set = ServerSet(
        model: "income", namespace: "shop", owner: try #require(aModel().ownerReference), serving: serving,
        routing: RoutingTable(namespace: "shop", model: "income", revision: 1, entries: [], logging: .init()),
        canAutoscale: true, isDrawnToClaim: isDrawn)
      return try #require(set.objects(settings).first { $0.resource == Resource.deployments }).manifest
    }
    #expect(PodAffinity.isIn(try servers(isDrawn: true)))
    #expect(!PodAffinity.isIn(try servers(isDrawn: false)))
    #expect(try servers(isDrawn: true, mode: "ReadWriteMany") == servers(isDrawn: false, mode: "ReadWriteMany"))
    // A person's preferences take the place of the generated one, so that both ways lead to the same template.
    let own: JSONValue = [
      "affinity": ["podAffinity": ["preferredDuringSchedulingIgnoredDuringExecution": [["weight": 1]]]]
    ]
    #expect(!PodAffinity.isIn(try servers(own, isDrawn: true)))
    #expect(try servers(own, isDrawn: true) == servers(own, isDrawn: false))
  }

  @Test func `trainings, checks and servers get the store's credentials, a session token where there is one`() throws {
    for (name, pod) in try pods(Self.remote) {
      let variables = variables(pod)
      #expect(origin(variables["AWS_ACCESS_KEY_ID"]) == "apus-store/AWS_ACCESS_KEY_ID", "\(name)")
      #expect(origin(variables["AWS_SECRET_ACCESS_KEY"]) == "apus-store/AWS_SECRET_ACCESS_KEY", "\(name)")
      #expect(origin(variables["AWS_SESSION_TOKEN"]) == "apus-store/AWS_SESSION_TOKEN?", "\(name)")
      #expect(origin(variables["AWS_REGION"]) == "apus-store/AWS_REGION?", "\(name)")
      #expect(origin(variables["AWS_ENDPOINT_URL"]) == "apus-store/AWS_ENDPOINT_URL?", "\(name)")
      #expect(origin(variables[RunEnvironment.telemetry]) == "db/url", "\(name)")
    }
  }

  @Test func `the settings' endpoint and region go before the Secret's, and need none`() throws {
    var storage = Self.remote
    storage.s3 = .init(endpoint: "http://minio:9000", region: "eu-west-1", secret: "apus-store")
    for (name, pod) in try pods(storage) {
      let variables = variables(pod)
      #expect(origin(variables["AWS_REGION"]) == "'eu-west-1'", "\(name)")
      #expect(origin(variables["AWS_ENDPOINT_URL"]) == "'http://minio:9000'", "\(name)")
    }
    storage.s3.secret = nil
    for (name, pod) in try pods(storage) {
      #expect(
        variables(pod).keys.filter { $0.hasPrefix("AWS_") }.sorted() == ["AWS_ENDPOINT_URL", "AWS_REGION"], "\(name)")
    }
  }

  @Test func `a template's variable stands in place of the store's`() throws {
    func template(_ container: String) -> JSONValue {
      ["containers": [["name": .string(container), "env": [["name": "AWS_ACCESS_KEY_ID", "value": "mine"]]]]]
    }
    let pods = try pods(
      Self.remote, ["training": ["template": template("worker")], "serving": ["template": template("server")]])
    for name in ["training", "servers"] {
      let all = pods[name]?["containers"]?.array?.first?["env"]?.array ?? []
      #expect(all.filter { $0["name"] == "AWS_ACCESS_KEY_ID" } == [["name": "AWS_ACCESS_KEY_ID", "value": "mine"]])
      #expect(origin(variables(pods[name])["AWS_SECRET_ACCESS_KEY"]) == "apus-store/AWS_SECRET_ACCESS_KEY")
    }
  }

  struct Sources: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var source: JSONValue
    var test: JSONValue?
    var isCustom = false
    var artifacts = "file:///a"
    /// Variables and what they come from; what is nil must not be there.
    var expected: [String: String?]
  }

  private static func s3(_ secret: String?, endpoint: String? = nil) -> JSONValue {
    var s3: JSONValue = ["uri": "s3://b/k.csv"]
    if let secret { s3["credentialsSecretRef"] = ["name": .string(secret)] }
    if let endpoint { s3["endpoint"] = .string(endpoint) }
    return ["s3": s3]
  }

  private static func postgres(_ secret: String) -> JSONValue {
    ["postgres": ["connectionSecretRef": ["name": .string(secret), "key": "url"], "query": "SELECT 1"]]
  }

  static let sources: [Sources] = [
    .init(
      testDescription: "two Secrets in PostgreSQL", source: postgres("a"), test: postgres("b"),
      expected: ["APUS_SOURCE_POSTGRES_URL": "a/url", "APUS_TEST_SOURCE_POSTGRES_URL": "b/url"]),
    .init(
      testDescription: "only the test rows in PostgreSQL", source: ["csv": ["uri": "file:///a.csv"]],
      test: postgres("b"), expected: ["APUS_SOURCE_POSTGRES_URL": nil, "APUS_TEST_SOURCE_POSTGRES_URL": "b/url"]),
    .init(
      testDescription: "two Secrets in S3", source: s3("a"), test: s3("b"),
      expected: [
        "APUS_SOURCE_AWS_ACCESS_KEY_ID": "a/AWS_ACCESS_KEY_ID",
        "APUS_SOURCE_AWS_SESSION_TOKEN": "a/AWS_SESSION_TOKEN?",
        "APUS_TEST_SOURCE_AWS_SECRET_ACCESS_KEY": "b/AWS_SECRET_ACCESS_KEY",
        "APUS_TEST_SOURCE_AWS_ENDPOINT_URL": "b/AWS_ENDPOINT_URL?", "AWS_ACCESS_KEY_ID": nil,
      ]),
    .init(
      testDescription: "a source never lends its key to the store", source: s3("a"), test: nil,
      artifacts: "s3://models", expected: ["AWS_ACCESS_KEY_ID": nil, "AWS_SESSION_TOKEN": nil]),
    .init(
      testDescription: "one Secret for two sources at one endpoint", source: s3("a", endpoint: "http://m"),
      test: s3(nil, endpoint: "http://m"),
      expected: ["APUS_TEST_SOURCE_AWS_ACCESS_KEY_ID": "a/AWS_ACCESS_KEY_ID"]),
    .init(
      testDescription: "not at another endpoint", source: s3("a", endpoint: "http://m"), test: s3(nil),
      expected: ["APUS_TEST_SOURCE_AWS_ACCESS_KEY_ID": nil]),
    .init(
      testDescription: "a trainer image keeps AWS_* of the one Secret", source: s3("a"), test: nil, isCustom: true,
      expected: [
        "AWS_ACCESS_KEY_ID": "a/AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN": "a/AWS_SESSION_TOKEN?",
        "APUS_SOURCE_AWS_ACCESS_KEY_ID": "a/AWS_ACCESS_KEY_ID",
      ]),
    .init(
      testDescription: "not where two are named", source: s3("a"), test: s3("b"), isCustom: true,
      expected: ["AWS_ACCESS_KEY_ID": nil]),
    .init(
      testDescription: "not where they are the store's", source: s3("a"), test: nil, isCustom: true,
      artifacts: "s3://models", expected: ["AWS_ACCESS_KEY_ID": nil]),
    .init(
      testDescription: "a trainer image keeps the one PostgreSQL URL", source: ["csv": ["uri": "file:///a.csv"]],
      test: postgres("b"), isCustom: true,
      expected: ["APUS_SOURCE_POSTGRES_URL": "b/url", "APUS_TEST_SOURCE_POSTGRES_URL": "b/url"]),
  ]

  @Test(arguments: sources) func `each source has its own credentials`(_ sample: Sources) throws {
    var training: JSONValue = ["source": sample.source]
    if sample.source["csv"] == nil { training["source"]?["csv"] = .null }
    if let test = sample.test { training["split"] = ["testSource": test] }
    if sample.isCustom { training["algorithm"] = ["custom": ["image": "mine:1"]] }
    var world = World(aModel("income", ["training": training]))
    world.storage.artifacts = sample.artifacts
    world.settle()
    let job = try #require(world.startedJobs.first)
    let found = variables(world.objects["jobs/\(job)"]?.manifest[path: "spec", "template", "spec"])
    for (name, expected) in sample.expected { #expect(origin(found[name]) == expected, "\(name)") }
  }
}
