import ArgumentParser
import ClusterState
import Foundation
import HTTPTransport
import KubernetesModel
import LocalCluster
import Logging
import ServiceLifecycle

/// The operator against thousands of settled models: how long it takes to know them, what it needs to keep them, and how
/// quickly it answers when somebody changes one.
@main
struct ControllerBenchmark: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "controller-benchmark",
    abstract: "Runs the operator against an API server with many settled models, and prints a Markdown table.")

  @Option(help: "The operator's program.")
  var `operator`: String

  @Option(help: "The folder with the CRDs.")
  var crds = "crds"

  @Option(help: "ModelDeployments, each with its policy, version and all that belongs to them.")
  var models = 10_000

  @Option(help: "How many edits to time.")
  var edits = 300

  @Option(help: "Where the settled cluster is kept between runs.")
  var snapshot: String?

  @Flag(help: "Make the snapshot and measure nothing.")
  var prepare = false

  @Option(help: "Seconds of quiet, in which nothing may be written.")
  var idle = 20

  @Flag(help: "Keep the operator running after each phase until a line is read, for a profiler.")
  var pause = false

  func run() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("apus-benchmark-\(getpid())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let file = snapshot
    if file.map({ !FileManager.default.fileExists(atPath: $0) }) ?? true {
      let settled = try await settle(folder)
      if let file { try Population.save(settled, to: file) }
      if !prepare { try await measure(settled, folder) }
    } else if let file, !prepare {
      try await measure(try Population.load(file), folder)
    }
  }

  private func note(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

  // MARK: Preparation

  /// One model is brought up by the operator, multiplied, and looked at once more by the operator until it has nothing
  /// left to write.
  private func settle(_ folder: String) async throws -> ClusterState {
    let seed = BenchmarkCluster(ClusterState(BenchmarkCluster.circumstances()))
    try await Population.begin(seed, crds: crds)
    try await Population.post(seed, Population.group("modeldeployments"), Population.template)
    try await Population.post(seed, Population.group("monitoringpolicies"), Population.policy)
    let one = try await Stage.run(seed, folder, `operator`) { stage in
      try await stage.quiet(seconds: 4)
      return await seed.state
    }
    note("one model is settled: \(Self.inventory(one))")
    let many = BenchmarkCluster(try Population.multiply(one, by: models))
    return try await Stage.run(many, folder, `operator`) { stage in
      try await stage.ready()
      try await stage.quiet(seconds: 6)
      let tally = await many.tally
      note("\(models) models are settled after \(tally.writes) writes")
      return await many.state
    }
  }

  private static func inventory(_ state: ClusterState) -> String {
    state.objects.filter { !$0.value.isEmpty && !["namespaces", "serviceaccounts"].contains($0.key.resource) }
      .map { "\($0.value.count) \($0.key.resource)" }.sorted().joined(separator: ", ")
  }

  // MARK: Measurement

  private func measure(_ settled: ClusterState, _ folder: String) async throws {
    let cluster = BenchmarkCluster(settled)
    var report = Report(models: models)
    let watched = [
      "modeldeployments", "monitoringpolicies", "modelversions", "jobs", "pods", "deployments", "services",
      "configmaps",
    ]
    report.objects = settled.objects.filter { watched.contains($0.key.resource) }.reduce(0) { $0 + $1.value.count }
    try await Stage.run(cluster, folder, `operator`) { stage in
      let process = stage.process
      try await stage.ready()
      report.sync = ContinuousClock.now - process.started
      report.memoryAtSync = process.memory("VmRSS")
      report.tallyAtSync = await cluster.tally
      note("synced after \(report.sync), \(report.memoryAtSync) MB")
      try await stage.quiet(seconds: 2)
      report.firstLook = process.processorTime
      report.memoryAfterFirstLook = process.memory("VmRSS")
      let counted = try await process.values(of: "controller_runtime_reconcile_total")
      report.firstReconciles = counted
      report.memoryAfterScrape = process.memory("VmRSS")
      note(
        "first look: \(counted) reconciles, \(report.firstLook) s, \(report.memoryAfterFirstLook) MB, scraped \(report.memoryAfterScrape) MB"
      )
      hold()

      // Nothing happens.
      let before = await cluster.tally
      let idleTime = process.processorTime
      try await Task.sleep(for: .seconds(idle))
      let after = await cluster.tally
      report.idleSeconds = Double(idle)
      report.idleProcessorTime = process.processorTime - idleTime
      report.idleWrites = after.writes - before.writes
      report.idleRequests = after.requests.merging(before.requests) { $0 - $1 }.filter { $0.value != 0 }
      report.idleBytes = after.bytesIn + after.bytesOut - before.bytesIn - before.bytesOut

      // Every model is touched in a way that calls for nothing.
      let touched = await cluster.tally
      let touchTime = process.processorTime
      for number in 0..<models {
        await cluster.happen(Self.touch(number))
        // A burst as fast as the server can tell it, but not one that leaves the watch behind.
        if number % 500 == 499 { try await Task.sleep(for: .milliseconds(20)) }
      }
      try await stage.quiet(seconds: 2)
      report.touchProcessorTime = process.processorTime - touchTime
      report.touchWrites = await cluster.tally.writes - touched.writes
      report.touchReconciles = try await process.values(of: "controller_runtime_reconcile_total") - counted
      note(
        "touched: \(report.touchReconciles) reconciles in \(report.touchProcessorTime) s, \(report.touchWrites) writes")
      hold()

      report.latencies = try await timeEdits(cluster, stage)
      try await stage.quiet(seconds: 2)
      report.memoryAfterEdits = process.memory("VmRSS")
      note("edits: \(report.latencies.sorted()[report.latencies.count / 2])")
      hold()

      // The API server starts anew: everything is listed once more.
      let lists = await cluster.tally.requests["list"] ?? 0
      await cluster.restart()
      try await stage.until("everything is listed again") {
        await (cluster.tally.requests["list"] ?? 0) >= lists + watched.count
      }
      try await stage.quiet(seconds: 3)
      report.memoryAfterRelist = process.memory("VmRSS")
      report.memoryPeak = process.memory("VmHWM")
      report.stop = stage.process.stop()
    }
    print(report.markdown)
  }

  private func hold() {
    if pause { _ = readLine() }
  }

  private static func modelPath(_ number: Int) -> String {
    "/apis/apus.dev/v1alpha1/namespaces/\(Population.namespace(of: number))/modeldeployments/"
      + Population.modelName(number)
  }

  private static func touch(_ number: Int) -> ReceivedRequest {
    ReceivedRequest(
      .patch, path: modelPath(number).split(separator: "/").map(String.init),
      contentType: "application/merge-patch+json", userAgent: "kubectl",
      body: ["metadata": ["annotations": ["example.com/touched": .string(Clock.text)]]])
  }

  /// Milliseconds from an edit's sending to the operator's write.
  private func timeEdits(_ cluster: BenchmarkCluster, _ stage: Stage) async throws -> [Double] {
    let client = try CurlTransport()
    var latencies: [Double] = []
    for edit in 0..<edits {
      let number = edit * 7919 % models
      let key = "deployments/\(Population.namespace(of: number))/\(Population.modelName(number))"
      let replicas = edit / models % 2 == 0 ? 2 : 1
      async let written = cluster.nextWrite(key)
      try await Task.sleep(for: .milliseconds(30))
      let sent = ContinuousClock.now
      let response = try await client.send(
        HTTPRequest(
          .patch, url: "http://127.0.0.1:\(stage.port)" + Self.modelPath(number),
          headers: ["Content-Type": "application/merge-patch+json"],
          body: Array("{\"spec\":{\"serving\":{\"replicas\":\(replicas)}}}".utf8)))
      guard response.isSuccess else { throw BenchmarkFailure("an edit was refused: \(response.text)") }
      let arrival = await written
      latencies.append((arrival - sent).milliseconds)
    }
    return latencies
  }
}

extension Duration {
  var milliseconds: Double { Double(components.seconds) * 1000 + Double(components.attoseconds) / 1e15 }
}
