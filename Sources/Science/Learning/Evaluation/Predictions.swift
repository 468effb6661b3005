/// Held-out rows as an evaluation sees them: what was true and what the model said.
package struct Predictions: Sendable, Equatable {
  /// Names of the classes, in the order of the probabilities.
  package var classes: [String]
  /// Index of the positive class: binary metrics are about it; multi-class metrics do not look at it.
  package var positive: Int
  /// True class of each row.
  package var labels: [Int]
  /// Row-major, `rows × classes`.
  package var probabilities: [Float]

  package var count: Int { labels.count }
  package var isBinary: Bool { classes.count == 2 }

  /// Throws unless the arrays fit, there is at least one row, every label is a class and every probability a number.
  package init(
    classes: [String], positive: Int, labels: [Int], probabilities: [Float]
  ) throws(LearningError) {
    guard classes.count >= 2, classes.indices.contains(positive) else {
      throw .shapeMismatch("\(classes.count) classes with class \(positive) as the positive one")
    }
    guard !labels.isEmpty, probabilities.count == labels.count * classes.count,
      labels.allSatisfy(classes.indices.contains)
    else {
      throw .shapeMismatch("\(probabilities.count) probabilities for \(labels.count) rows of \(classes.count) classes")
    }
    guard probabilities.allSatisfy(\.isFinite) else {
      throw .unreadableModel("it gives probabilities that are no numbers")
    }
    self.classes = classes
    self.positive = positive
    self.labels = labels
    self.probabilities = probabilities
  }

  /// Only these rows, in this order. Throws where there are none.
  package func selecting(rows: [Int]) throws(LearningError) -> Predictions {
    try Predictions(
      classes: classes, positive: positive, labels: rows.map { labels[$0] },
      probabilities: rows.flatMap { probabilities[($0 * classes.count)..<(($0 + 1) * classes.count)] })
  }

  /// The most probable class of each row, the first of equals.
  package var predicted: [Int] {
    (0..<count).map { Model.mostProbable(probabilities[($0 * classes.count)..<(($0 + 1) * classes.count)]) }
  }

  /// Probability of one class for every row.
  package func scores(of classIndex: Int) -> [Double] {
    (0..<count).map { Double(probabilities[$0 * classes.count + classIndex]) }
  }

  /// Probability of each row's most probable class.
  package var confidences: [Double] {
    predicted.enumerated().map { row, index in Double(probabilities[row * classes.count + index]) }
  }

  /// Whether each row's most probable class is its true one.
  package var isCorrect: [Bool] { zip(predicted, labels).map(==) }

  /// Half the summed squared error of each row's probabilities: for two classes the squared error of either.
  package var squaredErrors: [Double] {
    labels.enumerated().map { row, label in
      classes.indices.reduce(0.0) { sum, index in
        let error = Double(probabilities[row * classes.count + index]) - (index == label ? 1 : 0)
        return sum + error * error
      } / 2
    }
  }
}
