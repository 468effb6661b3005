import Exposition
import Synchronization

/// Counts answers by endpoint, each lane for itself; the shares come together when somebody asks.
final class AnswerTallies: Sendable {
  private struct Tally {
    var ok = 0
    var seconds: HistogramTally
  }

  private final class Share: Sendable {
    let tallies: Mutex<[Tally]>

    init(_ tallies: [Tally]) { self.tallies = Mutex(tallies) }
  }

  private let ok: [Counter]
  private let seconds: [Histogram]
  private let shares: [Share]

  /// One instrument of each kind for each endpoint.
  init(ok: [Counter], seconds: [Histogram]) {
    self.ok = ok
    self.seconds = seconds
    shares = (0..<ServingLane.shares).map { _ in Share(seconds.map { Tally(seconds: HistogramTally(for: $0)) }) }
  }

  func count(_ endpoint: Int, isOK: Bool, seconds: Double, share: Int) {
    shares[share].tallies.withLock { tallies in
      if isOK { tallies[endpoint].ok += 1 }
      tallies[endpoint].seconds.observe(seconds)
    }
  }

  /// Adds what was counted since the last time to the instruments.
  func publish() {
    for share in shares {
      share.tallies.withLock { tallies in
        for endpoint in tallies.indices {
          ok[endpoint].increment(by: Double(tallies[endpoint].ok))
          tallies[endpoint].ok = 0
          seconds[endpoint].add(&tallies[endpoint].seconds)
        }
      }
    }
  }
}
