import Synchronization

/// Only goes up. Safe and cheap from every thread: one atomic word.
package final class Counter: Sendable {
  private let cell = AtomicDouble()

  package init() {}

  /// Negative amounts are ignored: a counter that falls looks like a restart. So are those that are not finite, which no later
  /// amount would mend.
  package func increment(by amount: Double = 1) {
    if amount > 0, amount.isFinite { cell.add(amount) }
  }

  /// For totals that are counted elsewhere; smaller totals, and those that are not finite, are ignored. Two scrapes may advance it
  /// at once.
  package func advance(to total: Double) {
    if total.isFinite { cell.raise(to: total) }
  }

  package var value: Double { cell.value }
}

/// Goes up and down. Safe and cheap from every thread: one atomic word.
package final class Gauge: Sendable {
  private let cell = AtomicDouble()

  package init() {}

  package func set(_ value: Double) { cell.set(value) }

  /// An amount that is not finite is ignored: the gauge would keep it.
  package func add(_ amount: Double) {
    if amount.isFinite { cell.add(amount) }
  }

  package var value: Double { cell.value }
}

/// Counts observations by upper bounds. An observation that is not finite is ignored: it would stay in the sum for good, and no
/// alert that divides the sum by the count would ever fire again.
package final class Histogram: Sendable {
  package struct Snapshot: Sendable, Equatable {
    /// Cumulative, one for each bound; the last bound is infinity.
    package var counts: [Int]
    package var sum: Double
    package var count: Int
  }

  private struct State {
    var counts: [Int]
    var sum = 0.0
  }

  /// Ascending, without infinity.
  package let bounds: [Double]
  private let state: Mutex<State>

  package init(bounds: [Double]) {
    let finite = Array(Set(bounds.filter(\.isFinite))).sorted()
    self.bounds = finite
    state = Mutex(State(counts: Array(repeating: 0, count: finite.count + 1)))
  }

  package func observe(_ value: Double) {
    guard value.isFinite else { return }
    let place = Self.place(of: value, among: bounds)
    state.withLock { state in
      state.counts[place] += 1
      state.sum += value
    }
  }

  /// Where a value is counted: the first bound that is not below it.
  static func place(of value: Double, among bounds: [Double]) -> Int {
    var low = 0
    var high = bounds.count
    while low < high {
      let middle = (low + high) / 2
      if value <= bounds[middle] { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// - Parameter counts: Not cumulative; one for each bound and one for what is above all.
  func add(_ counts: [Int], sum: Double) {
    state.withLock { state in
      for place in 0..<min(counts.count, state.counts.count) { state.counts[place] += counts[place] }
      state.sum += sum
    }
  }

  package var snapshot: Snapshot {
    let (counts, sum) = state.withLock { ($0.counts, $0.sum) }
    var total = 0
    let cumulative = counts.map { count in
      total += count
      return total
    }
    return Snapshot(counts: cumulative, sum: sum, count: total)
  }

  /// Seconds, from half a millisecond to ten seconds: requests and reconciles.
  package static let latency: [Double] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.3, 0.5, 1, 2, 2.5, 5, 10,
  ]

  /// `count` bounds from `start`, each `factor` times the one before.
  package static func exponential(start: Double, factor: Double, count: Int) -> [Double] {
    var bound = start
    return (0..<count).map { _ in
      defer { bound *= factor }
      return bound
    }
  }
}

/// A floating-point number in one atomic word.
final class AtomicDouble: Sendable {
  private let bits = Atomic<UInt64>(0)

  var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

  func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

  /// Sets a value that is greater; any other changes nothing.
  func raise(to value: Double) {
    var current = bits.load(ordering: .relaxed)
    while value > Double(bitPattern: current) {
      let (done, found) = bits.weakCompareExchange(
        expected: current, desired: value.bitPattern, ordering: .relaxed)
      if done { return }
      current = found
    }
  }

  func add(_ amount: Double) {
    var current = bits.load(ordering: .relaxed)
    while true {
      let next = (Double(bitPattern: current) + amount).bitPattern
      let (done, found) = bits.weakCompareExchange(expected: current, desired: next, ordering: .relaxed)
      if done { return }
      current = found
    }
  }
}
