import Foundation
import KubernetesModel
import TestSupport
import Testing

/// The loop that Apus is for, on the sample that the demo uses.
@Suite("Decay is found and healed", .serialized, .enabled(if: Cluster.isThere))
struct LoopTests {
  static let drift = ["--drift", "concept=1", "--drift", "covariate=0.3", "--drift-start", "15000"]

  @Test("a quiet check stays quiet, drift is detected, retrained once, promoted, and accuracy recovers")
  func loop() async throws {
    let stage = try await Stage.open("loop")
    let fraud = try await Fraud(on: stage)

    let before = try await fraud.traffic(first: 12_000, rows: 2_000)
    try await fraud.check("quiet")
    let quiet = try #require(try await stage.get("mp", "fraud"))
    #expect(quiet.condition("Healthy")?["status"]?.string == "True", "\(quiet["status"]?.text ?? "")")
    #expect(quiet[path: "status", "drift"]?.string == "none")

    let during = try await fraud.traffic(first: 15_000, rows: 4_000, drift: Self.drift)
    #expect(during < before - 0.05, "drift hurts: \(before) → \(during)")
    try await stage.apus(
      ["simulate", "data", "--append", "--first", "12000", "--rows", "7000", "--output", fraud.file.path] + Self.drift)
    try await fraud.check("drift-1")
    let first = try #require(try await stage.get("mp", "fraud"))
    #expect(first.condition("DriftDetected")?["status"]?.string == "True")
    #expect(first[path: "status", "retraining", "decision", "reason"]?.string == "Debouncing")
    #expect(first[path: "status", "retraining", "request"] == nil, "once is an accident")
    try await fraud.check("drift-2")
    try await stage.wait(for: "v2 in production", "md", "fraud", within: .seconds(180)) {
      $0[path: "status", "version"]?.string == "v2" && $0.condition("Ready")?["status"]?.string == "True" ? true : nil
    }
    let after = try await fraud.traffic(first: 19_000, rows: 2_000, drift: Self.drift)
    #expect(after > during + 0.05, "the new version heals: \(during) → \(after)")

    // Cooling down: what fires now is told and not acted upon, and v2 is not trained again.
    let versions = try await stage.list("mv", selector: "apus.dev/model=fraud")
    #expect(versions.count == 2)
    let stages = versions.compactMap { $0[path: "status", "stage"]?.string }.sorted()
    #expect(stages == ["Archived", "Production"])
    // Events are written beside the reconcile: a moment later at most.
    _ = try await eventually("an Event tells why", within: .seconds(20)) { () async throws -> Bool? in
      let described = try await stage.kubectl("describe", "mp", "fraud").text
      return described.contains("RetrainingRequested") ? true : nil
    }
    await stage.close()
  }

  @Test("the operator and a server are killed in the middle of a training; everything converges and nothing is doubled")
  func killed() async throws {
    let stage = try await Stage.open("killed")
    let fraud = try await Fraud(on: stage)
    try await stage.annotate("md", "fraud", "apus.dev/retrain-requested-at=now")
    try await stage.wait(for: "the request is taken", "md", "fraud") {
      $0[path: "status", "handled", "retrainRequest"]?.string == "now" ? true : nil
    }
    try await stage.cluster.kubectl(
      "-n", "apus-system", "delete", "pod", "-l", "app.kubernetes.io/component=operator", "--grace-period=0", "--force")
    try await stage.kubectl("delete", "pod", "-l", "apus.dev/component=server", "--grace-period=0", "--force")
    try await stage.wait(for: "the second training is judged", "mv", "fraud-v2", within: .seconds(180)) {
      $0[path: "status", "stage"]?.string.flatMap { $0 == "Candidate" ? nil : $0 }
    }
    try await stage.wait("md", "fraud", condition: "Ready", within: .seconds(120))
    #expect(try await stage.list("mv", selector: "apus.dev/model=fraud").count == 2)
    #expect(try await stage.list("jobs", selector: "apus.dev/model=fraud,apus.dev/component=train").count == 2)
    // A server came back with the version that was in production, and answers.
    let accuracy = try await fraud.traffic(first: 12_000, rows: 500)
    #expect(accuracy > 0.9)
    await stage.close()
  }

