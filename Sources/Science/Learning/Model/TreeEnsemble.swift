import Values

/// Decision trees in one flat array.
///
/// Layout: 12 bytes a node; the two children of a node lie side by side, so one index reaches both and the step is an
/// addition, not a branch; trees follow each other, each in breadth-first order, so the often visited top levels share
/// cache lines. A step from a leaf leads to the leaf itself: a tree is walked in as many steps as it is deep, whatever the
/// row, and several trees are walked at the same time. Building checks every index once; walking then needs no check.
struct TreeEnsemble: Sendable {
  struct Node: Sendable {
    /// The row goes left where its value is less. NaN in a leaf: nothing is less.
    var threshold: Float
    /// Index of the left child, the right one follows. In a leaf the place before its own, as a row goes right there.
    var left: Int32
    /// Column in the low 31 bits; the top bit sends missing values to the left.
    var column: UInt32

    static let missingGoesLeft: UInt32 = 1 << 31

    static func leaf(at index: Int) -> Node { Node(threshold: .nan, left: Int32(index) - 1, column: 0) }

    func isLeaf(at index: Int) -> Bool { Int(left) == index - 1 }
  }

  private(set) var nodes: [Node] = []
  /// What a leaf adds, by node; 0 elsewhere.
  private(set) var values: [Float] = []
  private(set) var roots: [Int32] = []
  /// Margin that each tree adds to: its class in multi-class models, else 0.
  private(set) var outputs: [Int32] = []
  /// Steps from each tree's root to its deepest leaf.
  private(set) var depths: [Int32] = []
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
    // What each margin comes to at most, whatever the row.
    var reach = Array(repeating: 0.0, count: margins)
    for (index, tree) in trees.enumerated() {
      guard outputs[index] >= 0, outputs[index] < margins else {
        throw .unreadableModel("tree \(index) belongs to class \(outputs[index]) of \(margins)")
      }
      reach[outputs[index]] += try append(tree, index: index, columns: columns)
      guard reach[outputs[index]] <= ModelBounds.margin else {
        throw .unreadableModel("the leaves up to tree \(index) add up to more than a margin can be")
      }
      self.outputs.append(Int32(outputs[index]))
    }
  }

  /// - Returns: The largest magnitude of its leaves.
  private mutating func append(
    _ tree: XGBoostDocument.Tree, index: Int, columns: Int
  ) throws(LearningError) -> Double {
    let count = tree.left_children.count
    guard
      count > 0, tree.right_children.count == count, tree.split_indices.count == count,
      tree.split_conditions.count == count, tree.default_left.count == count
    else { throw .unreadableModel("the arrays of tree \(index) differ in length") }
    if let stated = tree.tree_param?.num_nodes, Int(stated) != count {
      throw .unreadableModel(
        "num_nodes of tree \(index) is '\(stated.plain(characters: 64))', and it has \(count) nodes")
    }
    guard tree.split_type?.allSatisfy({ $0 == 0 }) ?? true else { throw .unsupportedModel("categorical splits") }
    guard (Int(tree.tree_param?.size_leaf_vector ?? "0") ?? 0) <= 1 else { throw .unsupportedModel("vector leaves") }

    // Breadth first: `source` is the node in the document, its position in `order` that in the flat tree.
    let base = nodes.count
    guard base + count < Int(Int32.max) else { throw .unsupportedModel("more than 2^31 nodes") }
    var order = [0]
    var levels: [Int32] = [0]
    var next = 0
    var largest = 0.0
    while next < order.count {
      let source = order[next]
      let level = levels[next]
      next += 1
      guard level <= Int32(ModelBounds.depth) else {
        throw .unreadableModel("tree \(index) is deeper than \(ModelBounds.depth)")
      }
      guard tree.split_conditions[source].isFinite else {
        throw .unreadableModel("node \(source) of tree \(index) has a value that is not finite")
      }
      let left = tree.left_children[source]
      let right = tree.right_children[source]
      if left == -1 {
        nodes.append(Node.leaf(at: nodes.count))
        values.append(tree.split_conditions[source])
        largest = max(largest, abs(Double(tree.split_conditions[source])))
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
        Node(
          threshold: tree.split_conditions[source], left: Int32(base + order.count), column: UInt32(column) | flag))
      values.append(0)
      order.append(left)
      order.append(right)
      levels += [level + 1, level + 1]
      splits[column] += 1
      if let losses = tree.loss_changes, losses.indices.contains(source) { gains[column] += Double(losses[source]) }
    }
    roots.append(Int32(base))
    depths.append(levels.max() ?? 0)
    return largest
  }

  /// Trees that are walked at the same time: their steps do not wait for each other.
  private static let abreast = 8

  /// Adds each tree's leaf to its margin, in the order of the trees and in single precision as XGBoost does.
  /// `row` must hold all columns and `margins` all outputs; nothing is allocated.
  func add(row: UnsafePointer<Float>, into margins: UnsafeMutablePointer<Float>) {
    nodes.withUnsafeBufferPointer { nodes in
      guard let nodes = nodes.baseAddress else { return }
      let (roots, depths) = (roots.span, depths.span)
      var tree = 0
      while tree + Self.abreast <= roots.count {
        var depth: Int32 = 0
        for place in tree..<tree + Self.abreast { depth = max(depth, depths[unchecked: place]) }
        var a = Int(roots[unchecked: tree])
        var b = Int(roots[unchecked: tree + 1])
        var c = Int(roots[unchecked: tree + 2])
        var d = Int(roots[unchecked: tree + 3])
        var e = Int(roots[unchecked: tree + 4])
        var f = Int(roots[unchecked: tree + 5])
        var g = Int(roots[unchecked: tree + 6])
        var h = Int(roots[unchecked: tree + 7])
        for _ in 0..<depth {
          a = Self.step(nodes, a, row)
          b = Self.step(nodes, b, row)
          c = Self.step(nodes, c, row)
          d = Self.step(nodes, d, row)
          e = Self.step(nodes, e, row)
          f = Self.step(nodes, f, row)
          g = Self.step(nodes, g, row)
          h = Self.step(nodes, h, row)
        }
        add(a, of: tree, to: margins)
        add(b, of: tree + 1, to: margins)
        add(c, of: tree + 2, to: margins)
        add(d, of: tree + 3, to: margins)
        add(e, of: tree + 4, to: margins)
        add(f, of: tree + 5, to: margins)
        add(g, of: tree + 6, to: margins)
        add(h, of: tree + 7, to: margins)
        tree += Self.abreast
      }
      while tree < roots.count {
        var node = Int(roots[unchecked: tree])
        for _ in 0..<depths[unchecked: tree] { node = Self.step(nodes, node, row) }
        add(node, of: tree, to: margins)
        tree += 1
      }
    }
  }

  /// Adds one tree's leaf for each of `count` rows, eight rows abreast. `values` is row-major, `columns` wide.
  /// - Parameter sums: One place a row.
  func add(
    tree: Int, rows values: UnsafePointer<Float>, columns: Int, count: Int, into sums: UnsafeMutablePointer<Float>
  ) {
    nodes.withUnsafeBufferPointer { nodes in
      guard let nodes = nodes.baseAddress else { return }
      let root = Int(roots[tree])
      let depth = depths[tree]
      var row = 0
      while row + Self.abreast <= count {
        let first = values + row * columns
        var (a, b, c, d) = (root, root, root, root)
        var (e, f, g, h) = (root, root, root, root)
        for _ in 0..<depth {
          a = Self.step(nodes, a, first)
          b = Self.step(nodes, b, first + columns)
          c = Self.step(nodes, c, first + 2 * columns)
          d = Self.step(nodes, d, first + 3 * columns)
          e = Self.step(nodes, e, first + 4 * columns)
          f = Self.step(nodes, f, first + 5 * columns)
          g = Self.step(nodes, g, first + 6 * columns)
          h = Self.step(nodes, h, first + 7 * columns)
        }
        let sums = sums + row
        let leaves = self.values.span
        sums[0] += leaves[unchecked: a]
        sums[1] += leaves[unchecked: b]
        sums[2] += leaves[unchecked: c]
        sums[3] += leaves[unchecked: d]
        sums[4] += leaves[unchecked: e]
        sums[5] += leaves[unchecked: f]
        sums[6] += leaves[unchecked: g]
        sums[7] += leaves[unchecked: h]
        row += Self.abreast
      }
      while row < count {
        var node = root
        for _ in 0..<depth { node = Self.step(nodes, node, values + row * columns) }
        sums[row] += self.values[node]
        row += 1
      }
    }
  }

  @inline(__always)
  private func add(_ leaf: Int, of tree: Int, to margins: UnsafeMutablePointer<Float>) {
    margins[Int(outputs.span[unchecked: tree])] += values.span[unchecked: leaf]
  }

  /// From a node to the next one on the row's way, without a branch.
  @inline(__always)
  private static func step(_ nodes: UnsafePointer<Node>, _ index: Int, _ row: UnsafePointer<Float>) -> Int {
    let node = nodes[index]
    let value = row[Int(node.column & ~Node.missingGoesLeft)]
    let isNotLess: UInt32 = value < node.threshold ? 0 : 1
    let isMissing: UInt32 = value.isNaN ? 1 : 0
    return Int(node.left) + Int(isNotLess & ~(isMissing & (node.column >> 31)))
  }
}
