import Values

/// Pauses between failed rounds: 800 ms, doubling to 30 s, full jitter; forgotten after two minutes without a failure.
///
/// | failures | 1 | 2 | 3 | 4 | 5 | 6 | 7 and more |
/// |---|---|---|---|---|---|---|---|
/// | up to | 0.8 s | 1.6 s | 3.2 s | 6.4 s | 12.8 s | 25.6 s | 30 s |
struct WatchBackoff: Equatable {
  private var failures = 0
  private var lastAt: Duration?

  private static let ceiling = DoublingPause(first: .milliseconds(800), longest: .seconds(30))
  private static let memory = Duration.seconds(120)
  private static let longestWish = 300.0

  /// Whether nothing has gone wrong for a while: then a version that has expired is no reason to wait. A server that keeps
  /// answering so is not to be hammered.
  func isFresh(at now: Duration) -> Bool { lastAt.map { now - $0 >= Self.memory } ?? true }

  /// Something went wrong that needs no pause yet.
  mutating func note(at now: Duration) { lastAt = now }

  /// - Parameters:
  ///   - random: in 0 ..< 1.
  ///   - isRefusal: no permission, or no such API. Only a person can mend it, so the pause is long from the start: retried
  ///     slowly, but retried.
  ///   - wish: seconds that the server has asked for.
  mutating func pause(at now: Duration, random: Double, isRefusal: Bool = false, wish: Double? = nil) -> Duration {
    if isFresh(at: now) { failures = 0 }
    failures += 1
    lastAt = now
    let ceiling = Self.ceiling.after(failures: failures - 1) / .seconds(1)
    let pause = isRefusal ? 15 + 15 * random : ceiling * random
    return .seconds(max(pause, min(wish ?? 0, Self.longestWish)))
  }
}
