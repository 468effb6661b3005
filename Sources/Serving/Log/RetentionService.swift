import WorkerContract
import Logging
import ServiceLifecycle
import Telemetry

/// Deletes predictions that are older than the routing table's retention, in small steps, so that no writer waits long.
struct RetentionService: Service {
  let store: any RetentionSweeper
  let holder: ServingHolder
  let interval: Duration
  let clock: @Sendable () -> Double
  let logger: Logger

  private static let step = 2_000

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        try? await Task.sleep(for: interval)
        if !Task.isCancelled { await sweep() }
      }
    }
  }

  private func sweep() async {
    guard let table = holder.state?.table else { return }
    let model = ModelKey(namespace: table.namespace, model: table.model)
    do throws(TelemetryError) {
      var deleted = 0
      while !Task.isCancelled {
        let count = try await store.deletePredictions(
          of: model, before: clock() - table.logging.retention.seconds, limit: Self.step)
        deleted += count
        if count == 0 { break }
      }
      if deleted > 0 { logger.info("old predictions were deleted", metadata: ["rows": "\(deleted)"]) }
    } catch {
      logger.warning("old predictions were not deleted", metadata: ["reason": "\(error)"])
    }
  }
}
