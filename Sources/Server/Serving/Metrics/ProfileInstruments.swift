import Exposition

/// What the keeping of profiles counts.
struct ProfileInstruments: Sendable {
  /// Profiles that waited for the store for too long.
  let expired: Counter
  /// Profiles that the store will never take.
  let refused: Counter

  init(registry: MetricsRegistry) {
    let dropped = registry.counter(ServingMetricTable.profilesDropped)
    expired = dropped.with("expired")
    refused = dropped.with("refused")
  }
}
