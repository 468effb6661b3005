import ApusAPI
import KubernetesModel
import TestSupport
import Testing

/// The rules of the CRDs, each with a good and a bad object. The current release's own API server evaluates the same table in
/// `CurrentServerTests`.
@Suite("CEL rules")
struct RuleTests {
  struct Case: Sendable {
    var sentence: String
    var kind: String
    var path: [String]
    var value: JSONValue?
    /// A part of the message of the one rule that is broken; nil: none is.
    var broken: String?
    /// Whether the change is made to a stored object, so that its old self is compared.
    var isUpdate = false
  }

  static let model: JSONValue = [
    "apiVersion": "apus.dev/v1alpha1", "kind": "ModelDeployment", "metadata": ["name": "income"],
    "spec": [
      "schema": [
        "target": ["name": "income"],
        "features": [
          ["name": "age", "type": "numeric", "minimum": 0, "maximum": 120.5], ["name": "sex", "type": "categorical"],
        ],
      ],
      "training": ["source": ["csv": ["uri": "file:///data/adult.csv"]], "algorithm": ["randomForest": [:]]],
    ],
  ]

  static let policy: JSONValue = [
    "apiVersion": "apus.dev/v1alpha1", "kind": "MonitoringPolicy", "metadata": ["name": "income"],
    "spec": [
      "modelRef": ["name": "income"],
      "alerts": [
        "routes": [["severities": ["critical"], "channels": ["log"]]], "channels": [["name": "log", "log": [:]]],
      ],
    ],
  ]

  static let version: JSONValue = [
    "apiVersion": "apus.dev/v1alpha1", "kind": "ModelVersion", "metadata": ["name": "income-v1"],
    "spec": [
      "modelRef": ["name": "income"], "version": "v1", "number": 1, "job": "income-train-1", "trigger": "FirstSight",
      "trainingInput": "ab",
    ],
  ]

