import ApusAPI
import KubernetesModel
import Testing
import WorkerContract

@Suite("The schema and the Swift types say the same")
struct SchemaAgreementTests {
  struct Pair: Sendable, CustomTestStringConvertible {
    var name: String
    var schema: Schema
    var value: JSONValue
    var testDescription: String { name }
  }

  static let pairs: [Pair] = {
    do {
      return [
        Pair(
          name: "ModelDeploymentSpec", schema: ModelDeploymentSpec.schema,
          value: try JSONValue(encoding: Complete.modelSpec())),
        Pair(
          name: "ModelDeploymentStatus", schema: ModelDeploymentStatus.schema,
          value: try JSONValue(encoding: Complete.modelStatus)),
        Pair(
          name: "MonitoringPolicySpec", schema: MonitoringPolicySpec.schema,
          value: try JSONValue(encoding: Complete.policySpec())),
        Pair(
          name: "MonitoringPolicyStatus", schema: MonitoringPolicyStatus.schema,
          value: try JSONValue(encoding: Complete.policyStatus)),
        Pair(
          name: "ModelVersionSpec", schema: ModelVersionSpec.schema,
          value: try JSONValue(encoding: Complete.versionSpec)),
        Pair(
          name: "ModelVersionStatus", schema: ModelVersionStatus.schema,
          value: try JSONValue(encoding: Complete.versionStatus)),
      ]
    } catch {
      return []
    }
  }()

  @Test("all six are compared") func allPairs() { #expect(Self.pairs.count == 6) }

  @Test("nothing that a type writes is pruned or refused", arguments: pairs)
  func nothingIsLost(_ pair: Pair) {
    #expect(pair.schema.pruned(pair.value) == pair.value)
    #expect(pair.schema.problems(in: pair.value).map(\.description) == [])
  }

  @Test("nothing is documented that the type does not have", arguments: pairs)
  func nothingIsInvented(_ pair: Pair) {
    #expect(Self.missing(pair.schema, in: pair.value, at: pair.name) == [])
  }

  private static func missing(_ schema: Schema, in value: JSONValue, at path: String) -> [String] {
    switch schema.kind {
    case .object(let properties):
      properties.flatMap { property in
        guard let member = value[property.name] else { return ["\(path).\(property.name)"] }
        return missing(property.schema, in: member, at: "\(path).\(property.name)")
      }
    case .list(_, let element): value[0].map { missing(element, in: $0, at: "\(path)[]") } ?? ["\(path)[]"]
    case .map(_, let element): value.object?.values.first.map { missing(element, in: $0, at: "\(path){}") } ?? []
    default: []
    }
  }

  @Test("complete objects survive a round trip")
  func roundTrip() throws {
    let model = try ModelDeployment(
      metadata: .init(name: "income"), spec: Complete.modelSpec(), status: Complete.modelStatus)
    #expect(try ModelDeployment.decode(model.manifest) == model)
    let policy = try MonitoringPolicy(
      metadata: .init(name: "income"), spec: Complete.policySpec(), status: Complete.policyStatus)
    #expect(try MonitoringPolicy.decode(policy.manifest) == policy)
    let version = ModelVersion(
      metadata: .init(name: "income-v3"), spec: Complete.versionSpec, status: Complete.versionStatus)
    #expect(try version.manifest.decode(as: ModelVersion.self) == version)
  }

  @Test("every text, list and map has an upper bound and every field a description")
  func bounds() {
    func check(_ schema: Schema, at path: String) {
      #expect(!schema.description.isEmpty, "\(path) has no description")
      switch schema.kind {
      case .string(let bounds):
        #expect(bounds.maximum > 0 || !bounds.values.isEmpty || bounds.format != nil, "\(path) has no upper bound")
      case .list(_, let element): check(element, at: "\(path)[]")
      case .map(_, let element): check(element, at: "\(path){}")
      case .object(let properties):
        for property in properties { check(property.schema, at: "\(path).\(property.name)") }
      default: break
      }
    }
    for definition in ResourceDefinition.all {
      check(definition.spec, at: definition.kind + ".spec")
      check(definition.status, at: definition.kind + ".status")
    }
  }
}

@Suite("Columns of kubectl get")
struct ColumnTests {
  @Test("show three decimals, as kubectl rounds nothing")
  func rounding() {
    var status = ModelDeploymentStatus()
    status.accuracy = 0.872_749
    status.rocAUC = 0.928_411
    #expect(status.accuracy == 0.873 && status.rocAUC == 0.928)
    #expect(Complete.versionSpec.accuracy == 0.9 && Complete.versionSpec.rocAUC == 0.95)
  }

