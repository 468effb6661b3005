import Exposition

/// What the prediction log counts.
struct LogInstruments: Sendable {
  let buffered: Gauge
  let stored: Counter
  let spilled: Counter
  let replayed: Counter
  let dropped: MetricFamily<Counter>
  private let losses: [Loss: Counter]
  let spillBytes: Gauge
  let flushSeconds: Histogram
  let storeUp: Gauge
  let diskUp: Gauge

  /// Why rows were lost: the values of the label `reason`.
  enum Loss: String, CaseIterable {
    case bufferFull = "buffer_full"
    case spillFull = "spill_full"
    case spillFailed = "spill_failed"
    case refused
    case damaged
  }

  init(registry: MetricsRegistry) {
    buffered = registry.gauge(ServingMetricTable.logBuffered).with()
    stored = registry.counter(ServingMetricTable.logStored).with()
    spilled = registry.counter(ServingMetricTable.logSpilled).with()
    replayed = registry.counter(ServingMetricTable.logReplayed).with()
    dropped = registry.counter(ServingMetricTable.logDropped)
    losses = [Loss: Counter](uniqueKeysWithValues: Loss.allCases.map { [dropped] in ($0, dropped.with($0.rawValue)) })
    spillBytes = registry.gauge(ServingMetricTable.logSpillBytes).with()
    flushSeconds = registry.histogram(ServingMetricTable.logFlushSeconds, bounds: Histogram.latency).with()
    storeUp = registry.gauge(ServingMetricTable.logStoreUp).with()
    diskUp = registry.gauge(ServingMetricTable.logDiskUp).with()
    diskUp.set(1)
  }

  func lost(_ rows: Int, _ loss: Loss) {
    if rows > 0 { losses[loss]?.increment(by: Double(rows)) }
  }
}
