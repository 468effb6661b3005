import Statistics

/// Rows by true class and predicted class.
package struct ConfusionMatrix: Codable, Sendable, Equatable {
  package var classes: [String]
  /// `counts[true][predicted]`.
  package var counts: [[Int]]
  /// `counts` divided by the rows of the true class; 0 where there is none.
  package var normalised: [[Double]]

  package init(classes: [String], labels: [Int], predicted: [Int]) {
    var counts = Array(repeating: Array(repeating: 0, count: classes.count), count: classes.count)
    for (label, guess) in zip(labels, predicted) { counts[label][guess] += 1 }
    self.classes = classes
    self.counts = counts
    normalised = counts.map { row in
      let total = row.reduce(0, +)
      return row.map { total == 0 ? 0 : Double($0) / Double(total) }
    }
  }

  package var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }

  package var accuracy: Double {
    let right = classes.indices.reduce(0) { $0 + counts[$1][$1] }
    return total == 0 ? 0 : Double(right) / Double(total)
  }

  /// Precision, recall and F1 of each class, in order.
  package var reports: [ClassReport] { zip(classes, ClassCounts.of(counts)).map(ClassReport.init) }

  /// Of the class at `positive`; means over the classes where that is nil.
  func scores(positive: Int?) -> ClassScores { ClassScores(ClassCounts.of(counts), positive: positive) }
}

/// How well one class is found.
package struct ClassReport: Codable, Sendable, Equatable {
  package var name: String
  /// nil where the measure is not defined: the class is never predicted, does not occur, or neither.
  package var precision: Double?
  package var recall: Double?
  package var f1: Double?
  /// Rows of this class.
  package var support: Int

  init(name: String, counts: ClassCounts) {
    self.name = name
    support = counts.occurring
    precision = counts.precision
    recall = counts.recall
    f1 = counts.f1
  }
}
