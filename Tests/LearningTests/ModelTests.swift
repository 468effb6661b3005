import Foundation
import Learning
import Testing
import WorkerContract

private func largestDifference(_ left: [Float], _ right: [Float]) -> Float {
  left.count == right.count ? zip(left, right).map { abs($0 - $1) }.max() ?? 0 : .infinity
}

struct Case: Sendable, CustomTestStringConvertible {
  var name: String
  var algorithm: Algorithm
  var classes: Int
  var missing: Double

  var testDescription: String { name }
}

private let cases: [Case] = [2, 3, 5].flatMap { classes in
  [0, 0.2].flatMap { missing in
    [
      Case(
        name: "boosting, depth 1, \(classes) classes, missing \(missing)",
        algorithm: .init(gradientBoosting: .init(rounds: 7, maxDepth: 1, learningRate: 0.3, subsample: 1)),
        classes: classes, missing: missing),
      Case(
        name: "boosting, depth 8, \(classes) classes, missing \(missing)",
        algorithm: .init(gradientBoosting: .init(rounds: 20, maxDepth: 8, learningRate: 0.1, subsample: 0.7)),
        classes: classes, missing: missing),
      Case(
        name: "forest, \(classes) classes, missing \(missing)",
        algorithm: .init(randomForest: .init(trees: 9, maxDepth: 6)), classes: classes, missing: missing),
    ]
  }
}

@Suite struct ModelTests {
  @Test("The evaluator equals XGBoost's own predictions to 1e-6", arguments: cases)
  func equalsXGBoost(sample: Case) throws {
    let train = RandomRows.smooth(400, width: 5, classes: sample.classes, missing: sample.missing, seed: 11)
    let held = RandomRows.smooth(300, width: 5, classes: sample.classes, missing: sample.missing, seed: 12)
    let trainer = Trainer(algorithm: sample.algorithm, classes: sample.classes, seed: 3, threads: 1)
    let json = try trainer.fit(train: train).json
    let model = try Model(json: json)
    let booster = try Booster(model: json, threads: 1)
    #expect(model.classCount == sample.classes)
    #expect(model.featureCount == 5)
    let margins = try booster.predict(held, margin: true, threads: 1)
    #expect(largestDifference(try model.margins(of: held.values), margins) < 1e-6)
    let probabilities = try booster.predict(held, margin: false, threads: 1)
    let own = try model.probabilities(of: held.values)
    let comparable = sample.classes == 2 ? stride(from: 1, to: own.count, by: 2).map { own[$0] } : own
    #expect(largestDifference(comparable, probabilities) < 1e-6)
  }

  @Test("A linear model equals XGBoost's on complete rows and puts the mean where a value is missing")
  func linear() throws {
    let train = RandomRows.smooth(300, width: 4, classes: 2, missing: 0.1, seed: 1)
    let trainer = Trainer(algorithm: .init(logisticRegression: .init(l2: 1)), classes: 2, seed: 1, threads: 1)
    let json = try trainer.fit(train: train).json
    let model = try Model(json: json)
    let held = RandomRows.smooth(200, width: 4, classes: 2, missing: 0, seed: 2)
    let own = try Booster(model: json, threads: 1).predict(held, margin: true, threads: 1)
    #expect(largestDifference(try model.margins(of: held.values), own) < 1e-6)

    let column = stride(from: 0, to: train.values.count, by: 4).map { train.values[$0] }.filter { !$0.isNaN }
    let mean = Float(column.reduce(0.0) { $0 + Double($1) } / Double(column.count))
    let gap = try model.margins(of: [.nan, 0.5, 0.25, -1])
    #expect(largestDifference(gap, try model.margins(of: [mean, 0.5, 0.25, -1])) < 1e-6)
  }

  @Test("Models that a newer XGBoost saved open and predict the same")
  func newerReleases() throws {
    for (text, margins) in [
      (NewerModels.binary, NewerModels.binaryMargins), (NewerModels.multi, NewerModels.multiMargins),
      (NewerModels.linear, NewerModels.linearMargins),
    ] {
      let model = try Model(json: Data(text.utf8))
      #expect(largestDifference(try model.margins(of: NewerModels.rows), margins) < 1e-6)
    }
  }

