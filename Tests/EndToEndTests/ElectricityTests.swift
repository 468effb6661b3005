import Foundation
import KubernetesModel
import Testing

/// New South Wales prices in time order (M. Harries, 1999): real concept drift, replayed through the running system.
struct Electricity: Sendable {
  static let features = ["period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer"]
  /// Rows the first version is trained on, and rows every later version sees at most: 208 days.
  static let history = 10_000
  static let chunk = 1_000

  struct Row: Sendable {
    var values: [String]
    var label: String
  }

  var rows: [Row]

  init() throws {
    let folder = try #require(Cluster.data)
    let text = try String(contentsOf: folder.appendingPathComponent("elec.csv"), encoding: .utf8)
    rows = text.split(whereSeparator: \.isNewline).dropFirst().map { line in
      let cells = line.split(separator: ",").map(String.init)
      return Row(values: Array(cells.dropLast()), label: cells.last ?? "")
    }
  }

  /// The file as a warehouse would hold it after `count` half hours: with the time that the original lacks.
  func csv(upTo count: Int) -> String {
    let start = 831_427_200.0  // 7 May 1996, where the recording begins
    let lines = rows.prefix(count).enumerated().map { index, row in
      "\(Int(start) + index * 1800),\(row.values.joined(separator: ",")),\(row.label)"
    }
    return "time,\(Self.features.joined(separator: ",")),class\n" + lines.joined(separator: "\n") + "\n"
  }

  func requests(_ range: Range<Int>) -> String {
    let items = range.map { index in
      let pairs = zip(Self.features, rows[index].values).map { "\"\($0)\":\($1)" }.joined(separator: ",")
      return "{\"request_id\":\"e\(index)\",\"features\":{\(pairs)}}"
    }
    return "{\"requests\":[\(items.joined(separator: ","))]}"
  }

  func feedback(_ range: Range<Int>) -> String {
    let items = range.map { "{\"request_id\":\"e\($0)\",\"label\":\"\(rows[$0].label)\"}" }
    return "{\"feedback\":[\(items.joined(separator: ","))]}"
  }

  static let resources = """
    apiVersion: apus.dev/v1alpha1
    kind: ModelDeployment
    metadata: {name: elec}
    spec:
      schema:
        target: {name: class, positive: "1"}
        timestamp: time
        features:
    \(features.map { "    - {name: \($0), type: numeric}" }.joined(separator: "\n"))
      training:
        source: {csv: {uri: "file:///var/lib/apus/data/elec.csv"}, window: 5000h}
        split: {validation: 0.1, test: 0.2}
      promotion:
        approval: Automatic
        minimum: {accuracy: 0.6, f1: 0.5, rocAUC: 0.6}
      serving: {replicas: 1}
    ---
    apiVersion: apus.dev/v1alpha1
    kind: MonitoringPolicy
    metadata: {name: elec}
    spec:
      modelRef: {name: elec}
      window: 1h
      maximumSamples: \(chunk)
      performance: {minimumAccuracy: 0.85, labelDelay: 1s}
      retraining:
        on: [CriticalDrift, PerformanceLoss]
        debounce: {failures: 1, of: 1}
        cooldown: 0s
        dailyLimit: 50
    """
}

@Suite(
  "Electricity prices replayed in time order", .serialized, .enabled(if: Cluster.hasData && Cluster.isLocal))
struct ElectricityTests {
  @Test("decay is found, retraining is promoted, and accuracy ends higher than that of the model left alone")
  func replay() async throws {
    let stage = try await Stage.open("elec")
    let data = try Electricity()
    let file = stage.storage.appendingPathComponent("data/elec.csv")
    try data.csv(upTo: Electricity.history).write(to: file, atomically: true, encoding: .utf8)
    try await stage.apply(Electricity.resources)
    try await stage.wait("md", "elec", condition: "Ready", within: .seconds(180))
    let url = try await stage.url(ofService: "elec")
    let alone = try await ServedModel(stage: stage, model: "elec", version: "v1")

    var right = 0
    var rightAlone = 0
    var served: Set<String> = []
    var start = Electricity.history
    while start < data.rows.count {
      let range = start..<min(start + Electricity.chunk, data.rows.count)
      let answer = try await stage.cluster.http("POST", url + "/predict/batch", body: data.requests(range))
      #expect(answer.status == 200)
      let responses = try JSONValue(parsing: answer.body)["responses"]?.array ?? []
      try #require(responses.count == range.count)
      for (index, response) in zip(range, responses) {
        if response["predicted_class"]?.string == data.rows[index].label { right += 1 }
        if let version = response["model_version"]?.string { served.insert(version) }
      }
      rightAlone += try alone.countRight(
        rows: range.map { data.rows[$0].values.compactMap(Double.init) }, labels: range.map { data.rows[$0].label },
        features: Electricity.features)
      let labels = try await stage.cluster.http("POST", url + "/feedback", body: data.feedback(range))
      #expect(labels.status == 200 || labels.status == 202, "\(labels.body)")
      try await stage.waitUntilRecorded(model: "elec")
      // The warehouse has the labelled rows before the check asks for a retraining.
      try data.csv(upTo: range.upperBound).write(to: file, atomically: true, encoding: .utf8)
      if range.upperBound < data.rows.count { try await checkAndSettle(stage, request: "after-\(range.upperBound)") }
      start = range.upperBound
    }
    let rest = Double(data.rows.count - Electricity.history)
    let accuracy = Double(right) / rest
    let left = Double(rightAlone) / rest
    print("electricity: with retraining \(accuracy), left alone \(left), versions served \(served.sorted())")
    #expect(served.count > 1, "at least one retraining was promoted")
    #expect(accuracy > left)
    await stage.close()
  }

  /// Asks for a check, waits until it is recorded, and until what it caused has come to its end.
  private func checkAndSettle(_ stage: Stage, request: String) async throws {
    try await stage.annotate("mp", "elec", "apus.dev/check-requested-at=\(request)")
    try await stage.wait(for: "check \(request) recorded", "mp", "elec", within: .seconds(90)) {
      let handled = $0[path: "status", "handled", "checkRequest"]?.string == request
      return handled && $0[path: "status", "runningCheck"]?.string == nil ? true : nil
    }
    let policy = try await stage.get("mp", "elec")
    let wanted = policy?[path: "status", "retraining", "request", "id"]?.string
    guard let wanted else { return }
    try await stage.wait(for: "retraining \(wanted) settled", "md", "elec", within: .seconds(120)) {
      let handled = $0[path: "status", "handled", "monitoringRequests", "elec"]?.string == wanted
      let running = $0[path: "status", "training", "state"]?.string == "Running"
      return handled && !running && $0.condition("Ready")?["status"]?.string == "True" ? true : nil
    }
  }
}
