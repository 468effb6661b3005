import Foundation
import Testing

@testable import Learning

/// The cost of an explanation: leaves × depth² for each tree (path-dependent TreeSHAP; Lundberg, Erion, Lee, "Consistent
/// individualized feature attribution for tree ensembles", 2018, section 4: O(TLD²)).
struct ExplanationCostTests {
  /// A tree by the children of each node; -1: a leaf.
  private static func tree(_ children: [(Int, Int)]) -> String {
    let count = children.count
    func list(_ value: (Int) -> String) -> String { "[" + (0..<count).map(value).joined(separator: ",") + "]" }
    return """
      {"left_children":\(list { "\(children[$0].0)" }),"right_children":\(list { "\(children[$0].1)" }),
       "split_indices":\(list { "\($0 % 3)" }),"split_conditions":\(list { "0.\($0)" }),
       "default_left":\(list { _ in "0" }),"sum_hessian":\(list { _ in "1" })}
      """
  }

  private static func model(_ trees: [String], classes: Int = 0) throws -> Model {
    let outputs = trees.indices.map { "\(classes > 0 ? $0 % classes : 0)" }.joined(separator: ",")
    let objective = classes > 0 ? "multi:softprob" : "binary:logistic"
    return try Model(
      json: Data(
        """
        {"learner":{"gradient_booster":{"name":"gbtree","model":{"tree_info":[\(outputs)],
         "trees":[\(trees.joined(separator: ","))]}},
         "learner_model_param":{"base_score":"5E-1","num_class":"\(classes)","num_feature":"3"},
         "objective":{"name":"\(objective)"}}}
        """.utf8))
  }

  private static let leaf = tree([(-1, -1)])

  private static func complete(_ depth: Int) -> String {
    let inner = (1 << depth) - 1
    return tree((0..<(2 << depth) - 1).map { $0 < inner ? (2 * $0 + 1, 2 * $0 + 2) : (-1, -1) })
  }

  /// Each left child is a leaf.
  private static func chain(_ depth: Int) -> String {
    tree((0...2 * depth).map { $0 % 2 == 0 && $0 < 2 * depth ? ($0 + 1, $0 + 2) : (-1, -1) })
  }

  @Test func `the cost is leaves times depth squared, summed over the leaves of all trees`() throws {
    let squares = (1...100).map { $0 * $0 }.reduce(0, +)
    // Besides, one step for each number of the result: columns and bias of each raw output.
    let result = 4
    let cases: [(String, [String], Int)] = [
      ("a leaf alone", [Self.leaf], 1), ("a stump", [Self.complete(1)], 2), ("depth 2", [Self.complete(2)], 4 * 4),
      ("depth 4", [Self.complete(4)], 16 * 16), ("depth 8", [Self.complete(8)], 256 * 64),
      ("trees add up", [Self.complete(2), Self.complete(4), Self.leaf], 16 + 256 + 1),
      ("a chain: 1, 4, 9, and 9 for the last leaf", [Self.chain(3)], 1 + 4 + 9 + 9),
      ("no more than leaves × depth²", [Self.chain(100)], squares + 10_000),
    ]
    for (name, trees, steps) in cases {
      #expect(try Self.model(trees).explanationSteps == steps + result, "\(name)")
    }
    let multi = try Self.model([Self.complete(2), Self.complete(2), Self.complete(2)], classes: 3)
    #expect(multi.explanationSteps == 60, "three trees of 16 and three results of 4")
  }

  @Test func `a model that cannot be explained costs nothing`() throws {
    let silent = Self.complete(2).replacing(/"sum_hessian":\[[^\]]*\]/, with: #""others":[]"#)
    let model = try Self.model([silent])
    #expect(!model.isExplainable && model.explanationSteps == 0)
  }
}
