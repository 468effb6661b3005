package import WorkerContract

/// How long ground truth takes to arrive after a prediction.
package enum LabelDelay: Sendable, Equatable {
  /// As many further rows.
  case rows(Int)
  case span(TimeSpan)

  /// From a number of rows (`200`) or a length of time (`30s`); nil where the text is neither or negative.
  package init?(_ text: String) {
    if let rows = Int(text) {
      guard rows >= 0 else { return nil }
      self = .rows(rows)
    } else if let span = TimeSpan(text) {
      self = .span(span)
    } else {
      return nil
    }
  }
}

/// Labels that have not been sent, the oldest first.
struct PendingLabels {
  typealias Label = (index: Int, label: String)
  private var labels: [(label: Label, predictedAt: ContinuousClock.Instant)] = []

  var oldest: ContinuousClock.Instant? { labels.first?.predictedAt }

  mutating func add(_ new: [Label], at time: ContinuousClock.Instant) {
    labels += new.map { ($0, time) }
  }

  mutating func takeDue(_ delay: LabelDelay, now: ContinuousClock.Instant) -> [Label] {
    switch delay {
    case .rows(let rows):
      return take(max(0, labels.count - rows))
    case .span(let span):
      return take(labels.prefix { $0.predictedAt.advanced(by: .seconds(span.seconds)) <= now }.count)
    }
  }

  mutating func takeAll() -> [Label] { take(labels.count) }

  private mutating func take(_ count: Int) -> [Label] {
    defer { labels.removeFirst(count) }
    return labels.prefix(count).map(\.label)
  }
}
