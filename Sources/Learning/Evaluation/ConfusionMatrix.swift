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

  /// Precision, recall and F1 of one class; 0 where a denominator is 0, as scikit-learn's `zero_division=0`.
  package func report(of index: Int) -> ClassReport {
    let hits = counts[index][index]
    let support = counts[index].reduce(0, +)
    let guessed = counts.reduce(0) { $0 + $1[index] }
    return ClassReport(name: classes[index], hits: hits, guessed: guessed, support: support)
  }
}

/// How well one class is found.
package struct ClassReport: Codable, Sendable, Equatable {
  package var name: String
  package var precision: Double
  package var recall: Double
  package var f1: Double
  /// Rows of this class.
  package var support: Int

  init(name: String, hits: Int, guessed: Int, support: Int) {
    self.name = name
    self.support = support
    precision = guessed == 0 ? 0 : Double(hits) / Double(guessed)
    recall = support == 0 ? 0 : Double(hits) / Double(support)
    f1 = guessed + support == 0 ? 0 : 2 * Double(hits) / Double(guessed + support)
  }
}
