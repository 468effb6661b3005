import ApusAPI

/// Minimum metrics that suit the data, before anybody knows what a model of it can do: clearly better than guessing, so
/// that a broken version is stopped and a sound first one is served.
struct Gates {
  /// Shares of the rows by class.
  let classShares: [Double]
  /// Of the positive class.
  let positiveShare: Double
  let positive: String
  let commonest: String

  private var majority: Double { classShares.max() ?? 0.5 }
  private var isBinary: Bool { classShares.count == 2 }

  /// Above the share of the commonest class by a tenth of what is left. Where nearly all rows are of one class, accuracy
  /// says little: then it may not fall far below that share.
  var accuracy: (value: Double, why: String) {
    let always = "a model that always answers \(commonest) has \(percentText(majority))"
    guard majority < 0.9 else {
      return (Self.down(majority - 0.01), "\(always): accuracy says little here, f1 and rocAUC decide")
    }
    return (Self.down(majority + 0.1 * (1 - majority)), "\(always); this is clearly above")
  }

  /// Guessing with the classes' own shares has an F1 of the positive class's share (macro average: 1 / classes).
  var f1: (value: Double, why: String) {
    let guess = isBinary ? positiveShare : 1 / Double(max(1, classShares.count))
    let text = isBinary ? "guessing \(positive) at its own rate" : "guessing"
    return (Self.down(guess + 0.1 * (1 - guess)), "\(text) has \(percentText(guess)); this is clearly above")
  }

  var rocAUC: (value: Double, why: String) { (0.7, "0.5 is guessing, 1 is perfect") }

  /// Mean confidence that counts as low: a little above an even split between the classes.
  var confidence: (value: Double, why: String)? {
    guard !isBinary else { return nil }
    let even = 1 / Double(max(1, classShares.count))
    return (Self.down(even * 1.1), "an even split between \(classShares.count) classes is \(percentText(even))")
  }

  /// Two decimals, never upwards.
  static func down(_ value: Double) -> Double { (max(0, value) * 100 + 1e-9).rounded(.down) / 100 }
}

func percentText(_ share: Double) -> String {
  let tenths = (share * 1000).rounded() / 10
  return tenths == tenths.rounded() ? "\(Int(tenths)) %" : "\(tenths) %"
}
