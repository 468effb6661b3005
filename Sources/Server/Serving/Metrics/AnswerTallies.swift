import Engine
import Exposition
import Synchronization

/// Counts answers by endpoint, each lane for itself; the shares come together when somebody asks.
final class AnswerTallies: Sendable {
  private struct Tally {
    var ok = 0
    /// Of other status codes, few of which occur.
    var others: [(code: Int, count: Int)] = []
    var seconds: HistogramTally

    mutating func count(_ code: Int) {
      guard code != 200 else {
        ok += 1
        return
      }
      if let place = others.firstIndex(where: { $0.code == code }) {
        others[place].count += 1
      } else {
        others.append((code, 1))
      }
    }
  }

  private final class Share: Sendable {
    let tallies: Mutex<[Tally]>

    init(_ tallies: [Tally]) { self.tallies = Mutex(tallies) }
  }

  private let ok: [Counter]
  private let others: @Sendable (_ endpoint: Int, _ code: Int) -> Counter
  private let seconds: [Histogram]
  private let shares: [Share]

  /// One instrument of each kind for each endpoint.
  /// - Parameter others: The counter of a status code other than 200, asked for when such an answer was given.
  init(
    ok: [Counter], seconds: [Histogram], others: @escaping @Sendable (_ endpoint: Int, _ code: Int) -> Counter
  ) {
    self.ok = ok
    self.others = others
    self.seconds = seconds
    shares = (0..<ServingLane.shares).map { _ in Share(seconds.map { Tally(seconds: HistogramTally(for: $0)) }) }
  }

  /// - Parameter seconds: Nil where no complete request was answered.
  func count(_ endpoint: Int, code: Int, seconds: Double?, share: Int) {
    shares[share].tallies.withLock { tallies in
      tallies[endpoint].count(code)
      if let seconds { tallies[endpoint].seconds.observe(seconds) }
    }
  }

  /// Adds what was counted since the last time to the instruments.
  func publish() {
    for share in shares {
      share.tallies.withLock { tallies in
        for endpoint in tallies.indices {
          ok[endpoint].increment(by: Double(tallies[endpoint].ok))
          tallies[endpoint].ok = 0
          for other in tallies[endpoint].others {
            others(endpoint, other.code).increment(by: Double(other.count))
          }
          tallies[endpoint].others.removeAll(keepingCapacity: true)
          seconds[endpoint].add(&tallies[endpoint].seconds)
        }
      }
    }
  }
}
