/// Count, mean, deviation and range of a stream of numbers, in one pass without cancellation (B. Welford, 1962), and
/// mergeable (T. Chan, G. Golub, R. LeVeque, 1979): two machines' moments make those of all their numbers.
package struct Moments: Codable, Sendable, Equatable {
  package private(set) var count = 0
  package private(set) var mean = 0.0
  package private(set) var minimum = 0.0
  package private(set) var maximum = 0.0
  /// Sum of squared deviations from the mean.
  package private(set) var squares = 0.0

  package init() {}

  /// From what was stored of them; without numbers all else is 0.
  package init(count: Int, mean: Double, squares: Double, minimum: Double, maximum: Double) {
    guard count > 0 else { return }
    self.count = count
    self.mean = mean
    self.squares = squares
    self.minimum = minimum
    self.maximum = maximum
  }

  /// NaN does not count.
  package init(_ values: [Double]) {
    for value in values { add(value) }
  }

  package mutating func add(_ value: Double) {
    guard !value.isNaN else { return }
    count += 1
    minimum = count == 1 ? value : min(minimum, value)
    maximum = count == 1 ? value : max(maximum, value)
    let offset = value - mean
    mean += offset / Double(count)
    squares += offset * (value - mean)
  }

  package mutating func merge(_ other: Moments) {
    guard other.count > 0 else { return }
    guard count > 0 else {
      self = other
      return
    }
    let total = Double(count + other.count)
    let offset = other.mean - mean
    squares += other.squares + offset * offset * Double(count) * Double(other.count) / total
    mean += offset * Double(other.count) / total
    minimum = min(minimum, other.minimum)
    maximum = max(maximum, other.maximum)
    count += other.count
  }

  /// Of the sample (divided by n − 1), 0 for fewer than two: `numpy.std(values, ddof=1)`.
  package var deviation: Double { count > 1 ? (squares / Double(count - 1)).squareRoot() : 0 }
}