  @Test("deleting a model takes its objects with it, and with spec.deletion: Delete its data; a namesake begins anew")
  func deletion() async throws {
    let stage = try await Stage.open("deletion")
    var fraud = try await Fraud(on: stage)
    try await stage.kubectl("patch", "md", "fraud", "--type=merge", "-p", #"{"spec": {"deletion": "Delete"}}"#)
    _ = try await fraud.traffic(first: 12_000, rows: 500)
    try await fraud.check("before")
    try await stage.wait(for: "the version is kept for the removal", "mv", "fraud-v1") {
      $0[path: "metadata", "finalizers"]?.array?.contains("apus.dev/data")
    }
    #expect(try files(stage, "artifacts/sha256").count == 1 && files(stage, "artifacts/reports").count == 1)
    try await stage.kubectl("delete", "md", "fraud", "--timeout=60s")
    // The same again at once: the data and the digest are the same, and its files must be there in the end.
    fraud = try await Fraud(on: stage)
    let told = try await eventually("what was removed is told", within: .seconds(120)) { () async throws -> String? in
      let events = try await stage.list("events").filter { $0["reason"] == "DataRemoved" }
      return events.first?["message"]?.string
    }
    #expect(told.contains("1 report and the files of 1 version"), "\(told)")
    let rows = try #require(told.firstMatch(of: /removed ([0-9]+) rows/).flatMap { Int($0.1) })
    #expect(rows >= 1_000, "500 predictions with their labels: \(told)")
    #expect(try files(stage, "artifacts/sha256").count == 1 && files(stage, "artifacts/reports").isEmpty)
    #expect(try await stage.list("mv").map { $0[path: "metadata", "deletionTimestamp"] == nil } == [true])
    for resource in ["jobs", "configmaps"] {
      #expect(try await stage.list(resource, selector: "apus.dev/component=remove").isEmpty, "\(resource)")
    }
    #expect(try await fraud.traffic(first: 12_000, rows: 200) > 0.9)

    // This one keeps its data. A version that its model has let go of goes when somebody deletes it.
    try await stage.kubectl("patch", "md", "fraud", "--type=merge", "-p", #"{"spec": {"deletion": "Delete"}}"#)
    let version = try #require(try await stage.list("mv").first?[path: "metadata", "name"]?.string)
    try await stage.wait(for: "the version is kept for the removal", "mv", version) {
      $0[path: "metadata", "finalizers"]?.array?.contains("apus.dev/data")
    }
    try await stage.kubectl("delete", "md", "fraud", "--cascade=orphan", "--timeout=60s")
    try await stage.kubectl("delete", "mv", version, "--timeout=60s")
    for resource in ["deployments", "services", "jobs", "configmaps"] {
      try await stage.kubectl("delete", resource, "-l", "apus.dev/model=fraud", "--timeout=60s")
    }
    for resource in ["deployments", "services", "jobs", "pods", "mv"] {
      _ = try await eventually("\(resource) of the model are gone", within: .seconds(90)) { () async throws -> Bool? in
        try await stage.list(resource, selector: "apus.dev/model=fraud").isEmpty ? true : nil
      }
    }
    #expect(try files(stage, "artifacts/sha256").count == 1)
    await stage.close()
  }

  private func files(_ stage: Stage, _ folder: String) throws -> [String] {
    let place = stage.storage.appendingPathComponent(folder).path
    return FileManager.default.fileExists(atPath: place)
      ? try FileManager.default.contentsOfDirectory(atPath: place) : []
  }
}

/// The sample `manifests/samples/fraud.yaml`, trained and served.
struct Fraud: Sendable {
  let stage: Stage
  let file: URL

  /// - Parameter isAwaited: return when it is served, not as soon as it is asked for.
  init(on stage: Stage, isAwaited: Bool = true) async throws {
    self.stage = stage
    file = stage.storage.appendingPathComponent("data/fraud.csv")
    try await stage.apus(["simulate", "data", "--rows", "12000", "--output", file.path])
    let sample = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
      .appendingPathComponent("manifests/samples/fraud.yaml")
    // Checks are asked for here: one by the clock, at the half hour, would be one too many.
    let text = try String(contentsOf: sample, encoding: .utf8)
    let quiet = text.replacingOccurrences(of: "*/30 * * * *", with: "0 0 29 2 *")
    #expect(quiet != text)
    try await stage.apply(quiet)
    if isAwaited { try await stage.wait("md", "fraud", condition: "Ready", within: .seconds(240)) }
  }

  /// Sends rows with their labels; the accuracy of the answers.
  func traffic(first: Int, rows: Int, drift: [String] = []) async throws -> Double {
    let output = try await stage.apus(
      [
        "simulate", "traffic", "--quiet", "--url", stage.url(ofService: "fraud"), "--first", String(first), "--rows",
        String(rows), "--prefix", "r\(first)",
      ] + drift)
    try await stage.waitUntilRecorded(model: "fraud")
    let line = try #require(output.text.split(separator: "\n").last)
    let percent = try #require(line.firstMatch(of: /accuracy ([0-9.]+) %/))
    return (Double(percent.1) ?? .nan) / 100
  }

  /// Asks for a check and waits until it is recorded.
  func check(_ name: String) async throws {
    try await stage.annotate("mp", "fraud", "apus.dev/check-requested-at=\(name)")
    try await stage.wait(for: "check \(name) recorded", "mp", "fraud", within: .seconds(120)) {
      $0[path: "status", "handled", "checkRequest"]?.string == name && $0[path: "status", "runningCheck"] == nil
        ? true : nil
    }
  }
}

extension Stage {
  @discardableResult
  func apus(_ arguments: [String]) async throws -> Output { try await cluster.apus(arguments) }
}
