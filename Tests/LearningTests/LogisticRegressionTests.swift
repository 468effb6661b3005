import Foundation
import Learning
import Testing
import WorkerContract

/// scikit-learn 1.9: `make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(C, tol=1e-10))` on rows that the
/// same formula makes there.
@Suite struct LogisticRegressionTests {
  private func rows(classes: Int) -> LabelledRows {
    var values: [Float] = []
    var labels: [Int] = []
    for row in 0..<200 {
      let first = Double(row * 37 % 101) / 10
      let second = Double(row * row % 89) * 1000
      let third = (row * 53 + 11) % 7 < 3 ? 1.0 : 0
      values += [
        row.isMultiple(of: 9) ? .nan : Float(first), row % 11 == 3 ? .nan : Float(second), Float(third),
      ]
      if classes == 2 {
        let sum = first - 5 + second / 20000 - 2 + 2 * third + Double(row * 71 % 13) / 2 - 3.5
        labels.append(sum > 0 ? 1 : 0)
      } else {
        labels.append(min(max(Int((Double(row * 29 % 17) + first + 3 * third) / 9), 0), 2))
      }
    }
    return LabelledRows(values: values, width: 3, labels: labels)
  }

  private func probabilities(_ rows: LabelledRows, l2: Double, classes: Int) throws -> [Float] {
    let trainer = Trainer(
      algorithm: .init(logisticRegression: .init(l2: l2)), classes: classes, seed: 1, threads: 1)
    return try Model(json: try trainer.fit(train: rows).json).probabilities(of: rows.values)
  }

  @Test(
    "Probabilities equal scikit-learn's, missing values included",
    arguments: [
      (
        1.0, [0.13074906, 0.21148503, 0.48059881, 0.14979836, 0.17421992, 0.7965073, 0.21724632, 0.57644546] as [Float]
      ),
      (10.0, [0.24448691, 0.30153990, 0.50871581, 0.23896505, 0.28310156, 0.71864979, 0.29769472, 0.55754906]),
    ])
  func binary(l2: Double, expected: [Float]) throws {
    let rows = rows(classes: 2)
    #expect(rows.labels.reduce(0, +) == 105)
    let own = try probabilities(rows, l2: l2, classes: 2)
    for (row, value) in expected.enumerated() { #expect(abs(own[row * 2 + 1] - value) < 5e-4) }
  }

  @Test("Three classes equal scikit-learn's multinomial model")
  func multinomial() throws {
    let rows = rows(classes: 3)
    #expect((0..<3).map { label in rows.labels.count { $0 == label } } == [41, 99, 60])
    let own = try probabilities(rows, l2: 1, classes: 3)
    let expected: [Float] = [
      0.21937461, 0.60899961, 0.17162579, 0.17953837, 0.53019577, 0.29026583, 0.09198732, 0.60509914, 0.30291352,
      0.38857120, 0.46025234, 0.15117644,
    ]
    for (index, value) in expected.enumerated() { #expect(abs(own[index] - value) < 2e-3) }
  }
}
