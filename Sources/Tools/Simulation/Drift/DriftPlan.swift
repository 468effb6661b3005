/// The seven ways in which data goes wrong.
package enum DriftKind: String, Sendable, CaseIterable {
  /// Numeric features move.
  case covariate
  /// Classes come in other shares.
  case label
  /// The same features mean another label.
  case concept
  /// Values are not there.
  case missing
  /// Columns are dropped, renamed, or change their type.
  case schema
  /// Levels that were never seen.
  case categorical
  /// A season and a delay: numeric features swing with time, events carry old times.
  case temporal
}

/// One kind of drift, from a row on.
package struct DriftInjection: Sendable, Equatable {
  package var kind: DriftKind
  /// 0 (nothing) … 1 (as bad as it gets).
  package var intensity: Double
  /// First row that drifts.
  package var start: Int
  /// Rows until the full intensity is reached; 0: suddenly.
  package var ramp: Int

  package init(kind: DriftKind, intensity: Double = 0.5, start: Int = 0, ramp: Int = 0) {
    self.kind = kind
    self.intensity = intensity
    self.start = start
    self.ramp = ramp
  }

  /// From `covariate` or `covariate=0.8`.
  package init(parsing text: String, start: Int, ramp: Int) throws(SimulationError) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard let kind = DriftKind(rawValue: parts[0]) else { throw .unknownDrift(text) }
    var intensity = 0.5
    if parts.count == 2 {
      guard let value = Double(parts[1]), (0...1).contains(value) else { throw .badIntensity(parts[1]) }
      intensity = value
    }
    self.init(kind: kind, intensity: intensity, start: start, ramp: ramp)
  }

  /// Strength at a row: 0 before the start, then rising linearly over the ramp.
  package func strength(at row: Int) -> Double {
    guard row >= start else { return 0 }
    guard ramp > 0 else { return intensity }
    return intensity * min(1, Double(row - start + 1) / Double(ramp))
  }
}