  @Test("point to fields that the schema has", arguments: ResourceDefinition.all.map(\.kind))
  func paths(kind: String) throws {
    let definition = try #require(ResourceDefinition.all.first { $0.kind == kind })
    for column in definition.columns where !column.jsonPath.contains("[?") && !column.jsonPath.hasPrefix(".metadata") {
      let path = column.jsonPath.split(separator: ".").map(String.init)
      var schema: Schema? = path.first == "spec" ? definition.spec : definition.status
      for name in path.dropFirst() { schema = schema?[property: name] }
      #expect(schema != nil, "\(column.name): \(column.jsonPath)")
    }
  }
}

@Suite("Defaults are filled in from the schema alone")
struct DefaultTests {
  static let minimal: JSONValue = [
    "metadata": ["name": "income"],
    "spec": [
      "schema": ["target": ["name": "income"], "features": [["name": "age", "type": "numeric"]]],
      "training": ["source": ["csv": ["uri": "file:///data/adult.csv"]]],
    ],
  ]

  @Test("a minimal ModelDeployment has the defaults of its schema")
  func minimalModel() throws {
    let model = try ModelDeployment.decode(Self.minimal)
    let spec = model.spec
    #expect(spec.promotion.approval == .manual && spec.deletion == .keep && spec.serving.replicas == 2)
    #expect(spec.promotion.minimum.accuracy == 0.8 && spec.promotion.against.metric == .rocAUC)
    #expect(spec.training.algorithm == Algorithm(gradientBoosting: .init()))
    #expect(spec.training.schedule == Schedule(cron: "0 2 * * 0", timeZone: "Etc/UTC"))
    #expect(spec.training.deadline == TimeSpan(seconds: 7200))
    #expect(model.status == ModelDeploymentStatus())
    #expect(model.problems() == [])
  }

  @Test("a minimal MonitoringPolicy has the defaults of its schema")
  func minimalPolicy() throws {
    let policy = try MonitoringPolicy.decode(["metadata": ["name": "p"], "spec": ["modelRef": ["name": "income"]]])
    #expect(policy.spec.schedule == Schedule(cron: "0 */6 * * *") && policy.spec.window == TimeSpan(seconds: 21600))
    #expect(policy.spec.retraining.on == MonitoringPolicySpec.Retraining.Trigger.allCases)
    #expect(policy.status == MonitoringPolicyStatus())
    #expect(policy.problems() == [])
  }

  /// An initialiser without arguments takes each value from the schema, and none from another field.
  @Test("types of the contract that are made without a word hold what a document without a word does")
  func standards() throws {
    let spec = try ModelDeployment.decode(Self.minimal).spec
    #expect(spec.training.split == SplitPlan() && spec.training.limits == DataLimits())
    #expect(spec.serving.logging == LoggingRules() && spec.training.algorithm.gradientBoosting == .init())
    #expect(try Algorithm.RandomForest.schema.filled([:]).decode() == Algorithm.RandomForest())
    #expect(try Algorithm.LogisticRegression.schema.filled([:]).decode() == Algorithm.LogisticRegression())
    let policy = try MonitoringPolicy.decode(["metadata": ["name": "p"], "spec": ["modelRef": ["name": "income"]]]).spec
    #expect(policy.drift == DriftRules() && policy.quality == QualityRules())
    #expect(policy.performance == PerformanceRules())
    #expect(spec.schema.features == [.init(name: "age", type: .numeric)])
    #expect(try MonitoringPolicySpec.Alerts.schema.filled([:]).decode() == MonitoringPolicySpec.Alerts())
    #expect(MonitoringPolicySpec.Alerts().deduplicate == TimeSpan(seconds: 300))
  }

  @Test("rules of an earlier operator that lack a later field get its default")
  func earlierRules() throws {
    var drift = try JSONValue(encoding: DriftRules())
    drift["source"] = nil
    #expect(try drift.decode() == DriftRules())
    var quality = try JSONValue(encoding: QualityRules())
    quality["duplicateRequestIDs"] = nil
    #expect(try quality.decode() == QualityRules())
  }

  @Test("a named algorithm stays alone and gets its defaults")
  func oneAlgorithm() throws {
    var json = Self.minimal
    json.set(["randomForest": ["trees": 10]], at: ["spec", "training", "algorithm"])
    let algorithm = try ModelDeployment.decode(json).spec.training.algorithm
    #expect(algorithm == Algorithm(randomForest: .init(trees: 10, maxDepth: 10)))
  }

  @Test("what is stored by the API server has no algorithm that a later apply would collide with")
  func publishedDefaults() {
    let stored = ModelDeploymentSpec.schema.filled(Self.minimal["spec"] ?? .null, .published)
    #expect(stored[path: "training", "algorithm"] == nil)
    #expect(stored[path: "promotion", "minimum", "accuracy"]?.double == 0.8)
    #expect(stored[path: "serving", "logging", "retention"] == "30d")
  }

