/// What each column adds to the outputs of a tree ensemble: path-dependent TreeSHAP (Lundberg, Erion, Lee, "Consistent
/// individualized feature attribution for tree ensembles", 2018, algorithm 2), which XGBoost calls `pred_contribs`.
///
/// Exact: for each row and output, bias and contributions add up to the margin. Cost: leaves × depth² for each tree, which is
/// why it is only paid where somebody asks.
struct TreeExplainer: Sendable {
  private struct Node: Sendable {
    /// Threshold of a split (left when the value is less), value of a leaf.
    var value: Float
    /// −1 in a leaf.
    var left: Int32
    var right: Int32
    var column: Int32
    var missingGoesLeft: Bool
    /// Share of the training rows, weighted by their second derivatives, that came from the parent to this node.
    var fraction: Double
  }

  private var nodes: [Node] = []
  private var roots: [Int] = []
  /// Margin that each tree adds to.
  private let outputs: [Int]
  private let columns: Int
  /// Expected output of all trees, for each margin.
  private(set) var biases: [Double]
  /// Splits on the longest way from a root to a leaf.
  private var depth = 0
  /// What one row costs: for each leaf, the square of the splits on the way to it. Each of these splits is taken out of the way
  /// once, in as many steps as the way is long (`weightWithout`, UNWIND of the paper): the paper's leaves × depth² for each
  /// tree, where all leaves are as deep as the deepest.
  private(set) var steps = 0

  /// The walk goes down by recursion; trees that are deeper are not explained.
  private static let maximumDepth = 200
  /// A child that no training row reached has this share, so that nothing is divided by 0.
  private static let leastFraction = 1e-9

  /// Nil where the model's file does not say how many rows reached each node, or a tree is too deep.
  /// - Precondition: The trees were checked by `TreeEnsemble`.
  init?(_ trees: [XGBoostDocument.Tree], outputs: [Int], columns: Int, margins: Int) {
    self.outputs = outputs
    self.columns = columns
    biases = Array(repeating: 0, count: margins)
    nodes.reserveCapacity(trees.reduce(0) { $0 + $1.left_children.count })
    for (index, tree) in trees.enumerated() {
      guard let covers = tree.sum_hessian, covers.count == tree.left_children.count else { return nil }
      roots.append(nodes.count)
      guard let expected = append(tree, covers, 0, fraction: 1, level: 0) else { return nil }
      biases[outputs[index]] += expected
    }
  }

  /// Appends what lies below a node of the file, the node first.
  /// - Returns: Mean of the leaves, weighted by the rows that reached them; nil where the tree is too deep.
  private mutating func append(
    _ tree: XGBoostDocument.Tree, _ covers: [Float], _ source: Int, fraction: Double, level: Int
  ) -> Double? {
    depth = max(depth, level)
    let place = nodes.count
    let value = tree.split_conditions[source]
    nodes.append(Node(value: value, left: -1, right: -1, column: 0, missingGoesLeft: false, fraction: fraction))
    let (left, right) = (tree.left_children[source], tree.right_children[source])
    guard left >= 0 else {
      steps += max(1, level * level)
      return Double(value)
    }
    guard level < Self.maximumDepth else { return nil }
    nodes[place].column = Int32(tree.split_indices[source])
    nodes[place].missingGoesLeft = tree.default_left[source].isSet
    let shares = [left, right].map { Self.fraction(covers[$0], of: covers[source]) }
    nodes[place].left = Int32(nodes.count)
    guard let low = append(tree, covers, left, fraction: shares[0], level: level + 1) else { return nil }
    nodes[place].right = Int32(nodes.count)
    guard let high = append(tree, covers, right, fraction: shares[1], level: level + 1) else { return nil }
    return low * shares[0] + high * shares[1]
  }

  private static func fraction(_ child: Float, of parent: Float) -> Double {
    guard parent > 0, child >= 0, parent.isFinite, child.isFinite else { return 0.5 }
    return max(Double(child) / Double(parent), leastFraction)
  }

  /// Adds the contributions of one row.
  /// - Parameters:
  ///   - row: `columns` values, NaN is missing.
  ///   - result: One for each margin and column, margin by margin.
  func add(row: UnsafeBufferPointer<Float>, into result: UnsafeMutableBufferPointer<Double>) {
    // One path for each level of the deepest tree, each an element longer than the one above.
    let room = (depth + 2) * (depth + 3) / 2
    withUnsafeTemporaryAllocation(of: PathElement.self, capacity: room) { paths in
      paths.initialize(repeating: PathElement(column: -1, zero: 1, one: 1, weight: 1))
      nodes.withUnsafeBufferPointer { nodes in
        for (tree, root) in roots.enumerated() {
          let start = outputs[tree] * columns
          let walk = Walk(
            nodes: nodes, row: row, result: UnsafeMutableBufferPointer(rebasing: result[start..<start + columns]))
          walk.visit(
            root, depth: 0, parent: paths, path: paths, arriving: PathElement(column: -1, zero: 1, one: 1, weight: 1))
        }
      }
    }
  }

