import Foundation
package import Monitoring
import Statistics
import Synchronization
package import Tabular
import WorkerContract

/// Counts a version's rows by minute in the bins of its reference, at a fraction of a microsecond a row.
///
/// What is counted is what the model was given: a value that was imputed counts as missing. Each thread counts in a shard of its
/// own, so that threads hardly ever meet at a lock; shards are added up when the minute is over.
package final class ProfileRecorder: Sendable {
  package let bins: ProfileBins
  /// Names it among all, of every process, that count the same version.
  package let instance = UUID().uuidString
  private let layout: Layout
  private let shards: [Shard]

  private static let shardCount = 8

  /// Nil where the reference has nothing that the pipeline knows.
  package init?(bins: ProfileBins, pipeline: FeaturePipeline) {
    guard let layout = Layout(bins: bins, pipeline: pipeline) else { return nil }
    self.bins = bins
    self.layout = layout
    shards = (0..<Self.shardCount).map { _ in Shard() }
  }

  /// What one feature or the predictions came to in a minute.
  package struct Minute: Sendable {
    /// When it began, in whole minutes since 1970.
    package let minute: Int
    /// In the order of `bins.features`.
    package let features: [FeatureCounts]
    package let predictions: FeatureCounts
  }

  /// Counts a row.
  /// - Parameters:
  ///   - values: One per feature, in the order of the pipeline's schema.
  ///   - predicted: Position of the predicted class.
  ///   - time: Seconds since 1970.
  package func add(
    _ values: UnsafeMutableBufferPointer<FeatureValue>, predicted: Int, confidence: Float, at time: Double
  ) {
    let minute = Int(time / 60)
    // Threads' addresses lie whole pages apart; the high half of the product mixes all of them.
    let thread = UInt(bitPattern: Int(truncatingIfNeeded: UInt64(pthread_self()) &* 0x9E37_79B9_7F4A_7C15 >> 32))
    shards[Int(thread % UInt(Self.shardCount))].counts.withLock { counts in
      if counts.minute != minute { counts.begin(minute, layout) }
      counts.tally.add(values, predicted: predicted, confidence: Double(confidence), layout)
    }
  }

  /// Takes out the minutes before `minute`, the oldest first; with nil all of them.
  package func take(before minute: Int?) -> [Minute] {
    var tallies: [Int: Tally] = [:]
    for shard in shards {
      for (past, tally) in shard.counts.withLock({ $0.take(before: minute, layout) }) {
        tallies[past, default: Tally(layout)].add(tally)
      }
    }
    return tallies.sorted { $0.key < $1.key }.map { layout.minute($0.key, $0.value) }
  }

  private final class Shard: Sendable {
    let counts = Mutex(Counts())
  }

  private struct Counts {
    var minute = Int.min
    var tally = Tally()
    var past: [(Int, Tally)] = []

    mutating func begin(_ minute: Int, _ layout: Layout) {
      if tally.rows > 0 { past.append((self.minute, tally)) }
      self.minute = minute
      tally = Tally(layout)
    }

    mutating func take(before minute: Int?, _ layout: Layout) -> [(Int, Tally)] {
      if minute.map({ self.minute < $0 }) ?? true, tally.rows > 0 { begin(.min, layout) }
      let isTaken = { (counted: (Int, Tally)) in minute.map { counted.0 < $0 } ?? true }
      defer { past.removeAll(where: isTaken) }
      return past.filter(isTaken)
    }
  }
}

