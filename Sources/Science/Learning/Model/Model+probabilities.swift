import Foundation

extension Model {
  /// Probability of each class for one row: `row` holds `featureCount` values, `probabilities` has room for
  /// `classCount`; they add up to 1. Nothing is allocated.
  package func predictProbabilities(
    row: UnsafeBufferPointer<Float>, into probabilities: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(probabilities.count >= classCount, "the result is too short")
    predictMargins(row: row, into: probabilities)
    toProbabilities(UnsafeMutableBufferPointer(rebasing: probabilities[..<classCount]))
  }

  /// Probabilities of many rows at once: `values` is row-major, whole rows of `featureCount`; `probabilities` has room for
  /// as many of `classCount`. Bit by bit what the rows would get one by one; some memory is allocated for each call, none
  /// for each row.
  package func predictProbabilities(
    rows values: UnsafeBufferPointer<Float>, into probabilities: UnsafeMutableBufferPointer<Float>
  ) {
    predictMargins(rows: values, into: probabilities, stride: classCount)
    for row in 0..<values.count / featureCount {
      toProbabilities(UnsafeMutableBufferPointer(rebasing: probabilities[row * classCount..<(row + 1) * classCount]))
    }
  }

  /// In place: from the margins at the beginning of `row` to all of its probabilities.
  func toProbabilities(_ row: UnsafeMutableBufferPointer<Float>) {
    if marginCount == 1 {
      let positive = Self.sigmoid(row[0])
      row[0] = 1 - positive
      row[1] = positive
    } else {
      Self.softmax(row)
    }
  }

  /// Raw outputs of many rows.
  /// - Parameters:
  ///   - values: Row-major, whole rows of `featureCount`.
  ///   - stride: Places of a row in `margins`, of which the first `marginCount` are written.
  private func predictMargins(
    rows values: UnsafeBufferPointer<Float>, into margins: UnsafeMutableBufferPointer<Float>, stride: Int
  ) {
    let count = values.count / featureCount
    guard count > 0 else { return }
    guard values.count == count * featureCount, margins.count >= count * stride, let first = values.baseAddress,
      let margin = margins.baseAddress
    else { preconditionFailure("rows or their results are too short") }
    guard case .trees(let forest) = learner, count >= Self.fewRows else {
      for row in 0..<count {
        predictMargins(
          row: UnsafeBufferPointer(start: first + row * featureCount, count: featureCount),
          into: UnsafeMutableBufferPointer(start: margin + row * stride, count: marginCount))
      }
      return
    }
    let blocks = forest.blocks
    let width = BlockForest.rows
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: blocks.scratchBytes) { codes in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: marginCount * width) { sums in
        guard let codes = codes.baseAddress, let sum = sums.baseAddress else { return }
        codes.initialize(repeating: 0, count: blocks.scratchBytes)
        for start in Swift.stride(from: 0, to: count, by: width) {
          let rows = min(width, count - start)
          for index in 0..<marginCount { (sum + index * width).initialize(repeating: baseMargins[index], count: width) }
          blocks.add(first + start * featureCount, count: rows, into: sum, codes: codes)
          for row in 0..<rows {
            for index in 0..<marginCount { margin[(start + row) * stride + index] = sum[index * width + row] }
          }
        }
      }
    }
  }

  /// Up to this many rows are quicker one by one.
  private static let fewRows = 8

  /// Probabilities of many rows, row-major `rows × classCount`; `values` is row-major `rows × featureCount`.
  package func probabilities(of values: [Float]) throws(LearningError) -> [Float] {
    try all(values, width: classCount) { rows, result in predictProbabilities(rows: rows, into: result) }
  }

  /// Raw outputs of many rows, row-major `rows × marginCount`.
  package func margins(of values: [Float]) throws(LearningError) -> [Float] {
    try all(values, width: marginCount) { rows, result in predictMargins(rows: rows, into: result, stride: marginCount)
    }
  }

  private func all(
    _ values: [Float], width: Int,
    _ predict: (UnsafeBufferPointer<Float>, UnsafeMutableBufferPointer<Float>) -> Void
  ) throws(LearningError) -> [Float] {
    guard values.count.isMultiple(of: featureCount) else {
      throw .shapeMismatch("\(values.count) values are no whole rows of \(featureCount) columns")
    }
    let places = values.count / featureCount * width
    return [Float](unsafeUninitializedCapacity: places) { result, count in
      values.withUnsafeBufferPointer { predict($0, UnsafeMutableBufferPointer(rebasing: result[..<places])) }
      count = places
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
