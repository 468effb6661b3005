import Engine
import Tabular
import WorkerContract
import Logging
import ServiceLifecycle
import Telemetry

/// Reads from time to time how the versions do, as labels come in at any server and in any order: from the telemetry
/// store, so that every server shows the same and a restart loses nothing.
struct PerformanceRefresher: Service {
  private let store: any PredictionReader
  private let holder: ServingHolder
  private let metrics: ServingMetrics
  private let interval: Duration
  private let clock: @Sendable () -> Double
  private let logger: Logger

  /// The rolling window: predictions of a week, of which the latest labels count, and for coverage a sample.
  private static let windowSeconds = 7 * 86_400.0
  private static let windowLabels = 20_000
  private static let sampledPredictions = 20_000
  /// The store is busy with it for no more than one part in so many.
  private static let restFactor = 20
  private static let longestRest = Duration.seconds(300)
  /// Where no row comes, the figures are read this often (seconds), as old ones leave the window.
  private static let longestAge = 600.0

  init(
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

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var shown: Shown?
      while !Task.isCancelled {
        let taken = await ContinuousClock().measure { await refresh(&shown) }
        try? await Task.sleep(for: max(interval, min(taken * Self.restFactor, Self.longestRest)))
      }
    }
  }

  /// What the figures were read from last, and when.
  private struct Shown: Equatable {
    var model: ModelKey
    var positive: String?
    var newest: NewestRows
    /// Those that are served; of others nothing is shown.
    var versions: Set<String>
    var time: Double
  }

  /// Reads the figures anew where a row has come since `shown`; else only as often as the window's end has to move.
  private func refresh(_ shown: inout Shown?) async {
    guard let state = holder.state, let target = state.production?.target else { return }
    let model = ModelKey(state.table)
    let positive = target.isBinary ? target.positiveClass : nil
    let now = clock()
    do throws(TelemetryError) {
      let versions = Set(state.versions.map(\.version))
      let current = Shown(
        model: model, positive: positive, newest: try await store.newest(of: model), versions: versions, time: now)
      if var before = shown, now - before.time < Self.longestAge {
        before.time = now
        if before == current { return }
      }
      let from = now - Self.windowSeconds
      let labelled = try await store.labelledOutcomes(of: model, from: from, limit: Self.windowLabels)
      let sample = try await store.outcomes(of: model, from: from, limit: Self.sampledPredictions)
      metrics.show(VersionPerformance.of(labelled: labelled, sample: sample, positive: positive))
      shown = current
    } catch {
      logger.debug("performance was not read", metadata: ["reason": "\(error)"])
    }
  }
}