  static let cases: [Case] = [
    Case(sentence: "a sound model", kind: "ModelDeployment", path: [], value: nil),
    Case(sentence: "a sound policy", kind: "MonitoringPolicy", path: [], value: nil),
    Case(sentence: "a sound version", kind: "ModelVersion", path: [], value: nil),
    Case(
      sentence: "no source", kind: "ModelDeployment", path: ["training", "source"], value: [:],
      broken: "a source is exactly one"),
    Case(
      sentence: "two sources", kind: "ModelDeployment", path: ["training", "source", "s3"], value: ["uri": "s3://b/k"],
      broken: "a source is exactly one"),
    Case(
      sentence: "no algorithm in the object", kind: "ModelDeployment", path: ["training", "algorithm"], value: [:],
      broken: "an algorithm is exactly one"),
    Case(
      sentence: "two algorithms", kind: "ModelDeployment", path: ["training", "algorithm", "logisticRegression"],
      value: [:], broken: "an algorithm is exactly one"),
    Case(sentence: "the default algorithm", kind: "ModelDeployment", path: ["training", "algorithm"], value: nil),
    Case(
      sentence: "the target among the features", kind: "ModelDeployment", path: ["schema", "target", "name"],
      value: "age",
      broken: "the target cannot be a feature"),
    Case(
      sentence: "minimum above maximum", kind: "ModelDeployment", path: ["schema", "features"],
      value: [["name": "age", "type": "numeric", "minimum": 2, "maximum": 1.5]], broken: "minimum is above maximum"),
    Case(
      sentence: "bounds of a categorical feature", kind: "ModelDeployment", path: ["schema", "features"],
      value: [["name": "sex", "type": "categorical", "minimum": 2]], broken: "only a numeric feature"),
    Case(
      sentence: "categories of a numeric feature", kind: "ModelDeployment", path: ["schema", "features"],
      value: [["name": "age", "type": "numeric", "categories": ["a"]]], broken: "only a categorical feature"),
    Case(
      sentence: "a split that leaves nothing", kind: "ModelDeployment", path: ["training", "split"],
      value: ["validation": 0.5, "test": 0.5], broken: "leave nothing to train"),
    Case(
      sentence: "the same with test rows from elsewhere", kind: "ModelDeployment", path: ["training", "split"],
      value: ["validation": 0.5, "test": 0.5, "testSource": ["csv": ["uri": "file:///t.csv"]]]),
    Case(
      sentence: "autoscaling upside down", kind: "ModelDeployment", path: ["serving"],
      value: ["autoscaling": ["minimum": 3, "maximum": 2]], broken: "minimum is above maximum"),
    Case(
      sentence: "nulls where they mean none", kind: "ModelDeployment", path: ["serving"],
      value: ["autoscaling": .null, "version": .null]),
    Case(
      sentence: "another model", kind: "MonitoringPolicy", path: ["modelRef", "name"], value: "other",
      broken: "modelRef cannot change", isUpdate: true),
    Case(sentence: "another window", kind: "MonitoringPolicy", path: ["window"], value: "1h", isUpdate: true),
    Case(
      sentence: "index limits upside down", kind: "MonitoringPolicy", path: ["drift"], value: ["psi": ["warning": 0.5]],
      broken: "warning is above critical"),
    Case(
      sentence: "missing limits upside down", kind: "MonitoringPolicy", path: ["quality"],
      value: ["missing": ["warning": 0.5]], broken: "warning is above critical"),
    Case(
      sentence: "more failures than checks", kind: "MonitoringPolicy", path: ["retraining"],
      value: ["debounce": ["failures": 5, "of": 3]], broken: "failures is above of"),
    Case(
      sentence: "a query that never fires", kind: "MonitoringPolicy", path: ["performance"],
      value: ["queries": [["name": "q", "server": "http://p:9090", "promql": "up"]]],
      broken: "a query needs below or above"),
    Case(
      sentence: "a route to nowhere", kind: "MonitoringPolicy", path: ["alerts", "channels"], value: [],
      broken: "a route names a channel"),
    Case(
      sentence: "a channel of two kinds", kind: "MonitoringPolicy", path: ["alerts", "channels"],
      value: [["name": "log", "log": [:], "alertmanager": ["url": "http://a:9093"]]],
      broken: "set exactly one of slack, "),
    Case(
      sentence: "a changed version", kind: "ModelVersion", path: ["number"], value: 2,
      broken: "a version's spec cannot change",
      isUpdate: true),
    Case(sentence: "an unchanged version", kind: "ModelVersion", path: [], value: nil, isUpdate: true),
  ]

  static func stored(_ kind: String) -> JSONValue {
    [model, policy, version].first { $0["kind"]?.string == kind } ?? .null
  }

  @Test("are what the operator checks as well")
  func rules() throws {
    for example in Self.cases {
      var object = Self.stored(example.kind)
      if !example.path.isEmpty { object.set(example.value, at: ["spec"] + example.path) }
      try Self.compareWithOperator(example, object)
    }
  }

  /// Servers older than 1.25 know no rules: what they guard, the operator guards as well. Immutability is the exception, as
  /// the operator has no old self to compare with.
  private static func compareWithOperator(_ example: Case, _ object: JSONValue) throws {
    guard !example.isUpdate else { return }
    let problems: [Problem]
    switch example.kind {
    case "ModelDeployment": problems = try ModelDeployment.decode(object).problems()
    case "MonitoringPolicy": problems = try MonitoringPolicy.decode(object).problems()
    default: problems = []
    }
    #expect(problems.contains { $0.weight == .error } == (example.broken != nil), "\(example.sentence): \(problems)")
  }

  @Test("all are tried")
  func allRules() {
    func rules(_ schema: Schema) -> [String] {
      var found = schema.rules.map(\.message)
      switch schema.kind {
      case .object(let properties): for property in properties { found += rules(property.schema) }
      case .list(_, let element), .map(_, let element): found += rules(element)
      default: break
      }
      return found
    }
    let tried = Self.cases.compactMap(\.broken)
    for definition in ResourceDefinition.all {
      for message in rules(definition.spec) {
        #expect(tried.contains { message.contains($0) }, "no case breaks: \(message)")
      }
    }
  }
}
