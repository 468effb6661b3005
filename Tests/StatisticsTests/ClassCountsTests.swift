import Statistics
import Testing

/// Numbers of scikit-learn 1.9 (`precision_recall_fscore_support`), which warns and says 0 where a measure is not
/// defined.
@Suite struct ClassCountsTests {
  private func counts(_ classes: Int, _ truth: [Int], _ predicted: [Int]) -> [ClassCounts] {
    var matrix = [[Int]](repeating: [Int](repeating: 0, count: classes), count: classes)
    for (actual, guess) in zip(truth, predicted) { matrix[actual][guess] += 1 }
    return ClassCounts.of(matrix)
  }

  private func repeated(_ parts: (Int, Int)...) -> [Int] { parts.flatMap { [Int](repeating: $0.0, count: $0.1) } }

  private func isClose(_ scores: ClassScores, _ precision: Double, _ recall: Double, _ f1: Double) -> Bool {
    zip([scores.precision, scores.recall, scores.f1], [precision, recall, f1]).allSatisfy { own, other in
      own.map { abs($0 - other) < 1e-11 } ?? false
    }
  }

  @Test func `a class that neither occurs nor is predicted is no part of a mean`() {
    let truth = repeated((0, 60), (1, 40))
    let predicted = repeated((0, 55), (1, 5), (0, 2), (1, 38))
    let expected = (0.924316605467, 0.933333333333, 0.927916795387)
    for classes in 2...5 {
      let scores = ClassScores(macro: counts(classes, truth, predicted))
      #expect(isClose(scores, expected.0, expected.1, expected.2), "\(classes) classes: \(scores)")
    }
  }

  @Test func `a class that is never predicted, or never occurs, counts 0 in a mean`() {
    let unpredicted = ClassScores(macro: counts(3, [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 1, 1]))
    #expect(isClose(unpredicted, 0.5, 0.555555555556, 0.488888888889))
    let unseen = ClassScores(macro: counts(3, [0, 0, 1, 1], [0, 2, 1, 1]))
    #expect(isClose(unseen, 0.666666666667, 0.5, 0.555555555556))
  }

  @Test func `what is not defined is absent`() {
    let unpredicted = ClassScores(counts(2, [1, 1, 0, 0], [0, 0, 0, 0]), positive: 1)
    #expect(unpredicted.precision == nil && unpredicted.recall == 0 && unpredicted.f1 == 0)
    let unseen = ClassScores(counts(2, [0, 0, 0, 0], [1, 0, 0, 0]), positive: 1)
    #expect(unseen.precision == 0 && unseen.recall == nil && unseen.f1 == 0)
    let neither = ClassScores(counts(2, [0, 0], [0, 0]), positive: 1)
    #expect(neither.precision == nil && neither.recall == nil && neither.f1 == nil)
    let nothing = ClassScores(macro: counts(3, [], []))
    #expect(nothing.precision == nil && nothing.recall == nil && nothing.f1 == nil)
  }
}
