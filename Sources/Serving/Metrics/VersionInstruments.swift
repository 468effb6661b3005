import Exposition
import Synchronization
import Tabular

/// The instruments of one version in one routing table.
///
/// Rows are counted lane by lane, under a lock that only a scrape ever contends for; `publish`, and the end of the object,
/// bring the shares together.
final class VersionInstruments: Sendable {
  /// What one lane has counted since the last time.
  private struct Tally {
    /// By class.
    var predictions: [Int]
    var seconds: HistogramTally
    var confidence: HistogramTally
    /// Of the moments below.
    var minute = Int.min
    var positives = RollingWindow.Moments()
    /// By feature; those of categorical ones stay empty.
    var features: [RollingWindow.Moments]
  }

  private final class Share: Sendable {
    let tally: Mutex<Tally>

    init(_ tally: Tally) { self.tally = Mutex(tally) }
  }

  let errors: Counter
  private let predictions: [Counter]
  private let positive: Int
  private let seconds: Histogram
  private let confidence: Histogram
  /// 1 for the positive class, 0 for others.
  private let positives: RollingWindow
  /// By feature.
  private let oddities: [FeatureReader.Oddity.Kind: [Counter]]
  /// By feature; nil for categorical ones.
  private let features: [RollingWindow?]
  private let shares: [Share]

  /// - Parameters:
  ///   - predictions: By class.
  ///   - positive: The positive class.
  init(
    predictions: [Counter], positive: Int, seconds: Histogram, errors: Counter, confidence: Histogram,
    positives: RollingWindow, oddities: [FeatureReader.Oddity.Kind: [Counter]], features: [RollingWindow?]
  ) {
    self.predictions = predictions
    self.positive = positive
    self.seconds = seconds
    self.errors = errors
    self.confidence = confidence
    self.positives = positives
    self.oddities = oddities
    self.features = features
    shares = (0..<ServingLane.shares).map { _ in
      Share(
        Tally(
          predictions: Array(repeating: 0, count: predictions.count), seconds: HistogramTally(for: seconds),
          confidence: HistogramTally(for: confidence),
          features: Array(repeating: RollingWindow.Moments(), count: features.count)))
    }
  }

  deinit { publish() }

  /// Counts a predicted row.
  /// - Parameters:
  ///   - values: One for each feature; nil: the row's features are counted by another version.
  ///   - time: Seconds since 1970.
  func count(
    predicted: Int, confidence: Double, seconds: Double, values: UnsafeMutableBufferPointer<FeatureValue>?,
    at time: Double, share: Int
  ) {
    let minute = Int(time / 60)
    shares[share].tally.withLock { tally in
      if tally.minute != minute {
        publishMoments(&tally)
        tally.minute = minute
      }
      tally.predictions[predicted] += 1
      tally.seconds.observe(seconds)
      tally.confidence.observe(confidence)
      tally.positives.add(predicted == positive ? 1 : 0)
      guard let values else { return }
      for feature in values.indices {
        if case .number(let value) = values[feature] { tally.features[feature].add(value) }
      }
    }
  }

  func count(_ oddities: [FeatureReader.Oddity]) {
    for oddity in oddities { self.oddities[oddity.kind]?[oddity.feature].increment() }
  }

  /// Adds what was counted since the last time to the instruments.
  func publish() {
    for share in shares {
      share.tally.withLock { tally in
        for (place, counter) in predictions.enumerated() {
          counter.increment(by: Double(tally.predictions[place]))
          tally.predictions[place] = 0
        }
        seconds.add(&tally.seconds)
        confidence.add(&tally.confidence)
        publishMoments(&tally)
      }
    }
  }

  private func publishMoments(_ tally: inout Tally) {
    guard tally.positives.count > 0 else { return }
    positives.merge(tally.positives, minute: tally.minute)
    tally.positives = RollingWindow.Moments()
    for (feature, window) in features.enumerated() where tally.features[feature].count > 0 {
      window?.merge(tally.features[feature], minute: tally.minute)
      tally.features[feature] = RollingWindow.Moments()
    }
  }
}
