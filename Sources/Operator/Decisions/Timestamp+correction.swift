import KubernetesModel

/// Clocks of the cluster's machines differ by this much at most; a time further ahead was written by a clock that was wrong.
private let clockTolerance = 300.0

extension Timestamp {
  /// A time that this operator wrote as its own "now" cannot lie ahead. Where it does, a clock has been put back since, and
  /// what waits for that time to pass would wait for as long as the clock was wrong.
  func corrected(at now: Timestamp) -> Timestamp {
    seconds(since: now) > clockTolerance ? now : self
  }

  mutating func correct(at now: Timestamp) { self = corrected(at: now) }
}