extension ProfileRecorder {
  /// Where each feature's counts are.
  fileprivate struct Layout: Sendable {
    struct Slot: Sendable {
      /// Position of the feature in the pipeline.
      let source: Int
      /// Where its bins begin.
      let offset: Int
      let count: Int
      /// Where its edges begin and end, for a number.
      let edges: Range<Int>
      /// Where its categories' bins begin in `categoryBins`, for a category.
      let categories: Range<Int>
      /// Where its sums are; nil for a category.
      let sums: Int?
    }

    let slots: [Slot]
    let edges: [Double]
    /// Bin of each category of the pipeline.
    let categoryBins: [Int]
    /// What numbers are taken relative to, so that their squares lose no digits: the middle edge of each.
    let centers: [Double]
    let bins: Int
    let classes: Int
    let sums: Int

    init?(bins profile: ProfileBins, pipeline: FeaturePipeline) {
      var slots: [Slot] = []
      var (edges, categoryBins, centers): ([Double], [Int], [Double]) = ([], [], [])
      var offset = 0
      for feature in profile.features {
        let source = pipeline.feature(named: feature.name)
        guard source >= 0 else { return nil }
        var (edgeRange, categoryRange, sums): (Range<Int>, Range<Int>, Int?) = (0..<0, 0..<0, nil)
        switch feature.kind {
        case .numeric(let bins):
          edgeRange = edges.count..<edges.count + bins.edges.count
          sums = centers.count
          centers.append(bins.edges.isEmpty ? 0 : bins.edges[bins.edges.count / 2])
          edges += bins.edges
        case .categorical(let levels):
          let known = LevelIndex(levels)
          let bins = pipeline.schema.features[source].categories.map { category -> Int in
            let code = known.code(of: category)
            return code < 0 ? levels.count : Int(code)
          }
          categoryRange = categoryBins.count..<categoryBins.count + bins.count
          categoryBins += bins
        }
        slots.append(
          Slot(
            source: source, offset: offset, count: feature.count, edges: edgeRange, categories: categoryRange,
            sums: sums))
        offset += feature.count
      }
      guard !slots.isEmpty else { return nil }
      self.slots = slots
      self.edges = edges
      self.categoryBins = categoryBins
      self.centers = centers
      bins = offset
      classes = profile.classes.count
      sums = centers.count
    }

    func minute(_ minute: Int, _ tally: Tally) -> Minute {
      let features = slots.map { slot in
        FeatureCounts(
          counts: tally.counts[slot.offset..<slot.offset + slot.count].map(Int.init),
          moments: slot.sums.map { tally.sums[$0].moments(around: centers[$0]) } ?? Moments())
      }
      return Minute(
        minute: minute, features: features,
        predictions: FeatureCounts(
          counts: tally.counts[bins..<bins + classes].map(Int.init), moments: tally.confidence.moments(around: 0)))
    }
  }

  /// Sums of numbers relative to a center.
  fileprivate struct Sums: Sendable {
    var count = 0.0
    var sum = 0.0
    var squares = 0.0
    var minimum = Double.infinity
    var maximum = -Double.infinity

    mutating func add(_ value: Double, center: Double) {
      let offset = value - center
      count += 1
      sum += offset
      squares += offset * offset
      minimum = Swift.min(minimum, value)
      maximum = Swift.max(maximum, value)
    }

    mutating func add(_ other: Sums) {
      count += other.count
      sum += other.sum
      squares += other.squares
      minimum = Swift.min(minimum, other.minimum)
      maximum = Swift.max(maximum, other.maximum)
    }

    func moments(around center: Double) -> Moments {
      guard count > 0 else { return Moments() }
      return Moments(
        count: Int(count), mean: center + sum / count, squares: Swift.max(0, squares - sum * sum / count),
        minimum: minimum, maximum: maximum)
    }
  }

  /// The counts of some rows: all features' bins one after the other, then the classes.
  fileprivate struct Tally: Sendable {
    var rows = 0
    var counts: [UInt32] = []
    var sums: [Sums] = []
    var confidence = Sums()

    init() {}

    init(_ layout: Layout) {
      counts = Array(repeating: 0, count: layout.bins + layout.classes)
      sums = Array(repeating: Sums(), count: layout.sums)
    }

    mutating func add(
      _ values: UnsafeMutableBufferPointer<FeatureValue>, predicted: Int, confidence: Double, _ layout: Layout
    ) {
      rows += 1
      for slot in layout.slots {
        let bin: Int
        switch values[slot.source] {
        case .missing: bin = slot.count - 1
        case .unseen: bin = slot.count - 2
        case .category(let code):
          bin =
            Int(code) < slot.categories.count
            ? layout.categoryBins[slot.categories.lowerBound + Int(code)] : slot.count - 2
        case .number(let value):
          bin = Self.bin(of: value, layout.edges, slot.edges)
          if let place = slot.sums { sums[place].add(value, center: layout.centers[place]) }
        }
        counts[slot.offset + bin] &+= 1
      }
      counts[layout.bins + predicted] &+= 1
      self.confidence.add(confidence, center: 0)
    }

    /// How many of the edges are below the value, halving a range whose length does not depend on it.
    private static func bin(of value: Double, _ edges: [Double], _ range: Range<Int>) -> Int {
      var low = range.lowerBound
      var length = range.count
      while length > 0 {
        let half = length / 2
        if edges[low + half] < value {
          low += half + 1
          length -= half + 1
        } else {
          length = half
        }
      }
      return low - range.lowerBound
    }

    mutating func add(_ other: Tally) {
      rows += other.rows
      for (place, count) in other.counts.enumerated() { counts[place] &+= count }
      for (place, sum) in other.sums.enumerated() { sums[place].add(sum) }
      confidence.add(other.confidence)
    }
  }
}
