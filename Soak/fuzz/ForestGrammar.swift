/// Writes models whose trees have odd shapes: chains, circles, nodes with two parents or none, lists of other lengths, odd numbers.
/// A few are good ones.
struct ForestGrammar {
  var random: SeededGenerator

  private static let leaves = [
    "0.1", "-0.4", "0", "-0", "1e38", "-1e38", "3e37", "1e39", "1e-45", "null", "\"0.1\"", "NaN",
  ]
  private static let places = [
    "-1", "-2", "0", "2147483647", "2147483648", "9223372036854775807", "1.5", "1e300", "null",
  ]
  private static let hessians = ["10", "0", "-1", "1e-45", "3e38", "1e39", "null"]

  /// The lists of a tree, node by node.
  private struct Tree {
    var left: [String] = []
    var right: [String] = []
    var columns: [String] = []
    var conditions: [String] = []
    var flags: [String] = []
    var hessians: [String] = []

    func text(_ additions: String) -> String {
      func list(_ items: [String]) -> String { "[\(items.joined(separator: ","))]" }
      return
        "{\"left_children\":\(list(left)),\"right_children\":\(list(right)),\"split_indices\":\(list(columns)),"
        + "\"split_conditions\":\(list(conditions)),\"default_left\":\(list(flags)),\"sum_hessian\":\(list(hessians))\(additions)}"
    }
  }

  /// - Parameter columns: Of the pipeline that it should fit.
  mutating func model(columns: Int) -> [UInt8] {
    let isMany = random.once(in: 100)
    let trees = (0..<(isMany ? random.pick([500, 3000]) : 1 + random.below(4))).map { _ in
      tree(columns, isSmall: isMany)
    }
    var outputs = trees.map { _ in "0" }
    if random.once(in: 12) { outputs[random.below(outputs.count)] = random.pick(["1", "-1", "99999999999", "null"]) }
    if random.once(in: 12) { outputs.removeLast() }
    let width =
      random.once(in: 12) ? random.pick(["0", "-1", "9", "11", "1048577", "2147483646", "1e9"]) : "\(columns)"
    let base = random.once(in: 8) ? random.pick(["0", "1", "1E-45", "nan", "[5E-1]", "[0.5,0.5]", "1e39", ""]) : "5E-1"
    let classes = random.once(in: 12) ? random.pick(["1", "2", "3", "100001", "-1", ""]) : "0"
    let objective =
      random.once(in: 12) ? random.pick(["multi:softprob", "reg:squarederror", "rank:ndcg"]) : "binary:logistic"
    return Array(
      """
      {"learner":{"gradient_booster":{"name":"gbtree","model":{"tree_info":[\(outputs.joined(separator: ","))],
       "trees":[\(trees.joined(separator: ","))]}},
       "learner_model_param":{"base_score":"\(base)","num_class":"\(classes)","num_feature":"\(width)"},
       "objective":{"name":"\(objective)"}}}
      """.utf8)
  }

  private mutating func tree(_ columns: Int, isSmall: Bool) -> String {
    let inner =
      isSmall ? 1 : random.once(in: 40) ? random.pick([60, 199, 200, 201, 999, 1000, 1001, 5000]) : random.below(8)
    let isChain = random.once(in: 2)
    var tree = Tree()
    let count = 2 * inner + 1
    for node in 0..<count {
      // A chain has its inner nodes at even places; otherwise it is a heap.
      let isInner = isChain ? node.isMultiple(of: 2) && node < count - 1 : node < inner
      let next = isChain ? node + 1 : 2 * node + 1
      tree.left.append(isInner ? place(next, count) : "-1")
      tree.right.append(isInner ? place(next + 1, count) : "-1")
      tree.columns.append(
        !isInner
          ? "0"
          : random.once(in: 60) ? random.pick(["-1", "10", "2147483647", "4294967296"]) : "\(random.below(columns))")
      tree.conditions.append(
        random.once(in: 20) ? random.pick(Self.leaves) : isInner ? "\(random.below(100))" : "0.\(random.below(99))")
      tree.flags.append(random.pick(["0", "1", "true", "false"]))
      tree.hessians.append(random.once(in: 30) ? random.pick(Self.hessians) : "\(count - node)")
    }
    if random.once(in: 20) { _ = tree.right.popLast() }
    if random.once(in: 20) { tree.conditions.append("1") }
    if random.once(in: 20) { tree.hessians = [] }
    var additions = ""
    if random.once(in: 12) {
      additions += ",\"split_type\":[\(Array(repeating: "1", count: count).joined(separator: ","))]"
    }
    if random.once(in: 12) {
      additions += ",\"tree_param\":{\"size_leaf_vector\":\"\(random.pick(["0", "1", "2", "99999999999"]))\"}"
    }
    return tree.text(additions)
  }

  /// Where a child is; now and then in a circle, at another's child or nowhere.
  private mutating func place(_ right: Int, _ count: Int) -> String {
    guard random.once(in: 80) else { return "\(right)" }
    return random.once(in: 2) ? "\(random.below(count))" : random.pick(Self.places)
  }
}
