import Foundation
import KubernetesModel
import TestSupport
import Testing
import YAMLCoding

/// What is under prometheus/ and grafana/, read by a real Prometheus that scrapes a running Apus.
@Suite(
  "Prometheus sees what happens", .serialized,
  .enabled(if: Cluster.isLocal && Prometheus.isThere, "needs a local cluster and Prometheus"))
struct PrometheusTests {
  @Test("targets are up, alerts are raised, and every panel of the dashboards shows something")
  func watched() async throws {
    let stage = try await Stage.open("watched")
    let folder = stage.cluster.folder.appendingPathComponent("prometheus-\(stage.namespace)")
    try await Prometheus.running(beside: stage.cluster, in: folder) { prometheus in
      let watch = Watch(stage: stage, prometheus: prometheus)
      let fraud = try await Fraud(on: stage)
      try await watch.checkTargets()
      try await watch.checkExposition()

      _ = try await fraud.traffic(first: 12_000, rows: 2_000)
      try await fraud.check("quiet")
      try await prometheus.wait(for: 0, watch.drifting)
      try await watch.sendMalformedRequests()

      _ = try await fraud.traffic(first: 15_000, rows: 4_000, drift: LoopTests.drift)
      try await stage.apus(
        ["simulate", "data", "--append", "--first", "12000", "--rows", "7000", "--output", fraud.file.path]
          + LoopTests.drift)
      try await fraud.check("drift-1")
      try await prometheus.wait(alert: "ApusCriticalFeatureDrift", of: "fraud", stage.namespace)
      try await fraud.check("drift-2")
      try await watch.checkHealing()
      _ = try await fraud.traffic(first: 19_000, rows: 500, drift: LoopTests.drift)

      try await watch.checkFailure(of: "broken")
      try await watch.checkRules()
      try await watch.checkDashboards()
      // Pods have come and gone: Prometheus still sees those that are there.
      try await watch.checkTargets()
    }
    await stage.close()
  }
}

/// One model under the eyes of one Prometheus.
private struct Watch {
  let stage: Stage
  let prometheus: Prometheus

  var series: String { "namespace=\"\(stage.namespace)\",model=\"fraud\"" }
  var drifting: String { "sum(apus_drift_features{\(series),severity=\"critical\"})" }

  /// What is scraped is what the configuration for clusters would find, under the same labels, and all of it is up. Other
  /// tests' pods come and go meanwhile.
  func checkTargets() async throws {
    var differences = ""
    do {
      _ = try await eventually("every target is up", within: .seconds(60), every: .milliseconds(500)) {
        () async throws -> Bool? in
        var wanted: Set<ScrapeJob.Target> = []
        for job in try ScrapeJob.all() { wanted.formUnion(try await job.targets(in: stage.cluster).filter(isMine)) }
        let active = try await prometheus.get("targets", ["state": "active"])?["activeTargets"]?.array ?? []
        let up = active.filter { $0["health"] == "up" && $0["lastError"] == "" }
        let found = Set(up.map(Self.target).filter(isMine))
        differences = "wanted \(wanted), up \(found)"
        let jobs = Set(found.compactMap { $0.labels["job"] })
        return wanted == found && jobs == ["apus-server", "apus-operator"] ? true : nil
      }
    } catch let error as DeadlineExceeded {
      throw DeadlineExceeded(description: "\(error): \(differences)")
    }
  }

  private static func target(_ target: JSONValue) -> ScrapeJob.Target {
    .init(
      labels: target["labels"]?.object?.mapValues { $0.string ?? "" } ?? [:], url: target["scrapeUrl"]?.string ?? "")
  }

  private func isMine(_ target: ScrapeJob.Target) -> Bool {
    let namespace = target.labels["namespace"]
    return namespace == nil || namespace == stage.namespace
  }

