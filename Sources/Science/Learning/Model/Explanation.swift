package import Tabular

/// Why a model says what it says of one row: what each feature adds to each raw output.
///
/// Bias and contributions of an output add up to its margin. With two classes there is one output, the log-odds of the second
/// class; else one for each class, before the softmax.
package struct Explanation: Sendable, Equatable {
  package var outputs: [Output]

  package struct Output: Sendable, Equatable {
    /// Position of the class that the output speaks for.
    package var classIndex: Int
    /// What the model says where nothing is known of a row.
    package var bias: Double
    /// One for each feature, in the schema's order.
    package var contributions: [Double]

    /// The raw output.
    package var margin: Double { contributions.reduce(bias, +) }
  }
}

extension Model {
  /// Whether predictions can be explained: of trees the file must say how many rows reached each node, as all of XGBoost's do.
  package var isExplainable: Bool { explainer != nil }

  /// What explaining one row costs, in steps of some nanoseconds each: of trees leaves × depth² (TreeSHAP; Lundberg, Erion, Lee,
  /// 2018), counted leaf by leaf, and one for each number of the result. 0 where the model cannot be explained.
  package var explanationSteps: Int {
    explainer.map { $0.steps + marginCount * (featureCount + 1) } ?? 0
  }

  /// Bytes of memory that explaining a row takes: `contributions` and what they are made of.
  package var explanationBytes: Int { 2 * MemoryLayout<Double>.size * marginCount * (featureCount + 1) }

  /// What each column adds to each raw output: `marginCount` × (`featureCount` + 1), the bias last, as XGBoost's
  /// `pred_contribs`; nil where the model cannot be explained.
  /// - Parameter row: `featureCount` values, NaN is missing.
  package func contributions(of row: UnsafeBufferPointer<Float>) -> [Double]? {
    precondition(row.count >= featureCount, "a row is too short")
    guard let explainer else { return nil }
    var columns = [Double](repeating: 0, count: marginCount * featureCount)
    columns.withUnsafeMutableBufferPointer { explainer.add(row: row, into: $0) }
    let biases = explainer.biases
    var result: [Double] = []
    result.reserveCapacity(columns.count + marginCount)
    for margin in 0..<marginCount {
      result += columns[margin * featureCount..<(margin + 1) * featureCount]
      result.append(Double(baseMargins[margin]) + biases[margin])
    }
    return result
  }

  /// The contributions by feature: those of the columns that a feature is encoded as, added up.
  /// - Parameter row: As `pipeline` encodes it.
  package func explanation(of row: UnsafeBufferPointer<Float>, pipeline: FeaturePipeline) -> Explanation? {
    guard let contributions = contributions(of: row) else { return nil }
    var outputs: [Explanation.Output] = []
    for margin in 0..<marginCount {
      let columns = contributions[(margin * (featureCount + 1))...].prefix(featureCount + 1)
      let sums = pipeline.slots.map { slot in slot.columns.reduce(0.0) { $0 + columns[columns.startIndex + $1] } }
      outputs.append(
        Explanation.Output(
          classIndex: marginCount == 1 ? 1 : margin, bias: columns[columns.startIndex + featureCount],
          contributions: sums))
    }
    return Explanation(outputs: outputs)
  }
}

extension FeaturePipeline.Slot {
  /// The columns that the feature is encoded as.
  var columns: Range<Int> {
    switch self {
    case .numeric(let offset): offset..<offset + 1
    case .categorical(let offset, let levels, let missing): offset..<offset + levels + (missing == nil ? 0 : 1)
    }
  }
}
