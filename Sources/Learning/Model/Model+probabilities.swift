import Foundation

extension Model {
  /// Probability of each class for one row: `row` holds `featureCount` values, `probabilities` has room for
  /// `classCount`; they add up to 1. Nothing is allocated.
  package func predictProbabilities(
    row: UnsafeBufferPointer<Float>, into probabilities: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(probabilities.count >= classCount, "the result is too short")
    predictMargins(row: row, into: probabilities)
    if marginCount == 1 {
      let positive = Self.sigmoid(probabilities[0])
      probabilities[0] = 1 - positive
      probabilities[1] = positive
    } else {
      Self.softmax(UnsafeMutableBufferPointer(rebasing: probabilities[..<classCount]))
    }
  }

  /// Probabilities of many rows, row-major `rows × classCount`; `values` is row-major `rows × featureCount`.
  package func probabilities(of values: [Float]) throws(LearningError) -> [Float] {
    try each(values, width: classCount) { row, result in predictProbabilities(row: row, into: result) }
  }

  /// Raw outputs of many rows, row-major `rows × marginCount`.
  package func margins(of values: [Float]) throws(LearningError) -> [Float] {
    try each(values, width: marginCount) { row, result in predictMargins(row: row, into: result) }
  }

  private func each(
    _ values: [Float], width: Int,
    _ predict: (UnsafeBufferPointer<Float>, UnsafeMutableBufferPointer<Float>) -> Void
  ) throws(LearningError) -> [Float] {
    guard values.count.isMultiple(of: featureCount) else {
      throw .shapeMismatch("\(values.count) values are no whole rows of \(featureCount) columns")
    }
    let rows = values.count / featureCount
    return [Float](unsafeUninitializedCapacity: rows * width) { result, count in
      values.withUnsafeBufferPointer { values in
        for row in 0..<rows {
          predict(
            UnsafeBufferPointer(rebasing: values[(row * featureCount)..<((row + 1) * featureCount)]),
            UnsafeMutableBufferPointer(rebasing: result[(row * width)..<((row + 1) * width)]))
        }
      }
      count = rows * width
    }
  }

  /// The index of the largest probability, the first of equals.
  package static func mostProbable(_ probabilities: some Collection<Float>) -> Int {
    var best = 0
    var highest = -Float.infinity
    for (index, value) in probabilities.enumerated() where value > highest {
      best = index
      highest = value
    }
    return best
  }

  private static func sigmoid(_ margin: Float) -> Float {
    1 / (1 + exp(-margin))
  }

  /// In place, shifted by the largest margin so that nothing overflows.
  private static func softmax(_ margins: UnsafeMutableBufferPointer<Float>) {
    var highest = -Float.infinity
    for margin in margins { highest = max(highest, margin) }
    var sum: Float = 0
    for index in margins.indices {
      margins[index] = exp(margins[index] - highest)
      sum += margins[index]
    }
    for index in margins.indices { margins[index] /= sum }
  }
}