  /// What the programs expose is what Prometheus' own linter wants, what the documentation lists, and does not quarrel with
  /// the labels that the scrape attaches.
  func checkExposition() async throws {
    let documentation = try String(contentsOf: URL(fileURLWithPath: "docs/metrics.md"), encoding: .utf8)
    for job in try ScrapeJob.all() {
      let target = try #require(try await job.targets(in: stage.cluster).filter(isMine).first)
      let text = try await stage.cluster.http("GET", target.url).body + "\n"
      let lint = try await run(["promtool", "check", "metrics"], input: text, allowFailure: true)
      #expect(lint.status == 0 && lint.errors.isEmpty, "\(job.name): \(lint.text)\(lint.errors)")
      for match in text.matches(of: /\# TYPE ([a-z0-9_]+)/) {
        #expect(documentation.contains("`\(match.1)`"), "docs/metrics.md does not explain \(match.1) of \(job.name)")
      }
    }
    let renamed = try await prometheus.values(
      "count by (__name__) ({job=~\"apus-.+\",exported_namespace!=\"\"} or {job=~\"apus-.+\",exported_model!=\"\"})")
    #expect(renamed.isEmpty, "\(renamed)")
  }

  /// Until Prometheus has seen refusals become more.
  func sendMalformedRequests() async throws {
    let url = try await stage.url(ofService: "fraud")
    _ = try await eventually("refused requests are counted", within: .seconds(30), every: .milliseconds(500)) {
      () async throws -> Bool? in
      let answer = try await stage.cluster.http(
        "POST", url + "/predict", body: #"{"features": {"amount": "much", "colour": "red"}}"#)
      try #require((400..<500).contains(answer.status), "\(answer.status) \(answer.body)")
      let rates = try await prometheus.values("sum(rate(apus_requests_total{\(series),code=~\"4..\"}[5m]))")
      return rates.first.map { $0.value > 0 } == true ? true : nil
    }
  }

  /// The model was trained anew and promoted, once each, and its metrics say so.
  func checkHealing() async throws {
    try await stage.wait(for: "v2 in production", "md", "fraud", within: .seconds(180)) {
      $0[path: "status", "version"]?.string == "v2" && $0.condition("Ready")?["status"]?.string == "True" ? true : nil
    }
    try await prometheus.wait(for: 1, "sum(apus_model_production_info{\(series),version=\"v2\"})")
    try await prometheus.wait(for: 1, "count(apus_model_production_info{\(series)})")
    // Over all operators there were: another test ends one.
    for (counter, value) in [
      ("apus_trainings_total{\(series),outcome=\"Succeeded\"}", 2.0),
      ("apus_trainings_total{\(series),outcome=\"Failed\"}", 0),
      ("apus_promotions_total{\(series)}", 2),
      ("apus_checks_total{\(series),outcome=\"Healthy\"}", 1),
      ("apus_checks_total{\(series),outcome=\"Critical\"}", 2),
    ] {
      try await prometheus.wait(for: value, "sum(max_over_time(\(counter)[15m]))")
    }
    // An increase is seen only of a counter that began at 0.
    let checks = try await prometheus.values("sum(increase(apus_checks_total{\(series)}[15m]))")
    #expect((checks.first?.value ?? 0) > 2, "\(checks)")
  }

  /// A model whose file is not there: its first training fails before anything was scraped.
  func checkFailure(of model: String) async throws {
    let sample = try String(contentsOf: URL(fileURLWithPath: "manifests/samples/fraud.yaml"), encoding: .utf8)
    var manifest = try #require(try YAML.documents(sample).map(\.value).first { $0["kind"] == "ModelDeployment" })
    manifest.set(.string(model), at: ["metadata", "name"])
    manifest.set(
      "file:///var/lib/apus/data/nowhere.csv", at: ["spec", "training", "source", "csv", "uri"])
    try await stage.apply(manifest.text)
    try await prometheus.wait(alert: "ApusTrainingFailed", of: model, stage.namespace, states: "firing")
    try await prometheus.wait(alert: "ApusModelNotReady", of: model, stage.namespace)
    try await prometheus.wait(alert: "ApusNoProductionModel", of: model, stage.namespace)
    let others = try await prometheus.values(
      "ALERTS{alertname=~\"ApusTrainingFailed|ApusModelNotReady|ApusNoProductionModel\",\(series)}")
    #expect(others.isEmpty, "the model beside it is well: \(others)")
  }

  /// Every rule was evaluated without an error, and each metric it names exists.
  func checkRules() async throws {
    let text = try String(contentsOf: URL(fileURLWithPath: "prometheus/rules.yaml"), encoding: .utf8)
    let written = Self.byName(try YAML.document(text).value["groups"])
    let loaded = Self.byName(try await prometheus.get("rules")?["groups"])
    #expect(loaded.map { $0["name"] } == written.map { $0["name"] })
    for (loaded, written) in zip(loaded, written) {
      #expect(loaded["rules"]?.array?.map { $0["name"] } == written["rules"]?.array?.map { $0["alert"] })
      for rule in loaded["rules"]?.array ?? [] {
        let name = rule["name"]?.string ?? ""
        #expect(rule["health"] == "ok", "\(name): \(rule["lastError"]?.string ?? "")")
        #expect(rule["lastEvaluation"]?.string?.hasPrefix("0001") == false, "\(name) was not evaluated")
        // The one metric that is there only while something is wrong that does not go wrong here.
        for metric in (rule["query"]?.string ?? "").matches(of: /apus_[a-z0-9_]+/)
        where metric.output != "apus_feature_missing_ratio" {
          let count = try await prometheus.values("count(\(metric.output){\(series)})")
          #expect((count.first?.value ?? 0) > 0, "\(name): there is no \(metric.output)")
        }
      }
    }
  }

  /// Prometheus gives the groups in its own order.
  private static func byName(_ groups: JSONValue?) -> [JSONValue] {
    (groups?.array ?? []).sorted { ($0["name"]?.string ?? "") < ($1["name"]?.string ?? "") }
  }

  /// Panels that are right to show 0 after what happened here: nothing failed, and the simulation makes no such values.
  static let quietPanels: Set<String> = [
    "Retraining needed", "Checks that did not pass", "Unseen levels and numbers out of range",
  ]

  /// Every expression gives numbers, and every panel a number above 0 where something happened.
  func checkDashboards() async throws {
    let folder = URL(fileURLWithPath: "grafana/dashboards")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "json" }
    try #require(!files.isEmpty)
    for file in files {
      let board = try JSONValue(parsing: String(contentsOf: file, encoding: .utf8))
      for variable in board[path: "templating", "list"]?.array ?? [] where variable["type"] == "query" {
        try await checkVariable(variable)
      }
      for panel in board["panels"]?.array ?? [] where panel["type"] != "row" {
        try await checkPanel(panel)
      }
    }
  }

