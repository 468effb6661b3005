package import Foundation
package import WorkerContract

/// Trains a classifier with XGBoost.
///
/// Guarantee: the same rows, algorithm, seed and number of threads give the same model.
package struct Trainer: Sendable {
  package var algorithm: Algorithm
  /// Number of classes, at least 2.
  package var classes: Int
  package var seed: Int
  /// Threads that XGBoost may use; 0: all that the machine has.
  package var threads: Int

  package init(algorithm: Algorithm, classes: Int, seed: Int, threads: Int) {
    self.algorithm = algorithm
    self.classes = classes
    self.seed = seed
    self.threads = threads
  }

  /// What training made.
  package struct Outcome: Sendable {
    /// XGBoost's JSON.
    package var json: Data
    /// Boosting rounds of the model.
    package var rounds: Int
    /// Log loss on the validation rows after each round of the first fit; empty without validation rows.
    package var validationLoss: [Double]
  }

  /// Fits the model.
  ///
  /// Gradient boosting with validation rows is fitted twice. The first fit, on `train` alone, finds the number of
  /// rounds with the least log loss on `validation` (at most the rounds asked for; it ends early after
  /// `patience` rounds without progress). The second, on both parts, makes the model with that many rounds: held-out
  /// rows cost accuracy when the model never learns from them. Forests and linear models have no round to choose and
  /// are fitted once, on both.
  package func fit(train: LabelledRows, validation: LabelledRows? = nil) throws(LearningError) -> Outcome {
    try train.validate(classes: classes)
    if let validation, validation.count > 0 { try validation.validate(classes: classes) }
    let held = validation.flatMap { $0.count > 0 ? $0 : nil }
    let all = held.map(train.appending) ?? train
    if let boosting = algorithm.gradientBoosting {
      let parameters = parameters(boosting)
      guard let held else {
        return try boost(all, rounds: boosting.rounds, parameters: parameters)
      }
      let losses = try validationLosses(train: train, held: held, rounds: boosting.rounds, parameters: parameters)
      let best = losses.indices.min { losses[$0] < losses[$1] } ?? boosting.rounds - 1
      var outcome = try boost(all, rounds: best + 1, parameters: parameters)
      outcome.validationLoss = losses
      return outcome
    }
    if let forest = algorithm.randomForest {
      return try boost(all, rounds: 1, parameters: parameters(forest))
    }
    if let regression = algorithm.logisticRegression {
      return try regress(all, parameters: parameters(regression, rows: all.count))
    }
    throw .unsupportedAlgorithm(
      "set one of gradientBoosting, randomForest and logisticRegression; a custom image trains itself")
  }

  /// Rounds without a lower validation loss after which the first fit ends.
  static func patience(rounds: Int) -> Int { max(10, rounds / 10) }

  private func boost(
    _ rows: LabelledRows, rounds: Int, parameters: [(String, String)]
  ) throws(LearningError) -> Outcome {
    let matrix = try TrainingMatrix(rows, threads: threads)
    let booster = try Booster(matrix: matrix, parameters: parameters)
    for round in 0..<max(rounds, 1) { try booster.update(round: round, on: matrix) }
    return Outcome(json: try booster.json(), rounds: max(rounds, 1), validationLoss: [])
  }

  private func validationLosses(
    train: LabelledRows, held: LabelledRows, rounds: Int, parameters: [(String, String)]
  ) throws(LearningError) -> [Double] {
    let matrix = try TrainingMatrix(train, threads: threads)
    let heldMatrix = try TrainingMatrix(held, threads: threads)
    let booster = try Booster(matrix: matrix, others: [heldMatrix], parameters: parameters)
    var losses: [Double] = []
    var best = 0
    for round in 0..<max(rounds, 1) {
      try booster.update(round: round, on: matrix)
      losses.append(try booster.loss(round: round, on: heldMatrix))
      if losses[round] < losses[best] { best = round }
      if round - best >= Self.patience(rounds: rounds) { break }
    }
    return losses
  }

  /// Sweeps of coordinate descent over standardised columns, until ten of them lower the mean log loss by less than
  /// `tolerance`. Columns are short work: more threads than one would only wait for each other.
  private func regress(_ rows: LabelledRows, parameters: [(String, String)]) throws(LearningError) -> Outcome {
    let standardisation = Standardisation(fitting: rows)
    let matrix = try TrainingMatrix(standardisation.apply(to: rows), threads: 1)
    let booster = try Booster(matrix: matrix, parameters: parameters + [("nthread", "1")])
    var sweeps = 0
    var loss = Double.infinity
    while sweeps < Self.maximumSweeps {
      for _ in 0..<Self.sweepsBetweenLooks {
        try booster.update(round: sweeps, on: matrix)
        sweeps += 1
      }
      let now = try booster.loss(round: sweeps, on: matrix)
      if loss - now < Self.tolerance { break }
      loss = now
    }
    let json = try standardisation.unfold(try booster.json())
    return Outcome(json: json, rounds: sweeps, validationLoss: [])
  }

  static let maximumSweeps = 500
  static let sweepsBetweenLooks = 10
  static let tolerance = 1e-8
}
