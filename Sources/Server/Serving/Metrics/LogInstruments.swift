import Exposition
import PredictionLog

/// What the prediction log counts.
struct LogInstruments: PredictionLogObserver {
  private let buffered: Gauge
  private let bufferedBytes: Gauge
  private let stored: Counter
  private let spilled: Counter
  private let replayed: Counter
  private let losses: [LogLoss: Counter]
  private let spillBytes: Gauge
  private let flushSeconds: Histogram
  private let storeUp: Gauge
  private let diskUp: Gauge

  init(registry: MetricsRegistry) {
    buffered = registry.gauge(ServingMetricTable.logBuffered).with()
    bufferedBytes = registry.gauge(ServingMetricTable.logBufferedBytes).with()
    stored = registry.counter(ServingMetricTable.logStored).with()
    spilled = registry.counter(ServingMetricTable.logSpilled).with()
    replayed = registry.counter(ServingMetricTable.logReplayed).with()
    let dropped = registry.counter(ServingMetricTable.logDropped)
    losses = [LogLoss: Counter](
      uniqueKeysWithValues: LogLoss.allCases.map { ($0, dropped.with($0.rawValue)) })
    spillBytes = registry.gauge(ServingMetricTable.logSpillBytes).with()
    flushSeconds = registry.histogram(ServingMetricTable.logFlushSeconds, bounds: Histogram.latency).with()
    storeUp = registry.gauge(ServingMetricTable.logStoreUp).with()
    diskUp = registry.gauge(ServingMetricTable.logDiskUp).with()
    diskUp.set(1)
  }

  /// Shows what the log would have to be asked for, which it is at each scrape.
  func register(_ log: PredictionLog, on registry: MetricsRegistry) {
    registry.beforeScrape { [weak log] in
      guard let log else { return }
      buffered.set(Double(log.unstored))
      bufferedBytes.set(Double(log.unstoredBytes))
      diskUp.set(log.isDiskUp ? 1 : 0)
    }
  }

  func observe(_ fact: LogFact) {
    switch fact {
    case .stored(let rows, let seconds):
      stored.increment(by: Double(rows))
      flushSeconds.observe(seconds)
    case .spilled(let rows): spilled.increment(by: Double(rows))
    case .replayed(let rows): replayed.increment(by: Double(rows))
    case .lost(let rows, let loss): losses[loss]?.increment(by: Double(rows))
    case .storeAnswers: storeUp.set(1)
    case .storeIsAway: storeUp.set(0)
    case .waitingOnDisk(let bytes): spillBytes.set(Double(bytes))
    }
  }
}