  private func checkPanel(_ panel: JSONValue) async throws {
    let title = panel["title"]?.string ?? ""
    let expressions = panel["targets"]?.array?.compactMap { $0["expr"]?.string } ?? []
    #expect(!expressions.isEmpty, "\(title) shows nothing")
    var results: [[Prometheus.Sample]] = []
    do {
      _ = try await eventually("data", within: .seconds(20), every: .milliseconds(500)) { () async throws -> Bool? in
        results = []
        for expression in expressions { results.append(try await samples(expression)) }
        let numbers = results.map { $0.map(\.value).filter(\.isFinite) }
        let isSeen = numbers.joined().contains { $0 > 0 } || Self.quietPanels.contains(title)
        return numbers.allSatisfy { !$0.isEmpty } && isSeen ? true : nil
      }
    } catch is DeadlineExceeded {
      Issue.record("\(title): \(expressions.map(bind)) give \(results)")
    }
  }

  private func samples(_ expression: String) async throws -> [Prometheus.Sample] {
    // What compares with yesterday is asked tomorrow.
    let later = expression.firstMatch(of: /offset ([0-9]+)d/).flatMap { Double($0.1) }.map { $0 * 86_400 } ?? 0
    return try await prometheus.values(bind(expression), later: later)
  }

  private func checkVariable(_ variable: JSONValue) async throws {
    let name = variable["name"]?.string ?? ""
    let definition = bind(variable["definition"]?.string ?? "")
    let match = try #require(definition.firstMatch(of: /^label_values\((.+), ([a-z]+)\)$/), "\(definition)")
    let values = try await prometheus.get("label/\(match.2)/values", ["match[]": String(match.1)])?.array ?? []
    #expect(values.contains(.string(name == "namespace" ? stage.namespace : "fraud")), "\(name): \(values)")
  }

  private func bind(_ expression: String) -> String {
    expression.replacingOccurrences(of: "$namespace", with: stage.namespace)
      .replacingOccurrences(of: "$model", with: "fraud")
  }
}