  @Test("Equal seeds give equal models, other seeds others")
  func determinism() throws {
    let rows = RandomRows.smooth(300, width: 4, classes: 2, missing: 0.1, seed: 5)
    let algorithm = Algorithm(gradientBoosting: .init(rounds: 10))
    func model(seed: Int) throws -> Data {
      try Trainer(algorithm: algorithm, classes: 2, seed: seed, threads: 2).fit(train: rows).json
    }
    #expect(try model(seed: 1) == model(seed: 1))
    #expect(try model(seed: 1) != model(seed: 2))
  }

  @Test("Validation rows choose the number of rounds")
  func earlyStopping() throws {
    let train = RandomRows.smooth(150, width: 5, classes: 2, missing: 0, seed: 21)
    let held = RandomRows.smooth(150, width: 5, classes: 2, missing: 0, seed: 22)
    let algorithm = Algorithm(gradientBoosting: .init(rounds: 300, maxDepth: 6, learningRate: 0.5, subsample: 1))
    let outcome = try Trainer(algorithm: algorithm, classes: 2, seed: 1, threads: 1)
      .fit(train: train, validation: held)
    let least = try #require(outcome.validationLoss.min())
    #expect(outcome.rounds < 300)
    #expect(outcome.validationLoss[outcome.rounds - 1] == least)
    #expect(try Model(json: outcome.json).treeCount == outcome.rounds)
  }

  @Test("A damaged or foreign model is refused with its reason")
  func refusals() throws {
    let text = NewerModels.binary
    let damage: [(String, String, String)] = [
      ("\"left_children\":[1,", "\"left_children\":[0,", "cycle"),
      ("\"left_children\":[1,", "\"left_children\":[99,", "outside"),
      ("\"split_indices\":[0,0,2", "\"split_indices\":[0,0,7", "column 7 of 3"),
      ("\"tree_info\":[0,0]", "\"tree_info\":[0]", "tree_info"),
      ("binary:logistic", "rank:pairwise", "objective rank:pairwise"),
      ("[4.5E-1]", "[x]", "base_score"),
      ("gbtree\"}", "dart\"}", "booster dart"),
      ("\"num_feature\":\"3\",\"num_t", "\"num_feature\":\"-3\",\"num_t", "num_feature"),
    ]
    for (old, new, word) in damage {
      let changed = text.replacingOccurrences(of: "\n", with: "").replacingOccurrences(of: old, with: new)
      #expect(changed != text.replacingOccurrences(of: "\n", with: ""), "\(old)")
      let error = #expect(throws: LearningError.self) { _ = try Model(json: Data(changed.utf8)) }
      let sentence = error?.description ?? ""
      #expect(sentence.contains(word), "\(sentence)")
    }
    #expect(throws: LearningError.self) { _ = try Model(json: Data("{}".utf8)) }
    #expect(throws: LearningError.self) { _ = try Model(json: Data("no".utf8)) }
  }

  @Test("XGBoost's refusal becomes an error that names the call")
  func engineErrors() {
    let error = #expect(throws: LearningError.self) { _ = try Booster(model: Data("no".utf8), threads: 1) }
    guard case .engine(let call, let message) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(call == "XGBoosterLoadModelFromBuffer")
    #expect(!message.isEmpty)
  }

  @Test("Importances add up to one and name the column that decides")
  func importances() throws {
    let random = RandomRows.smooth(500, width: 4, classes: 2, missing: 0, seed: 31)
    let labels = (0..<500).map { random.values[$0 * 4 + 2] > 0.3 ? 1 : 0 }
    let rows = LabelledRows(values: random.values, width: 4, labels: labels)
    for algorithm in [
      Algorithm(gradientBoosting: .init(rounds: 10)), .init(randomForest: .init(trees: 5)),
      .init(logisticRegression: .init()),
    ] {
      let json = try Trainer(algorithm: algorithm, classes: 2, seed: 1, threads: 1).fit(train: rows).json
      let found = try Model(json: json).importances(names: ["a", "b", "c", "d"])
      #expect(found.first?.column == "c")
      #expect(abs(found.reduce(0) { $0 + $1.share } - 1) < 1e-9)
    }
  }
}
