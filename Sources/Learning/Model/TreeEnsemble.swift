/// Decision trees in one flat array.
///
/// Layout: 12 bytes a node; the two children of a node lie side by side, so one index reaches both and the step is an
/// addition, not a branch; trees follow each other, each in breadth-first order, so the often visited top levels share
/// cache lines. Building checks every index once; walking a tree then needs no check.
struct TreeEnsemble: Sendable {
  struct Node: Sendable {
    /// Threshold of a split (left when the value is less), value of a leaf.
    var value: Float
    /// Index of the left child, the right one follows; `leaf` marks leaves.
    var child: Int32
    /// Column in the low 31 bits; the top bit sends missing values to the left.
    var column: UInt32

    static let leaf: Int32 = -1
    static let missingGoesLeft: UInt32 = 1 << 31
  }

  private(set) var nodes: [Node] = []
  private(set) var roots: [Int32] = []
  /// Margin that each tree adds to: its class in multi-class models, else 0.
  private(set) var outputs: [Int32] = []
  /// Sum of the loss reductions of each column's splits.
  private(set) var gains: [Double]
  /// Number of each column's splits.
  private(set) var splits: [Int]

  init(_ trees: [XGBoostDocument.Tree], outputs: [Int], columns: Int, margins: Int) throws(LearningError) {
    gains = Array(repeating: 0, count: columns)
    splits = Array(repeating: 0, count: columns)
    guard trees.count == outputs.count else {
      throw .unreadableModel("\(trees.count) trees but \(outputs.count) entries in tree_info")
    }
    for (index, tree) in trees.enumerated() {
      guard outputs[index] >= 0, outputs[index] < margins else {
        throw .unreadableModel("tree \(index) belongs to class \(outputs[index]) of \(margins)")
      }
      try append(tree, index: index, columns: columns)
      self.outputs.append(Int32(outputs[index]))
    }
  }

  private mutating func append(_ tree: XGBoostDocument.Tree, index: Int, columns: Int) throws(LearningError) {
    let count = tree.left_children.count
    guard
      count > 0, tree.right_children.count == count, tree.split_indices.count == count,
      tree.split_conditions.count == count, tree.default_left.count == count
    else { throw .unreadableModel("the arrays of tree \(index) differ in length") }
    guard tree.split_type?.allSatisfy({ $0 == 0 }) ?? true else { throw .unsupportedModel("categorical splits") }
    guard (Int(tree.tree_param?.size_leaf_vector ?? "0") ?? 0) <= 1 else { throw .unsupportedModel("vector leaves") }

    // Breadth first: `source` is the node in the document, its position in `order` that in the flat tree.
    let base = nodes.count
    guard base + count < Int(Int32.max) else { throw .unsupportedModel("more than 2^31 nodes") }
    var order = [0]
    var next = 0
    while next < order.count {
      let source = order[next]
      next += 1
      let left = tree.left_children[source]
      let right = tree.right_children[source]
      if left == -1 {
        nodes.append(Node(value: tree.split_conditions[source], child: Node.leaf, column: 0))
        continue
      }
      let column = tree.split_indices[source]
      guard left > 0, left < count, right > 0, right < count, order.count + 2 <= count else {
        throw .unreadableModel("node \(source) of tree \(index) has children outside of the tree or a cycle")
      }
      guard column >= 0, column < columns else {
        throw .unreadableModel("node \(source) of tree \(index) splits on column \(column) of \(columns)")
      }
      let flag = tree.default_left[source].isSet ? Node.missingGoesLeft : 0
      nodes.append(
        Node(value: tree.split_conditions[source], child: Int32(base + order.count), column: UInt32(column) | flag))
      order.append(left)
      order.append(right)
      splits[column] += 1
      if let losses = tree.loss_changes, losses.indices.contains(source) { gains[column] += Double(losses[source]) }
    }
    roots.append(Int32(base))
  }

  /// Adds each tree's leaf to its margin, in the order of the trees and in single precision as XGBoost does.
  /// `row` must hold all columns and `margins` all outputs; nothing is allocated.
  func add(row: UnsafeBufferPointer<Float>, into margins: UnsafeMutableBufferPointer<Float>) {
    nodes.withUnsafeBufferPointer { nodes in
      roots.withUnsafeBufferPointer { roots in
        outputs.withUnsafeBufferPointer { outputs in
          for tree in 0..<roots.count {
            var node = nodes[Int(roots[tree])]
            while node.child != Node.leaf {
              let value = row[Int(node.column & ~Node.missingGoesLeft)]
              let missing = value.isNaN && node.column & Node.missingGoesLeft != 0
              let goesLeft = value < node.value || missing
              node = nodes[Int(node.child) + (goesLeft ? 0 : 1)]
            }
            margins[Int(outputs[tree])] += node.value
          }
        }
      }
    }
  }
}
