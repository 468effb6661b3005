import ApusAPI
import KubernetesModel
import Testing
import WorkerContract

@Suite("What is wrong with a resource")
struct ProblemTests {
  private static let modelDocument: JSONValue = [
    "metadata": ["name": "income", "namespace": "default"],
    "spec": [
      "schema": [
        "target": ["name": "income"],
        "features": [["name": "age", "type": "numeric"], ["name": "sex", "type": "categorical"]],
      ],
      "training": ["source": ["csv": ["uri": "file:///data/adult.csv"]]],
    ],
  ]

  /// - Parameter more: more of the spec, merged into it.
  static func model(
    _ more: JSONValue = [:], _ change: (inout ModelDeploymentSpec) -> Void = { _ in }
  ) throws -> ModelDeployment {
    var model = try ModelDeployment.decode(modelDocument.merged(with: ["spec": more]))
    change(&model.spec)
    return model
  }

  struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var path: String
    var more: JSONValue
    var change: @Sendable (inout ModelDeploymentSpec) -> Void

    init(
      _ sentence: String, at path: String, with more: JSONValue = [:],
      _ change: @escaping @Sendable (inout ModelDeploymentSpec) -> Void = { _ in }
    ) {
      testDescription = sentence
      self.path = path
      self.more = more
      self.change = change
    }
  }

  static let cases: [Case] = [
    Case("no source", at: "spec.training.source") { $0.training.source = .init() },
    Case("two sources", at: "spec.training.source") { $0.training.source.s3 = .init(uri: "s3://b/k") },
    Case("a parameter in quotes", at: "spec.training.source.postgres.query") {
      $0.training.source = .init(
        postgres: .init(
          connectionSecretRef: .init(name: "db", key: "url"), query: "SELECT * FROM t WHERE at > '$since'"))
    },
    Case("a parameter that is none", at: "spec.training.split.testSource.postgres.query") {
      $0.training.split.testSource = .init(
        postgres: .init(connectionSecretRef: .init(name: "db", key: "url"), query: "SELECT * FROM t WHERE at > $sinse"))
    },
    Case("no algorithm", at: "spec.training.algorithm") { $0.training.algorithm = .init() },
    Case("two algorithms", at: "spec.training.algorithm") { $0.training.algorithm.randomForest = .init() },
    Case("a feature twice", at: "spec.schema.features[2].name") {
      $0.schema.features.append(.init(name: "age", type: .numeric))
    },
    Case("the target among the features", at: "spec.schema.features[2].name") {
      $0.schema.features.append(.init(name: "income", type: .categorical))
    },
    Case("minimum above maximum", at: "spec.schema.features[0].minimum") {
      $0.schema.features[0].minimum = 2
      $0.schema.features[0].maximum = 1
    },
    Case("bounds of a categorical feature", at: "spec.schema.features[1].type") { $0.schema.features[1].minimum = 0 },
    Case("categories of a numeric feature", at: "spec.schema.features[0].categories") {
      $0.schema.features[0].categories = ["x"]
    },
    Case("one class", at: "spec.schema.target.classes") { $0.schema.target.classes = ["a"] },
    Case("a positive class that is none", at: "spec.schema.target.positive") {
      $0.schema.target.classes = ["a", "b"]
      $0.schema.target.positive = "c"
    },
    Case("a split that leaves nothing", at: "spec.training.split") { $0.training.split.test = 0.8 },
    Case("no test rows", at: "spec.training.split.test") { $0.training.split.test = 0 },
    Case("a window of a query that does not choose by it", at: "spec.training.source.window") {
      $0.training.source = .init(
        postgres: .init(connectionSecretRef: .init(name: "db", key: "url"), query: "SELECT 1"),
        window: TimeSpan(seconds: 60))
    },
    Case("a window without a timestamp", at: "spec.training.source.window") {
      $0.training.source.window = TimeSpan(seconds: 60)
    },
    Case("a malformed cron expression", at: "spec.training.schedule.cron") { $0.training.schedule.cron = "0 25 * * *" },
    Case("an unknown time zone", at: "spec.training.schedule.timeZone") {
      $0.training.schedule.timeZone = "Europe/Nowhere"
    },
    Case("no deadline", at: "spec.training.deadline") { $0.training.deadline = TimeSpan(seconds: 0) },
    Case("a URI that is none", at: "spec.training.source.csv.uri") { $0.training.source.csv?.uri = "/data/adult.csv" },
    Case("credentials in a URI", at: "spec.training.source.csv.uri") {
      $0.training.source.csv?.uri = "https://me:secret@host/adult.csv"
    },
    Case("a segment without levels", at: "spec.promotion.segments[0].feature") {
      $0.promotion.segments = [.init(feature: "age", metric: .recall, maximumLoss: 0.1)]
    },
    Case(
      "weights that do not ascend", at: "spec.promotion.rollout.steps[1].weight",
      with: [
        "promotion": ["rollout": ["steps": [["weight": 50, "duration": "1s"], ["weight": 50, "duration": "1s"]]]]
      ]),
    Case(
      "a weight above 100", at: "spec.promotion.rollout.steps[0].weight",
      with: ["promotion": ["rollout": ["steps": [["weight": 101, "duration": "1s"]]]]]),
    Case("an unknown feature to redact", at: "spec.serving.logging.redact[0]") { $0.serving.logging.redact = ["name"] },
    Case(
      "autoscaling upside down", at: "spec.serving.autoscaling.minimum",
      with: ["serving": ["autoscaling": ["minimum": 3, "maximum": 2]]]),
    Case("a pinned version that is none", at: "spec.serving.version") { $0.serving.version = "latest" },
  ]

  @Test("is named by field, with a mend", arguments: cases)
  func problem(_ example: Case) throws {
    let problems = try Self.model(example.more, example.change).problems()
    let found = try #require(problems.first { $0.path == example.path }, "\(problems)")
    #expect(!found.message.isEmpty && !found.mend.isEmpty)
    #expect(found.weight == .error)
  }

  @Test("a sound model has none") func sound() throws { #expect(try Self.model().problems() == []) }

  @Test("all are told at once")
  func together() throws {
    let problems = try Self.model {
      $0.training.source = .init()
      $0.training.schedule.cron = "x"
    }.problems()
    #expect(problems.count == 2)
  }

  @Test(
    "a name must fit a Service", arguments: ["1income", "Income", "in_come", String(repeating: "a", count: 64), "a.b"])
  func names(name: String) throws {
    var model = try Self.model()
    model.metadata.name = name
    #expect(model.problems().map(\.path) == ["metadata.name"])
  }

  @Test("time order without a timestamp is a warning only")
  func warning() throws {
    let problems = try Self.model { $0.training.split.by = .time }.problems()
    #expect(problems.map(\.weight) == [.warning])
  }

  @Test("a segment of a column that is no feature is a warning only")
  func segmentOfAnotherColumn() throws {
    let problems = try Self.model {
      $0.promotion.segments = [.init(feature: "race", metric: .recall, maximumLoss: 0.1)]
    }.problems()
    #expect(problems.map(\.weight) == [.warning])
  }

  typealias Channel = MonitoringPolicySpec.Alerts.Channel

  /// An e-mail channel with something wrong with it.
  private static func mail(_ change: (inout Channel.Email) -> Void) -> Channel.Email {
    var mail = Channel.Email(server: "smtp://mail.example.org", from: "apus@example.org", to: ["ops@example.org"])
    change(&mail)
    return mail
  }

  struct PolicyCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var path: String
    var change: @Sendable (inout MonitoringPolicySpec) -> Void

    init(_ sentence: String, at path: String, _ change: @escaping @Sendable (inout MonitoringPolicySpec) -> Void) {
      testDescription = sentence
      self.path = path
      self.change = change
    }
  }

  static let policyCases: [PolicyCase] = [
    PolicyCase("a malformed schedule", at: "spec.schedule.cron") { $0.schedule.cron = "* * *" },
    PolicyCase("an empty window", at: "spec.window") { $0.window = TimeSpan(seconds: 0) },
    PolicyCase("a drift test of the other type", at: "spec.drift.numeric.test") { $0.drift.numeric.test = .chiSquare },
    PolicyCase("a drift test that there is not", at: "spec.drift.categorical.test") {
      $0.drift.categorical.test = DriftTestName(rawValue: "Oracle")
    },
    PolicyCase("warning above critical", at: "spec.drift.psi.warning") { $0.drift.psi.warning = 0.5 },
    PolicyCase("missing limits upside down", at: "spec.quality.missing.warning") { $0.quality.missing.warning = 0.5 },
    PolicyCase("more failures than checks", at: "spec.retraining.debounce.failures") {
      $0.retraining.debounce.failures = 4
    },
    PolicyCase("a channel that is not there", at: "spec.alerts.routes[0].channels[0]") {
      $0.alerts = .init(routes: [.init(severities: [.critical], channels: ["slack"])])
    },
    PolicyCase("a channel of no kind", at: "spec.alerts.channels[0]") {
      $0.alerts = .init(channels: [.init(name: "c")])
    },
    PolicyCase("a channel twice", at: "spec.alerts.channels[1].name") {
      $0.alerts = .init(channels: [.init(name: "c", Channel.Log()), .init(name: "c", Channel.Log())])
    },
    PolicyCase("a channel of two kinds", at: "spec.alerts.channels[0]") {
      $0.alerts = .init(channels: [.init(name: "c", Channel.Log(), Channel.Alertmanager(url: "http://am"))])
    },
    PolicyCase("an Alertmanager without a host", at: "spec.alerts.channels[0].alertmanager.url") {
      $0.alerts = .init(channels: [.init(name: "c", Channel.Alertmanager(url: "http:///"))])
    },
    PolicyCase("a mail server with a password", at: "spec.alerts.channels[0].email.server") {
      $0.alerts = .init(channels: [.init(name: "c", mail { $0.server = "smtp://me:secret@mail" })])
    },
    PolicyCase("a mail server that is TLS and is not", at: "spec.alerts.channels[0].email.security") {
      $0.alerts = .init(
        channels: [
          .init(
            name: "c",
            mail {
              $0.server = "smtps://mail"
              $0.security = .none
            })
        ])
    },
    PolicyCase("a mail password in the clear", at: "spec.alerts.channels[0].email.security") {
      $0.alerts = .init(
        channels: [
          .init(
            name: "c",
            mail {
              $0.security = .none
              $0.credentialsSecretRef = .init(name: "mail")
            })
        ])
    },
    PolicyCase("a receiver that ends a command", at: "spec.alerts.channels[0].email.to[1]") {
      $0.alerts = .init(channels: [.init(name: "c", mail { $0.to.append("a@b>\r\nDATA") })])
    },
    PolicyCase("a query that never fires", at: "spec.performance.queries[0]") {
      $0.performance.queries = [.init(name: "q", server: "http://p:9090", promql: "up")]
    },
    PolicyCase("a sample that is too small", at: "spec.minimumSamples") { $0.maximumSamples = 10 },
  ]

  @Test("of a policy is named by field, with a mend", arguments: policyCases)
  func policyProblem(_ example: PolicyCase) throws {
    var policy = try MonitoringPolicy.decode([
      "metadata": ["name": "income"], "spec": ["modelRef": ["name": "income"]],
    ])
    example.change(&policy.spec)
    let problems = policy.problems()
    let found = try #require(problems.first { $0.path == example.path }, "\(problems)")
    #expect(!found.mend.isEmpty)
  }
}
