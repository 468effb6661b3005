import Foundation

/// The figures of a run, as a table.
struct Report: Sendable {
  let models: Int
  var objects = 0
  var sync = Duration.zero
  var tallyAtSync = Tally()
  var memoryAtSync = 0.0
  var firstLook = 0.0
  var firstReconciles = 0.0
  var memoryAfterFirstLook = 0.0
  var memoryAfterScrape = 0.0
  var idleSeconds = 0.0
  var idleProcessorTime = 0.0
  var idleWrites = 0
  var idleRequests: [String: Int] = [:]
  var idleBytes = 0
  var touchProcessorTime = 0.0
  var touchReconciles = 0.0
  var touchWrites = 0
  var latencies: [Double] = []
  var memoryAfterEdits = 0.0
  var memoryAfterRelist = 0.0
  var memoryPeak = 0.0
  var stop = Duration.zero

  init(models: Int) { self.models = models }

  private func percentile(_ share: Double) -> Double {
    let sorted = latencies.sorted()
    return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
  }

  private static func text(_ value: Double, _ digits: Int = 1) -> String { String(format: "%.\(digits)f", value) }

  var markdown: String {
    let requests = idleRequests.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", ")
    let rows: [(String, String)] = [
      ("objects in the caches", "\(objects)"),
      ("time to sync", "\(Self.text(sync.milliseconds / 1000)) s"),
      (
        "requests and bytes to sync",
        "\(tallyAtSync.requests.values.reduce(0, +)), \(Self.text(Double(tallyAtSync.bytesOut) / 1_000_000, 0)) MB"
      ),
      ("resident memory, synced", "\(Self.text(memoryAtSync, 0)) MB"),
      (
        "first look at everything",
        "\(Int(firstReconciles)) reconciles, \(Self.text(firstLook)) s of processor time, the sync included"
      ),
      ("resident memory after it", "\(Self.text(memoryAfterFirstLook, 0)) MB"),
      ("resident memory after a scrape of /metrics", "\(Self.text(memoryAfterScrape, 0)) MB"),
      (
        "nothing happens for \(Int(idleSeconds)) s",
        "\(idleWrites) writes, \(requests.isEmpty ? "no request" : requests) from the operator, \(idleBytes) bytes, "
          + "\(Self.text(idleProcessorTime * 1000 / max(1, idleSeconds))) ms of processor time a second"
      ),
      (
        "idle reconciles",
        "\(Self.text(touchReconciles / max(0.001, touchProcessorTime), 0)) a second of processor time "
          + "(\(Int(touchReconciles)) after \(models) events, which are counted in; \(touchWrites) writes)"
      ),
      (
        "edit to write, \(latencies.count) edits",
        "p50 \(Self.text(percentile(0.5))) ms, p99 \(Self.text(percentile(0.99))) ms, "
          + "longest \(Self.text(latencies.max() ?? 0)) ms"
      ),
      ("resident memory after the edits", "\(Self.text(memoryAfterEdits, 0)) MB"),
      (
        "resident memory after a relist of everything",
        "\(Self.text(memoryAfterRelist, 0)) MB (highest ever \(Self.text(memoryPeak, 0)) MB)"
      ),
      ("SIGTERM to exit", "\(Self.text(stop.milliseconds, 0)) ms"),
    ]
    return "| \(models) ModelDeployments, each with a policy, a version, servers and runs | |\n|---|---|\n"
      + rows.map { "| \($0.0) | \($0.1) |" }.joined(separator: "\n")
  }
}
