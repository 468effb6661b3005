public import KubernetesModel

/// Time and chance, as clients and controllers get them; tests bring their own.
public struct TimeSource: Sendable {
  /// Never goes back, is not set by anybody; only differences mean something.
  public var monotonic: @Sendable () -> Duration
  /// The time of day.
  public var wall: @Sendable () -> Timestamp
  /// Errors: `CancellationError`.
  public var sleep: @Sendable (Duration) async throws -> Void
  /// In 0 ..< 1.
  public var random: @Sendable () -> Double

  public init(
    monotonic: @escaping @Sendable () -> Duration, wall: @escaping @Sendable () -> Timestamp,
    sleep: @escaping @Sendable (Duration) async throws -> Void, random: @escaping @Sendable () -> Double
  ) {
    self.monotonic = monotonic
    self.wall = wall
    self.sleep = sleep
    self.random = random
  }
}
