/// How often one class was predicted, was true, and was both: what precision, recall and F1 are made of.
///
/// The numbers are those of scikit-learn's `precision_recall_fscore_support`, except that a measure with nothing to
/// divide by is absent here, where scikit-learn warns and says 0.
package struct ClassCounts: Sendable, Equatable {
  /// Rows of the class that were predicted to be of it.
  package var hits: Int
  /// Rows that were predicted to be of the class.
  package var predicted: Int
  /// Rows of the class.
  package var occurring: Int

  package init(hits: Int, predicted: Int, occurring: Int) {
    self.hits = hits
    self.predicted = predicted
    self.occurring = occurring
  }

  /// Each class of a square matrix of rows by true class and predicted class, in order.
  package static func of(_ matrix: [[Int]]) -> [ClassCounts] {
    matrix.indices.map { index in
      ClassCounts(
        hits: matrix[index][index], predicted: matrix.reduce(0) { $0 + $1[index] },
        occurring: matrix[index].reduce(0, +))
    }
  }

  /// nil where no row was predicted to be of the class.
  package var precision: Double? { share(hits, of: predicted) }
  /// nil where no row is of the class.
  package var recall: Double? { share(hits, of: occurring) }
  /// nil where the class neither occurs nor is predicted.
  package var f1: Double? { share(2 * hits, of: predicted + occurring) }

  private func share(_ part: Int, of whole: Int) -> Double? { whole > 0 ? Double(part) / Double(whole) : nil }
}

/// Precision, recall and F1 of one class, or their means over the classes. What is not defined is nil.
package struct ClassScores: Sendable, Equatable {
  package var precision: Double?
  package var recall: Double?
  package var f1: Double?

  /// Of one class.
  package init(_ counts: ClassCounts) {
    precision = counts.precision
    recall = counts.recall
    f1 = counts.f1
  }

  /// Means over the classes (scikit-learn's `average="macro"`): a class that neither occurs nor is predicted is left
  /// out; one that occurs and is never predicted has precision 0, one that is predicted and never occurs has recall 0.
  package init(macro counts: some Sequence<ClassCounts>) {
    let seen = counts.filter { $0.predicted + $0.occurring > 0 }
    precision = Self.mean(seen.map { $0.precision ?? 0 })
    recall = Self.mean(seen.map { $0.recall ?? 0 })
    f1 = Self.mean(seen.map { $0.f1 ?? 0 })
  }

  /// Of the class at `positive`; over all where that is nil.
  package init(_ counts: [ClassCounts], positive: Int?) {
    if let positive, counts.indices.contains(positive) {
      self.init(counts[positive])
    } else {
      self.init(macro: counts)
    }
  }

  private static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }
}
