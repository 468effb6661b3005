import Foundation
internal import KubernetesModel

extension TimeSource {
  /// The machine's clocks and random numbers.
  public static let system: TimeSource = {
    let start = ContinuousClock.now
    return TimeSource(
      monotonic: { ContinuousClock.now - start },
      wall: { Timestamp(secondsSince1970: Date().timeIntervalSince1970) },
      sleep: { try await sleep($0) },
      random: { Double.random(in: 0..<1) })
  }()

  /// In steps of a second at most: the timer of a sleep that is cancelled stays in memory, over a kilobyte, until it would
  /// have been due. Every reconcile has a time limit that it does not need, and a queue may wait for months.
  private static func sleep(_ duration: Duration) async throws {
    let end = ContinuousClock.now + duration
    repeat {
      try await Task.sleep(for: min(end - .now, .seconds(1)))
    } while ContinuousClock.now < end
  }
}

extension Duration {
  /// In seconds, with their fraction.
  public var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
