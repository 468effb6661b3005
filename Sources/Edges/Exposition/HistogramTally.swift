/// Observations that one thread counts by itself, to be added to a histogram together: cheaper than the histogram's lock for
/// each of them.
package struct HistogramTally: Sendable {
  private let bounds: [Double]
  fileprivate var counts: [Int]
  fileprivate var sum = 0.0

  package init(for histogram: Histogram) {
    bounds = histogram.bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  package mutating func observe(_ value: Double) {
    guard value.isFinite else { return }
    counts[Histogram.place(of: value, among: bounds)] += 1
    sum += value
  }
}

extension Histogram {
  /// Adds what was counted, and empties the tally.
  package func add(_ tally: inout HistogramTally) {
    add(tally.counts, sum: tally.sum)
    for place in tally.counts.indices { tally.counts[place] = 0 }
    tally.sum = 0
  }
}
