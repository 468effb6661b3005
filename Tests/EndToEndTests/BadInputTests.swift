import Foundation
import KubernetesModel
import Testing

/// One way to get it wrong, and what a person must be told.
struct BadInput: Sendable, CustomTestStringConvertible {
  var sentence: String
  var name: String
  /// Changes the good model's text.
  var change: @Sendable (String) -> String = { $0 }
  /// Lines of the CSV; nil: no file at all.
  var csv: [String]?
  var reason: String
  /// All of these must be in the message.
  var message: [String]

  var testDescription: String { sentence }

  static let header = "a,b,outcome"
  static let goodRows = (0..<200).map { "\($0 % 17),\($0 % 3 == 0 ? "red" : "blue"),\($0 % 2)" }

  static let table: [BadInput] = [
    BadInput(
      sentence: "a file that is not there", name: "unreadable", csv: nil, reason: "SourceUnreadable",
      message: ["spec.training.source.csv.uri", "unreadable.csv"]),
    BadInput(
      sentence: "a target column that the file lacks", name: "no-target",
      change: { $0.replacingOccurrences(of: "target: {name: outcome}", with: "target: {name: churned}") },
      csv: [header] + goodRows, reason: "TargetColumnMissing", message: ["spec.schema.target.name", "churned"]),
    BadInput(
      sentence: "a label with one class", name: "one-class",
      csv: [header] + goodRows.map { $0.dropLast() + "1" }, reason: "SingleClass", message: ["spec.schema.target", "1"]),
    BadInput(
      sentence: "a file without rows", name: "no-rows", csv: [header], reason: "NoRows",
      message: ["spec.training.source"]),
    BadInput(
      sentence: "a feature that is always missing", name: "always-missing",
      csv: [header] + goodRows.map { "," + $0.split(separator: ",").dropFirst().joined(separator: ",") },
      reason: "FeatureAlwaysMissing", message: ["a"]),
    BadInput(
      sentence: "a malformed cron expression", name: "bad-cron",
      change: {
        $0.replacingOccurrences(of: "deadline: 5m", with: "deadline: 5m\n    schedule: {cron: \"0 25 * * *\"}")
      },
      csv: [header] + goodRows, reason: "InvalidSpec", message: ["spec.training.schedule.cron", "25"]),
  ]

  var model: String {
    change(
      """
      apiVersion: apus.dev/v1alpha1
      kind: ModelDeployment
      metadata: {name: \(name)}
      spec:
        schema:
          target: {name: outcome}
          features:
          - {name: a, type: numeric, nullable: true}
          - {name: b, type: categorical}
        training:
          source: {csv: {uri: "file:///var/lib/apus/data/\(name).csv"}}
          deadline: 5m
          retries: 2
      """)
  }
}

@Suite("Bad input gets a condition that says what, where and how to mend it", .enabled(if: Cluster.isThere))
struct BadInputTests {
  @Test("All of them, side by side in one namespace")
  func table() async throws {
    let stage = try await Stage.open("bad")
    for bad in BadInput.table {
      if let csv = bad.csv {
        try (csv.joined(separator: "\n") + "\n").write(
          to: stage.storage.appendingPathComponent("data/\(bad.name).csv"), atomically: true, encoding: .utf8)
      }
      try await stage.apply(bad.model)
    }
    for bad in BadInput.table {
      let ready = try await stage.wait("md", bad.name, condition: "Ready", "False", reason: bad.reason)
      let message = ready["message"]?.string ?? ""
      for part in bad.message { #expect(message.contains(part), "\(bad.sentence): \(message)") }
      let stalled = try await stage.get("md", bad.name)?.condition("Stalled")
      #expect(stalled?["status"]?.string == "True", "\(bad.sentence) is stalled")
    }
    // Nothing is tried for ever: one Job at most for each, and no pod that still runs.
    for bad in BadInput.table {
      let jobs = try await stage.list("jobs", selector: "apus.dev/model=\(bad.name)")
      #expect(jobs.count <= 1, "\(bad.sentence): \(jobs.count) jobs")
      let running = try await stage.list("pods", selector: "apus.dev/model=\(bad.name)").filter {
        $0[path: "status", "phase"]?.string == "Running"
      }
      #expect(running.isEmpty, "\(bad.sentence)")
    }
    await stage.close()
  }

  @Test("An unknown algorithm is refused with the field's name")
  func unknownAlgorithm() async throws {
    let stage = try await Stage.open("unknown")
    let bad = BadInput.table[0].model + "\n    algorithm: {deepLearning: {}}"
    let applied = try await stage.kubectl("apply", "-f", "-", input: bad, allowFailure: true)
    if applied.status == 0 {
      // An API server that prunes unknown fields (before 1.25) lets it through: then the operator says it.
      let ready = try await stage.wait("md", "unreadable", condition: "Ready", "False", reason: "InvalidSpec")
      #expect(ready["message"]?.string?.contains("spec.training.algorithm") == true)
    } else {
      #expect(applied.errors.contains("spec.training.algorithm"), "\(applied.errors)")
    }
    await stage.close()
  }
}
