import KubernetesModel
import TestSupport

extension Stage {
  /// Waits until no prediction or label waits in a server's memory: what a check may read is complete.
  func waitUntilRecorded(model: String) async throws {
    _ = try await eventually(
      "every prediction of \(model) is recorded", within: .seconds(30), every: .milliseconds(100)
    ) {
      () async throws -> Bool? in
      for pod in try await list("pods", selector: "apus.dev/model=\(model),apus.dev/component=server") {
        guard let address = pod[path: "status", "podIP"]?.string else { return nil }
        // A server that has just been killed answers again soon.
        guard let metrics = try? await cluster.http("GET", "http://\(address):8081/metrics").body else { return nil }
        let line = metrics.split(separator: "\n").first { $0.hasPrefix("apus_log_buffered_rows ") }
        guard let value = line?.split(separator: " ").last.flatMap({ Double($0) }), value == 0 else { return nil }
      }
      return true
    }
  }
}
