import Exposition
import Synchronization

/// The gauges of the last quarter of an hour: the features' values and the share of the positive class.
///
/// Its windows outlive the routing tables that use them.
final class WindowGauges: Sendable {
  private typealias Table = ServingMetricTable

  private let positiveRatio: MetricFamily<Gauge>
  private let featureMean: MetricFamily<Gauge>
  private let featureDeviation: MetricFamily<Gauge>
  private let featureMinimum: MetricFamily<Gauge>
  private let featureMaximum: MetricFamily<Gauge>
  private let windows = Mutex(Windows())

  private struct Windows {
    var features: [String: RollingWindow] = [:]
    var positives: [String: RollingWindow] = [:]
  }

  init(registry: MetricsRegistry) {
    positiveRatio = registry.gauge(Table.positiveRatio)
    featureMean = registry.gauge(Table.featureMean)
    featureDeviation = registry.gauge(Table.featureDeviation)
    featureMinimum = registry.gauge(Table.featureMinimum)
    featureMaximum = registry.gauge(Table.featureMaximum)
  }

  /// Of a numeric feature's values.
  func values(of feature: String) -> RollingWindow {
    windows.withLock { Self.window(feature, among: &$0.features) }
  }

  /// Of a version: 1 for the positive class, 0 for others.
  func positives(of version: String) -> RollingWindow {
    windows.withLock { Self.window(version, among: &$0.positives) }
  }

  private static func window(_ name: String, among windows: inout [String: RollingWindow]) -> RollingWindow {
    if let window = windows[name] { return window }
    let window = RollingWindow()
    windows[name] = window
    return window
  }

  /// Forgets all others.
  func keep(versions: Set<String>, features: Set<String>) {
    windows.withLock { windows in
      windows.features = windows.features.filter { features.contains($0.key) }
      windows.positives = windows.positives.filter { versions.contains($0.key) }
    }
    positiveRatio.removeAll { !versions.contains($0[0]) }
    for family in [featureMean, featureDeviation, featureMinimum, featureMaximum] {
      family.removeAll { !features.contains($0[0]) }
    }
  }

  /// Brings the gauges up to date.
  /// - Parameter time: Seconds since 1970.
  func publish(at time: Double) {
    let windows = windows.withLock { $0 }
    for (feature, window) in windows.features {
      guard let moments = window.moments(at: time) else {
        for family in [featureMean, featureDeviation, featureMinimum, featureMaximum] {
          family.remove(feature)
        }
        continue
      }
      featureMean.with(feature).set(moments.mean)
      featureDeviation.with(feature).set(moments.deviation)
      featureMinimum.with(feature).set(moments.minimum)
      featureMaximum.with(feature).set(moments.maximum)
    }
    for (version, window) in windows.positives {
      if let moments = window.moments(at: time) {
        positiveRatio.with(version).set(moments.mean)
      } else {
        positiveRatio.remove(version)
      }
    }
  }
}
