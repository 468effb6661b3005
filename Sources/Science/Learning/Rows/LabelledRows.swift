/// Encoded rows with their classes, as training and evaluation take them.
package struct LabelledRows: Sendable, Equatable {
  /// Row-major, `count × width`; NaN is a missing value.
  package var values: [Float]
  /// Columns of each row.
  package var width: Int
  /// Index of each row's class, 0 ..< classes.
  package var labels: [Int]

  package var count: Int { labels.count }

  package init(values: [Float], width: Int, labels: [Int]) {
    self.values = values
    self.width = width
    self.labels = labels
  }

  /// These rows followed by those of `other`, which must have the same width.
  package func appending(_ other: LabelledRows) -> LabelledRows {
    LabelledRows(values: values + other.values, width: width, labels: labels + other.labels)
  }

  /// Throws unless the arrays fit each other and every label lies in `0 ..< classes`.
  package func validate(classes: Int) throws(LearningError) {
    guard width > 0, count > 0 else { throw .shapeMismatch("\(count) rows of \(width) columns") }
    guard values.count == count * width else {
      throw .shapeMismatch("\(values.count) values for \(count) rows of \(width) columns")
    }
    guard let least = labels.min(), let most = labels.max(), least >= 0, most < classes else {
      throw .shapeMismatch("a label lies outside of 0 ..< \(classes)")
    }
  }
}
