import Foundation
import Learning
import Testing
import WorkerContract

/// A model made of dice: unbalanced trees of any depth, missing values to either side, thresholds that repeat, infinities.
private struct RandomModel {
  struct Tree {
    var left: [Int] = []
    var right: [Int] = []
    var column: [Int] = []
    var value: [Float] = []
    var goesLeft: [Int] = []
  }

  let columns: Int
  let classes: Int
  var trees: [Tree] = []

  init(seed: UInt64, columns: Int, classes: Int, trees count: Int, depth: Int) {
    self.columns = columns
    self.classes = classes
    var dice = Dice(state: seed)
    for _ in 0..<count {
      var tree = Tree()
      _ = Self.grow(&tree, depth: dice.below(depth + 1), columns: columns, &dice)
      trees.append(tree)
    }
  }

  private static func grow(_ tree: inout Tree, depth: Int, columns: Int, _ dice: inout Dice) -> Int {
    let node = tree.left.count
    tree.left.append(-1)
    tree.right.append(-1)
    tree.column.append(0)
    tree.value.append(Float(dice.unit() - 0.5))
    tree.goesLeft.append(0)
    guard depth > 0, dice.unit() > 0.1 else { return node }
    tree.column[node] = dice.below(columns)
    tree.value[node] = dice.below(4) == 0 ? Float(dice.below(3) - 1) : Float(dice.unit() * 4 - 2)
    tree.goesLeft[node] = dice.below(2)
    tree.left[node] = grow(&tree, depth: depth - 1, columns: columns, &dice)
    tree.right[node] = grow(&tree, depth: depth - 1, columns: columns, &dice)
    return node
  }

  var json: Data {
    let trees = trees.map { tree in
      """
      {"left_children":\(tree.left),"right_children":\(tree.right),"split_indices":\(tree.column),
       "split_conditions":\(tree.value),"default_left":\(tree.goesLeft)}
      """
    }
    let outputs = trees.indices.map { classes == 2 ? 0 : $0 % classes }
    return Data(
      """
      {"learner":{"gradient_booster":{"name":"gbtree","model":{"tree_info":\(outputs),
       "trees":[\(trees.joined(separator: ","))]}},
       "learner_model_param":{"base_score":"0.5","num_class":"\(classes == 2 ? 0 : classes)",
       "num_feature":"\(columns)"},"objective":{"name":"\(classes == 2 ? "binary:logistic" : "multi:softprob")"}}}
      """.utf8)
  }

  /// The margins by the definition of a tree: from the root down, leaf by leaf, in single precision.
  func margins(of row: ArraySlice<Float>) -> [Float] {
    // The logit of 0.5, and 0.5 itself where there are more classes.
    var margins = [Float](repeating: classes == 2 ? 0 : 0.5, count: classes == 2 ? 1 : classes)
    for (index, tree) in trees.enumerated() {
      var node = 0
      while tree.left[node] >= 0 {
        let value = row[row.startIndex + tree.column[node]]
        let goesLeft = value.isNaN ? tree.goesLeft[node] == 1 : value < tree.value[node]
        node = goesLeft ? tree.left[node] : tree.right[node]
      }
      margins[index % margins.count] += tree.value[node]
    }
    return margins
  }

  func rows(_ count: Int, seed: UInt64) -> [Float] {
    var dice = Dice(state: seed)
    return (0..<count * columns).map { _ in
      switch dice.below(12) {
      case 0, 1: .nan
      case 2: Float(dice.below(3) - 1)
      case 3: -0.0
      case 4: dice.below(2) == 0 ? .infinity : -.infinity
      default: Float(dice.unit() * 4 - 2)
      }
    }
  }
}

@Suite struct EvaluatorTests {
  /// Shallow trees, deep ones and both; few columns, so that one has more thresholds than a byte can tell apart.
  static let shapes: [(columns: Int, classes: Int, trees: Int, depth: Int)] = [
    (1, 2, 1, 0), (1, 2, 1, 1), (3, 2, 7, 2), (2, 2, 300, 4), (108, 2, 200, 4), (5, 3, 33, 5), (4, 4, 40, 6),
    (2, 2, 40, 9), (6, 5, 50, 8), (1, 2, 600, 3),
  ]

  @Test("Single rows and batches of every length are the definition of a tree, bit by bit", arguments: 0..<30)
  func equalsDefinition(seed: Int) throws {
    let shape = Self.shapes[seed % Self.shapes.count]
    let random = RandomModel(
      seed: UInt64(seed), columns: shape.columns, classes: shape.classes, trees: shape.trees, depth: shape.depth)
    let model = try Model(json: random.json)
    let values = random.rows(103, seed: UInt64(1000 + seed))
    let expected = (0..<103).map { row in
      random.margins(of: values[row * random.columns..<(row + 1) * random.columns])
    }
    for length in [1, 7, 8, 9, 31, 32, 33, 103] {
      let margins = try model.margins(of: Array(values[..<(length * random.columns)]))
      #expect(margins == expected[..<length].flatMap(\.self), "\(length) rows")
    }
    let together = try model.probabilities(of: values)
    for row in 0..<103 {
      let alone = try model.probabilities(of: Array(values[row * random.columns..<(row + 1) * random.columns]))
      #expect(alone == Array(together[row * random.classes..<(row + 1) * random.classes]))
    }
  }

  @Test("Models that XGBoost trains on random data predict as it does, to 1e-6", arguments: 0..<24)
  func equalsXGBoost(seed: Int) throws {
    var dice = Dice(state: UInt64(seed) &* 77 &+ 5)
    let classes = [2, 2, 3, 4][dice.below(4)]
    let width = 1 + dice.below(12)
    let missing = [0, 0.1, 0.5][dice.below(3)]
    let algorithm: Algorithm =
      switch seed % 3 {
      case 0: .init(randomForest: .init(trees: 1 + dice.below(30), maxDepth: 1 + dice.below(10)))
      case 1:
        .init(
          gradientBoosting: .init(
            rounds: 1 + dice.below(60), maxDepth: 1 + dice.below(5), learningRate: 0.2, subsample: 0.8))
      default:
        .init(
          gradientBoosting: .init(
            rounds: 1 + dice.below(20), maxDepth: 5 + dice.below(4), learningRate: 0.3, subsample: 1))
      }
    // Some columns are zeros and ones, as categories are encoded.
    let binary = (0..<width).map { _ in dice.below(2) == 0 }
    func rows(_ count: Int) -> LabelledRows {
      var values: [Float] = []
      var labels: [Int] = []
      for index in 0..<count {
        let row = (0..<width).map { column -> Float in
          let value: Float = binary[column] ? Float(dice.below(2)) : Float(dice.unit() * 4 - 2)
          return dice.unit() < missing ? .nan : value
        }
        let known = row.filter { !$0.isNaN }.reduce(0, +)
        labels.append(index < classes ? index : abs(Int(known * 2)) % classes)
        values += row
      }
      return LabelledRows(values: values, width: width, labels: labels)
    }
    let (train, held) = (rows(500), rows(101))
    let json = try Trainer(algorithm: algorithm, classes: classes, seed: seed, threads: 1).fit(train: train).json
    let margins = try Booster(model: json, threads: 1).predict(held, margin: true, threads: 1)
    let own = try Model(json: json).margins(of: held.values)
    #expect(own.count == margins.count)
    for (left, right) in zip(own, margins) { #expect(abs(left - right) <= 1e-6 * max(1, abs(right))) }
  }
}
