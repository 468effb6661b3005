import Engine
import Exposition
import Synchronization
import Tabular

/// The instruments of one version in one routing table.
///
/// Rows are counted lane by lane, under a lock that only a scrape ever contends for; `publish`, and the end of the object,
/// bring the shares together.
final class VersionInstruments: Sendable {
  /// What one lane has counted since the last time.
  fileprivate struct Tally {
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

  /// One lane's share of the counts.
  final class Share: Sendable {
    private let positive: Int
    private let windows: Windows
    fileprivate let tally: Mutex<Tally>

    fileprivate init(_ tally: Tally, positive: Int, windows: Windows) {
      self.tally = Mutex(tally)
      self.positive = positive
      self.windows = windows
    }

    /// Counts a predicted row.
    /// - Parameters:
    ///   - values: One for each feature; nil: the row's features are counted by another version.
    ///   - time: Seconds since 1970.
    func count(
      predicted: Int, confidence: Double, seconds: Double, values: UnsafeBufferPointer<FeatureValue>?,
      at time: Double
    ) {
      let minute = Int(time / 60)
      tally.withLock { tally in
        if tally.minute != minute {
          windows.publish(&tally)
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
  }

  /// Where the moments of all lanes come together.
  fileprivate final class Windows: Sendable {
    /// 1 for the positive class, 0 for others.
    private let positives: RollingWindow
    /// By feature; nil for categorical ones.
    private let features: [RollingWindow?]

    init(positives: RollingWindow, features: [RollingWindow?]) {
      self.positives = positives
      self.features = features
    }

    func publish(_ tally: inout Tally) {
      guard tally.positives.count > 0 else { return }
      positives.merge(tally.positives, minute: tally.minute)
      tally.positives = RollingWindow.Moments()
      for (feature, window) in features.enumerated() where tally.features[feature].count > 0 {
        window?.merge(tally.features[feature], minute: tally.minute)
        tally.features[feature] = RollingWindow.Moments()
      }
    }
  }

  let errors: Counter
  private let predictions: [Counter]
  private let seconds: Histogram
  private let confidence: Histogram
  /// By kind, by feature.
  private let warnings: [[Counter]]
  private let windows: Windows
  private let shares: [Share]

  /// - Parameters:
  ///   - predictions: By class.
  ///   - positive: The positive class.
  init(
    predictions: [Counter], positive: Int, seconds: Histogram, errors: Counter, confidence: Histogram,
    positives: RollingWindow, warnings: [[Counter]], features: [RollingWindow?]
  ) {
    self.predictions = predictions
    self.seconds = seconds
    self.errors = errors
    self.confidence = confidence
    self.warnings = warnings
    let windows = Windows(positives: positives, features: features)
    self.windows = windows
    shares = (0..<ServingLane.shares).map { _ in
      Share(
        Tally(
          predictions: Array(repeating: 0, count: predictions.count), seconds: HistogramTally(for: seconds),
          confidence: HistogramTally(for: confidence),
          features: Array(repeating: RollingWindow.Moments(), count: features.count)),
        positive: positive, windows: windows)
    }
  }

  deinit { publish() }

  /// - Parameter index: That of a lane.
  func share(_ index: Int) -> Share { shares[index] }

  func count(_ warnings: UnsafeBufferPointer<FeatureReader.InputWarning>) {
    for warning in warnings { self.warnings[warning.kind.rawValue][warning.feature].increment() }
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
        windows.publish(&tally)
      }
    }
  }
}
