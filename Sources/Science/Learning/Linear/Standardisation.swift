import Foundation

/// Mean and deviation of each column, by which a linear model makes columns comparable and replaces missing values.
///
/// Training sees `(x − mean) / deviation`, a missing value as 0. The saved model has the same line in the columns' own
/// units and carries the means in the attribute `apus.standardisation`, so that rows are predicted as the pipeline
/// encodes them: `Model` puts a column's mean in place of a missing value, where plain XGBoost would put 0.
/// Equal to scikit-learn's `SimpleImputer(strategy="mean")` and `StandardScaler` before a LogisticRegression.
struct Standardisation: Codable, Equatable {
  /// Of the values that are there; 0 where none is.
  var means: [Double]
  /// Of the column with its gaps filled, population formula; 1 where it is constant.
  var deviations: [Double]

  static let attribute = "apus.standardisation"

  init(fitting rows: LabelledRows) {
    let width = rows.width
    var sums = Array(repeating: 0.0, count: width)
    var counts = Array(repeating: 0, count: width)
    for (index, value) in rows.values.enumerated() where !value.isNaN {
      sums[index % width] += Double(value)
      counts[index % width] += 1
    }
    let means = zip(sums, counts).map { $1 == 0 ? 0 : $0 / Double($1) }
    var squares = Array(repeating: 0.0, count: width)
    for (index, value) in rows.values.enumerated() where !value.isNaN {
      let distance = Double(value) - means[index % width]
      squares[index % width] += distance * distance
    }
    self.means = means
    deviations = squares.map { square in
      let deviation = (square / Double(max(rows.count, 1))).squareRoot()
      return deviation > 0 ? deviation : 1
    }
  }

  func apply(to rows: LabelledRows) -> LabelledRows {
    var result = rows
    for index in result.values.indices {
      let column = index % rows.width
      let value = result.values[index]
      result.values[index] = value.isNaN ? 0 : Float((Double(value) - means[column]) / deviations[column])
    }
    return result
  }
}
