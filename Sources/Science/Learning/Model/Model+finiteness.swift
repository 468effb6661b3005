extension Model {
  /// Whether the raw outputs are finite numbers whatever the row: so it is where the largest leaves of all trees together stay far
  /// from what a Float holds. A linear model's outputs grow with the values, so that each row has to be looked at.
  package var isAlwaysFinite: Bool {
    guard case .trees(let forest) = learner, baseMargins.allSatisfy(\.isFinite) else { return false }
    var bound = baseMargins.reduce(0.0) { max($0, Double(abs($1))) }
    let (values, roots) = (forest.ensemble.values, forest.ensemble.roots)
    for (tree, root) in roots.enumerated() {
      let end = tree + 1 < roots.count ? Int(roots[tree + 1]) : values.count
      var largest: Float = 0
      for value in values[Int(root)..<end] {
        guard value.isFinite else { return false }
        largest = max(largest, abs(value))
      }
      bound += Double(largest)
    }
    return bound < Double(Float.greatestFiniteMagnitude) / 2
  }

  /// The same as `predictProbabilities(row:into:)`. False where a raw output is not a finite number: what is written then are no
  /// probabilities.
  package func predictFiniteProbabilities(
    row: UnsafeBufferPointer<Float>, into probabilities: UnsafeMutableBufferPointer<Float>
  ) -> Bool {
    precondition(probabilities.count >= classCount, "the result is too short")
    predictMargins(row: row, into: probabilities)
    for margin in probabilities[..<marginCount] where !margin.isFinite { return false }
    toProbabilities(UnsafeMutableBufferPointer(rebasing: probabilities[..<classCount]))
    return true
  }
}