  @Test("null for an optional field means absent")
  func nulls() throws {
    var json = Self.minimal
    json.set(.null, at: ["spec", "training", "source", "window"])
    json.set(.null, at: ["spec", "training", "deadline"])
    json.set(.null, at: ["spec", "promotion"])
    json.set(["version": .null, "autoscaling": .null, "replicas": .null], at: ["spec", "serving"])
    let spec = try ModelDeployment.decode(json).spec
    #expect(spec.training.deadline == TimeSpan(seconds: 7200))
    let unstated = try ModelDeployment.decode(Self.minimal).spec
    #expect(spec.promotion == unstated.promotion)
    #expect(spec.serving == unstated.serving)
    #expect(ModelDeploymentSpec.schema.problems(in: json["spec"] ?? .null) == [])
  }

  @Test("whole numbers without quotes are taken for classes and levels")
  func unquoted() throws {
    var json = Self.minimal
    json.set(["name": "y", "positive": 1, "classes": [0, 1]], at: ["spec", "schema", "target"])
    let target = try ModelDeployment.decode(json).spec.schema.target
    #expect(target == .init(name: "y", positive: "1", classes: ["0", "1"]))
  }

  @Test("triggers may be written as on, which YAML 1.1 takes for true", arguments: ["triggers", "on", "true"])
  func triggers(key: String) throws {
    let json: JSONValue = [
      "metadata": ["name": "p"],
      "spec": ["modelRef": ["name": "income"], "retraining": .object([key: ["CriticalDrift"]])],
    ]
    #expect(try MonitoringPolicy.decode(json).spec.retraining.on == [.criticalDrift])
    #expect(MonitoringPolicySpec.schema.problems(in: json["spec"] ?? .null) == [])
  }

  @Test("an undecodable object names the field and the mend")
  func errors() {
    var json = Self.minimal
    json.set(["gradientBosting": [:], "randomForest": ["trees": "many"]], at: ["spec", "training", "algorithm"])
    #expect(throws: ResourceError.self) { try ModelDeployment.decode(json) }
    do {
      _ = try ModelDeployment.decode(json)
    } catch {
      #expect(error.description.contains("spec.training.algorithm.gradientBosting: is not a field here"))
      #expect(error.description.contains("did you mean gradientBoosting?"))
      #expect(error.description.contains("spec.training.algorithm.randomForest.trees: is a text, not a whole number"))
    }
  }

  @Test("what only the type refuses is named by its path in the object, beside unknown fields")
  func typeErrors() {
    var json = Self.minimal
    json.set(5, at: ["metadata", "labels"])
    json.set(1, at: ["spec", "invented"])
    let error = #expect(throws: ResourceError.self) { try ModelDeployment.decode(json) }
    #expect(error?.problems.map(\.path) == ["spec.invented", "metadata.labels"])
    json = Self.minimal
    json["status"] = ["lastTrained": "yesterday"]
    let status = #expect(throws: ResourceError.self) { try ModelDeployment.decode(json) }
    #expect(status?.problems.map(\.path) == ["status.lastTrained"])
  }
}

@Suite("Structural problems are told as sentences")
struct StructureTests {
  @Test(
    arguments: [
      (["training", "deadline"], JSONValue("soon"), "write a length of time such as"),
      (["training", "retries"], -1, "write 0 or more"),
      (["training", "split", "test"], 1, "write a number below 1"),
      (["promotion", "approval"], "automatic", "write Automatic"),
      (["schema", "features"], [], "list at least 1"),
      (
        ["schema", "features"], [["name": "a", "type": "numeric"], ["name": "a", "type": "numeric"]],
        "'a' is listed twice"
      ),
      (["serving", "version"], "7", "a version such as v7"),
      (["training", "schedule"], "0 2 * * *", "write an object with cron, timeZone"),
      (["training", "schedule", "cron"], 5, "write a cron expression such as 0 2 * * 0"),
      (["training", "deadline"], 3600, "write a length of time such as 200ms"),
      (["promotion", "approval"], true, "write one of Manual, Automatic"),
      (["promotion", "minimum", "f1"], 70, "70 % is 0.7"),
      (["serving", "logging", "redact"], "age", "write it as a list: [age]"),
      (["serving", "resources"], ["limits": ["cpu": 0.5]], "spec.serving.resources.limits.cpu: is a number"),
      (["serving", "version"], "seven", "a version such as v7"),
      (["schema", "target"], .null, "is missing"),
      (["training", "source", "csv", "uri"], "adult.csv", "file:///folder/file.csv"),
    ] as [([String], JSONValue, String)])
  func problem(path: [String], value: JSONValue, expected: String) {
    var spec = DefaultTests.minimal["spec"] ?? .null
    spec.set(value, at: path)
    let problems = ModelDeploymentSpec.schema.problems(in: spec, at: "spec").map(\.description)
    #expect(problems.contains { $0.contains(expected) }, "\(problems)")
  }
}
