import ApusAPI
import Foundation
import Exposition
import KubernetesModel
import Serving
import TestSupport
import Testing

@Suite("Rules, scrape configurations and dashboards")
struct ObservabilityTests {
  /// Every name that the code exposes, with the series of histograms.
  static let exposed: Set<String> = {
    var names = Set(OperatorMetric.all.map(\.name))
    for metric in ServingMetricTable.all {
      names.insert(metric.name)
      if metric.kind == .histogram {
        for suffix in ["_bucket", "_sum", "_count"] { names.insert(metric.name + suffix) }
      }
    }
    return names
  }()

  /// Metric names in an expression: words of our prefix.
  private static func metrics(in expression: String) -> [String] {
    expression.matches(of: /apus_[a-z0-9_]+/).map { String($0.output) }
  }

  private static func alerts() throws -> [JSONValue] {
    try Repository.documents("prometheus/rules.yaml")[0]["groups"]?.array?.flatMap { $0["rules"]?.array ?? [] } ?? []
  }

  private static func panels() throws -> [(title: String, expression: String)] {
    var found: [(String, String)] = []
    for path in try Repository.files("grafana/dashboards", ending: ".json") {
      let board = try JSONValue(parsing: Repository.text(path))
      for panel in board["panels"]?.array ?? [] {
        for target in panel["targets"]?.array ?? [] {
          found.append((panel["title"]?.string ?? "", target["expr"]?.string ?? ""))
        }
      }
    }
    return found
  }

  @Test("ask for metrics only that the code exposes")
  func names() throws {
    let alerts = try Self.alerts()
    let panels = try Self.panels()
    #expect(alerts.count >= 17)
    #expect(panels.count >= 20)
    for alert in alerts {
      for name in Self.metrics(in: alert["expr"]?.string ?? "") {
        #expect(Self.exposed.contains(name), "\(alert["alert"]?.string ?? ""): \(name)")
      }
    }
    for panel in panels {
      for name in Self.metrics(in: panel.expression) { #expect(Self.exposed.contains(name), "\(panel.title): \(name)") }
    }
  }

  @Test("have a page for each alert, and an alert for each page")
  func runbooks() throws {
    let named = try Self.alerts().compactMap { $0["alert"]?.string }
    let pages = try Repository.files("docs/runbooks", ending: ".md").map {
      String($0.dropFirst("docs/runbooks/".count).dropLast(3))
    }
    #expect(named.sorted() == pages)
    for alert in try Self.alerts() {
      let name = alert["alert"]?.string ?? ""
      #expect(alert[path: "annotations", "runbook_url"]?.string?.hasSuffix("/runbooks/\(name)") == true)
      #expect(["info", "warning", "critical"].contains(alert[path: "labels", "severity"]?.string))
    }
  }

  @Test("have a row each for traffic, model performance, drift and quality")
  func rows() throws {
    let board = try JSONValue(parsing: Repository.text("grafana/dashboards/model.json"))
    let rows = board["panels"]?.array?.filter { $0["type"] == "row" }.compactMap { $0["title"]?.string }
    #expect(rows == ["Traffic", "Model performance", "Drift", "Quality"])
    let ids = board["panels"]?.array?.compactMap { $0["id"]?.integer } ?? []
    #expect(Set(ids).count == ids.count)
  }

  @Test("are explained: the documentation shows the operator's table")
  func operatorTable() throws {
    let text = try Repository.text("docs/metrics.md")
    #expect(
      text.contains(OperatorMetric.markdown), "docs/metrics.md needs this table:\n\(OperatorMetric.markdown)")
  }

  /// Only the way to the targets differs; Tests/EndToEndTests compares what the two ways find.
  @Test("scrape the same way beside a local cluster and in one")
  func scrapeConfigurationsAgree() throws {
    let jobs = try ["prometheus/local.yaml", "prometheus/prometheus.yaml"].map { path -> [JSONValue] in
      (try Repository.documents(path)[0]["scrape_configs"]?.array ?? []).map { job in
        var job = job
        for key in ["file_sd_configs", "kubernetes_sd_configs", "relabel_configs"] { job[key] = nil }
        return job
      }
    }
    #expect(jobs[0] == jobs[1])
    #expect(jobs[0].count == 2)
  }

  // MARK: promtool

  static let hasPromtool = Tool.promtool != nil

  @Test("fire when they should and are quiet when all is well", .enabled(if: hasPromtool, "needs promtool"))
  func ruleTests() async throws {
    let promtool = try #require(Tool.promtool)
    let result = try await Tool.run(promtool, ["test", "rules", "prometheus/tests/rules.yaml"])
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }

  @Test("have a test for each alert")
  func everyAlertIsTested() throws {
    let tests = try Repository.documents("prometheus/tests/rules.yaml")[0]["tests"]?.array ?? []
    let fired = tests.flatMap { $0["alert_rule_test"]?.array ?? [] }.filter {
      $0["exp_alerts"]?.array?.isEmpty == false
    }
    let names = Set(fired.compactMap { $0["alertname"]?.string })
    #expect(names == Set(try Self.alerts().compactMap { $0["alert"]?.string }))
  }

  @Test("of dashboards parse", .enabled(if: hasPromtool, "needs promtool"))
  func dashboardExpressions() async throws {
    let promtool = try #require(Tool.promtool)
    let rules = try Self.panels().enumerated().map { index, panel -> JSONValue in
      let expression = panel.expression.replacing("$namespace", with: "a").replacing("$model", with: "b")
      return ["record": .string("panel:\(index)"), "expr": .string(expression)]
    }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("panels-\(UUID().uuidString).yaml")
    defer { try? FileManager.default.removeItem(at: file) }
    // JSON is YAML.
    let groups: JSONValue = ["groups": [["name": "panels", "rules": .array(rules)]]]
    try Data(groups.text.utf8).write(to: file)
    let result = try await Tool.run(promtool, ["check", "rules", file.path])
    #expect(result.status == 0, "\(result.output)\(result.errors)")
  }

  @Test("of Prometheus are accepted by it", .enabled(if: hasPromtool, "needs promtool"))
  func configurations() async throws {
    let promtool = try #require(Tool.promtool)
    let local = try await Tool.run(promtool, ["check", "config", "--syntax-only", "prometheus/local.yaml"])
    #expect(local.status == 0, "\(local.output)\(local.errors)")
    // Distributions build Prometheus without the discovery in Kubernetes: the rest is checked then.
    let cluster = try await Tool.run(promtool, ["check", "config", "prometheus/prometheus.yaml"])
    if cluster.errors.contains("kubernetes_sd_configs not found")
      || cluster.output.contains("kubernetes_sd_configs not found")
    {
      var configuration = try Repository.documents("prometheus/prometheus.yaml")[0]
      let jobs = (configuration["scrape_configs"]?.array ?? []).map { job -> JSONValue in
        var job = job
        #expect(job["kubernetes_sd_configs"]?.array?.isEmpty == false)
        job["kubernetes_sd_configs"] = nil
        return job
      }
      configuration["scrape_configs"] = .array(jobs)
      configuration["rule_files"] = nil
      let file = FileManager.default.temporaryDirectory.appendingPathComponent("scrape-\(UUID().uuidString).yaml")
      defer { try? FileManager.default.removeItem(at: file) }
      try Data(configuration.text.utf8).write(to: file)
      let rest = try await Tool.run(promtool, ["check", "config", file.path])
      #expect(rest.status == 0, "\(rest.output)\(rest.errors)")
    } else {
      #expect(cluster.status == 0, "\(cluster.output)\(cluster.errors)")
    }
  }
}
