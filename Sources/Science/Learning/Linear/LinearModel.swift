/// A linear model as XGBoost's gblinear has it. Missing values add nothing, unless the model knows what to put in their
/// place (see `Standardisation`).
struct LinearModel: Sendable {
  /// Column-major by margin: weight of column c for margin m at `c * margins + m`, then the biases.
  private(set) var weights: [Float]
  let columns: Int
  let margins: Int
  /// What stands for a missing value of each column; 0 adds nothing.
  let substitutes: [Float]
  /// Typical distance of each column's values from their mean; 1 where unknown.
  let deviations: [Double]

  init(
    weights: [Float], columns: Int, margins: Int, standardisation: Standardisation? = nil
  ) throws(LearningError) {
    guard weights.count == (columns + 1) * margins else {
      throw .unreadableModel("\(weights.count) weights for \(columns) columns and \(margins) outputs")
    }
    guard weights.allSatisfy({ abs(Double($0)) <= ModelBounds.margin }) else {
      throw .unreadableModel("it has a weight that is not finite")
    }
    if let standardisation {
      guard standardisation.means.count == columns, standardisation.deviations.count == columns else {
        throw .unreadableModel("the attribute \(Standardisation.attribute) does not have \(columns) columns")
      }
      guard standardisation.means.allSatisfy({ abs($0) <= ModelBounds.margin }),
        standardisation.deviations.allSatisfy({ $0.isFinite && $0 > 0 })
      else { throw .unreadableModel("the attribute \(Standardisation.attribute) holds a figure that is none") }
    }
    substitutes = standardisation?.means.map(Float.init) ?? Array(repeating: 0, count: columns)
    deviations = standardisation?.deviations ?? Array(repeating: 1, count: columns)
    self.weights = weights
    self.columns = columns
    self.margins = margins
  }

  /// Adds bias and weighted values to each margin; nothing is allocated.
  func add(row: UnsafeBufferPointer<Float>, into result: UnsafeMutableBufferPointer<Float>) {
    weights.withUnsafeBufferPointer { weights in
      substitutes.withUnsafeBufferPointer { substitutes in
        for margin in 0..<margins {
          var sum = result[margin] + weights[columns * margins + margin]
          for column in 0..<columns {
            let value = row[column].isNaN ? substitutes[column] : row[column]
            sum += value * weights[column * margins + margin]
          }
          result[margin] = sum
        }
      }
    }
  }
}
