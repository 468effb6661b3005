import Engine
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
  private static let day = 86_400.0

  /// With a retention of two days and more whole days (UTC) go, which a database with a table for each day drops at once.
  static func bound(_ retention: Double, now: Double) -> Double {
    let bound = now - retention
    return retention < 2 * day ? bound : (bound / day).rounded(.down) * day
  }

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
    let model = ModelKey(table)
    do throws(TelemetryError) {
      var deleted = 0
      while !Task.isCancelled {
        let count = try await store.deletePredictions(
          of: model, before: Self.bound(table.logging.retention.seconds, now: clock()), limit: Self.step)
        deleted += count
        if count == 0 { break }
      }
      if deleted > 0 { logger.info("old predictions were deleted", metadata: ["rows": "\(deleted)"]) }
    } catch {
      logger.warning("old predictions were not deleted", metadata: ["reason": "\(error)"])
    }
  }
}
