import Foundation
internal import KubernetesModel

extension TimeSource {
  /// The machine's clocks and random numbers.
  public static let system: TimeSource = {
    let start = ContinuousClock.now
    return TimeSource(
      monotonic: { ContinuousClock.now - start },
      wall: { Timestamp(secondsSince1970: Date().timeIntervalSince1970) },
      sleep: { try await Task.sleep(for: $0) },
      random: { Double.random(in: 0..<1) })
  }()
}

extension Duration {
  /// In seconds, with their fraction.
  public var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) * 1e-18
  }
}
