import Tabular
import WorkerContract
package import Logging
import ServiceLifecycle
package import Telemetry

/// Reads from time to time how the versions do, as labels come in at any server and in any order: from the telemetry
/// store, so that every server shows the same and a restart loses nothing.
package struct PerformanceRefresher: Service {
  private let store: any PredictionReader
  private let holder: ServingHolder
  private let metrics: ServingMetrics
  private let interval: Duration
  private let clock: @Sendable () -> Double
  private let logger: Logger

  /// The rolling window: the latest predictions, none older than a day.
  package static let windowSeconds = 86_400.0
  package static let windowPredictions = 20_000

  package init(
    store: any PredictionReader, holder: ServingHolder, metrics: ServingMetrics, interval: Duration,
    clock: @escaping @Sendable () -> Double, logger: Logger
  ) {
    self.store = store
    self.holder = holder
    self.metrics = metrics
    self.interval = interval
    self.clock = clock
    self.logger = logger
  }

  package func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        await refresh()
        try? await Task.sleep(for: interval)
      }
    }
  }

  private func refresh() async {
    guard let state = holder.state, let target = state.production?.target else { return }
    let model = ModelKey(namespace: state.table.namespace, model: state.table.model)
    do throws(TelemetryError) {
      let counts = try await store.outcomes(
        of: model, from: clock() - Self.windowSeconds, limit: Self.windowPredictions)
      metrics.show(VersionPerformance.of(counts, positive: target.isBinary ? target.positiveClass : nil))
    } catch {
      logger.debug("performance was not read", metadata: ["reason": "\(error)"])
    }
  }
}