  /// A column on the way from the root: how much of the ways goes on when the column is not known (`zero`) and when it is
  /// (`one`), and the weight of the subsets of columns of one size.
  private struct PathElement {
    var column: Int32
    var zero: Double
    var one: Double
    var weight: Double
  }

  private typealias Path = UnsafeMutableBufferPointer<PathElement>

  private struct Walk {
    let nodes: UnsafeBufferPointer<Node>
    let row: UnsafeBufferPointer<Float>
    /// One for each column.
    let result: UnsafeMutableBufferPointer<Double>

    /// - Parameters:
    ///   - depth: Elements of the parent's path.
    ///   - path: Where this node's path goes, and behind it those of the nodes below.
    ///   - arriving: The step that led here.
    func visit(_ index: Int, depth: Int, parent: Path, path: Path, arriving: PathElement) {
      if parent.baseAddress != path.baseAddress {
        for place in 0..<depth { path[place] = parent[place] }
      }
      TreeExplainer.extend(path, depth, arriving)
      let node = nodes[index]
      guard node.left >= 0 else {
        for place in stride(from: 1, through: depth, by: 1) {
          let element = path[place]
          let weight = TreeExplainer.weightWithout(place, in: path, depth)
          result[Int(element.column)] += weight * (element.one - element.zero) * Double(node.value)
        }
        return
      }
      let value = row[Int(node.column)]
      let goesLeft = value < node.value || value.isNaN && node.missingGoesLeft
      let hot = Int(goesLeft ? node.left : node.right)
      let cold = Int(goesLeft ? node.right : node.left)
      // A column that was split on before counts once: its former step is taken back.
      var depth = depth
      var earlier = PathElement(column: node.column, zero: 1, one: 1, weight: 0)
      if let place = (0...depth).first(where: { path[$0].column == node.column }) {
        earlier = path[place]
        TreeExplainer.unwind(path, depth, place)
        depth -= 1
      }
      let next = UnsafeMutableBufferPointer(rebasing: path[(depth + 1)...])
      visit(
        hot, depth: depth + 1, parent: path, path: next,
        arriving: PathElement(
          column: node.column, zero: nodes[hot].fraction * earlier.zero, one: earlier.one, weight: 0))
      visit(
        cold, depth: depth + 1, parent: path, path: next,
        arriving: PathElement(column: node.column, zero: nodes[cold].fraction * earlier.zero, one: 0, weight: 0))
    }
  }

  /// Puts a step at the end of a path of `depth` elements: the procedure EXTEND of the paper.
  private static func extend(_ path: Path, _ depth: Int, _ step: PathElement) {
    path[depth] = step
    path[depth].weight = depth == 0 ? 1 : 0
    let length = Double(depth + 1)
    for place in stride(from: depth - 1, through: 0, by: -1) {
      path[place + 1].weight += step.one * path[place].weight * Double(place + 1) / length
      path[place].weight = step.zero * path[place].weight * Double(depth - place) / length
    }
  }

  /// Takes the element at `index` out of a path whose last element is at `depth`: UNWIND.
  private static func unwind(_ path: Path, _ depth: Int, _ index: Int) {
    let (zero, one) = (path[index].zero, path[index].one)
    let length = Double(depth + 1)
    var next = path[depth].weight
    for place in stride(from: depth - 1, through: 0, by: -1) {
      if one != 0 {
        let weight = path[place].weight
        path[place].weight = next * length / (Double(place + 1) * one)
        next = weight - path[place].weight * zero * Double(depth - place) / length
      } else {
        path[place].weight = path[place].weight * length / (zero * Double(depth - place))
      }
    }
    for place in index..<depth {
      let following = path[place + 1]
      path[place].column = following.column
      path[place].zero = following.zero
      path[place].one = following.one
    }
  }

  /// Sum of a path's weights as they are when the element at `index` is taken out.
  private static func weightWithout(_ index: Int, in path: Path, _ depth: Int) -> Double {
    let (zero, one) = (path[index].zero, path[index].one)
    let length = Double(depth + 1)
    var next = path[depth].weight
    var total = 0.0
    for place in stride(from: depth - 1, through: 0, by: -1) {
      if one != 0 {
        let weight = next * length / (Double(place + 1) * one)
        total += weight
        next = path[place].weight - weight * zero * Double(depth - place) / length
      } else {
        total += path[place].weight * length / (zero * Double(depth - place))
      }
    }
    return total
  }
}
