/// A tree ensemble, arranged for many rows at once.
///
/// Values are first replaced by codes of one byte: the number of the column's thresholds that are not above the value, so
/// that comparing codes says exactly what comparing values says (as in Ye et al., RapidScorer, 2018). Codes lie in planes,
/// column by column, one byte for each row of a block; one vector comparison then answers a split for all rows of the
/// block. All splits of a shallow tree are answered, and the answers are combined to each row's leaf without a branch.
/// Deeper trees, where that would be more work than the way of each row, are walked by `TreeEnsemble`.
///
/// Leaves are added in the order of the trees and in single precision: the sums are those of single rows, bit by bit.
struct BlockForest: Sendable {
  /// Rows of a block.
  static let rows = 32

  /// Sixteen bytes, one for each row, which bitwise operations take as two words: those of bytes are not compiled to one
  /// instruction everywhere.
  private typealias Bytes = SIMD2<UInt64>

  /// One byte for each row of a block.
  private struct Codes {
    var low: Bytes
    var high: Bytes
  }

  /// The deepest tree of which all splits are answered: 31 splits.
  private static let maximumDepth: Int32 = 5
  /// Thresholds of one plane. The codes are then 0 … 254, and 255 is above every threshold.
  private static let maximumThresholds = 254
  private static let missingRight: UInt8 = 255

  /// Some thresholds of a column, with the code of a missing value. A column with more thresholds than codes, or whose
  /// splits send missing values to different sides, has several planes.
  private struct Plane: Sendable {
    var column: Int32
    /// Place of the thresholds, which are sorted; the last ones are NaN, to make their number a power of two.
    var start: Int32
    /// Power of two above the number of thresholds.
    var size: Int32
    var missing: UInt8
  }

  private struct Tree: Sendable {
    /// Nil: walked by the ensemble.
    var depth: Int32?
    /// Place of its splits, which lie as in a heap: the children of i are 2i + 1 and 2i + 2.
    var split = 0
    var leaf = 0
  }

  private struct Split: Sendable {
    /// Where the plane begins in the codes.
    var plane: Int32
    /// The row goes right where its code is greater.
    var code: UInt8
  }

  private var planes: [Plane] = []
  private var thresholds: [Float] = []
  private var trees: [Tree] = []
  private var splits: [Split] = []
  private var leaves: [Float] = []
  private let ensemble: TreeEnsemble
  private let columns: Int

  init(_ ensemble: TreeEnsemble, columns: Int) {
    self.ensemble = ensemble
    self.columns = columns
    let isShallow = ensemble.roots.indices.map { tree in
      let nodes = ensemble.nodes[Int(ensemble.roots[tree])..<ensemble.end(of: tree)]
      return ensemble.depths[tree] <= Self.maximumDepth
        && !zip(nodes.indices, nodes).contains { $1.threshold.isNaN && !$1.isLeaf(at: $0) }
    }
    let places = makePlanes(isShallow)
    for (tree, isShallow) in isShallow.enumerated() {
      guard isShallow else {
        trees.append(Tree())
        continue
      }
      let depth = ensemble.depths[tree]
      trees.append(Tree(depth: depth, split: splits.count, leaf: leaves.count))
      append(root: Int(ensemble.roots[tree]), depth: Int(depth), places)
    }
  }

  /// Which plane and code stand for a split.
  private struct Key: Hashable {
    var column: UInt32
    var threshold: Float
  }

  /// Distributes the thresholds of the shallow trees to planes. The column of a key has the bit of its missing values.
  private mutating func makePlanes(_ isShallow: [Bool]) -> [Key: Split] {
    var found: [UInt32: Set<Float>] = [:]
    for (tree, isShallow) in isShallow.enumerated() where isShallow {
      for index in Int(ensemble.roots[tree])..<ensemble.end(of: tree) {
        let node = ensemble.nodes[index]
        if !node.isLeaf(at: index) { found[node.column, default: []].insert(node.threshold) }
      }
    }
    var places: [Key: Split] = [:]
    for (column, set) in found.sorted(by: { $0.key < $1.key }) {
      let sorted = set.sorted()
      for first in stride(from: 0, to: sorted.count, by: Self.maximumThresholds) {
        let part = sorted[first..<min(first + Self.maximumThresholds, sorted.count)]
        for (code, threshold) in part.enumerated() {
          places[Key(column: column, threshold: threshold)] = Split(
            plane: Int32(planes.count * Self.rows), code: UInt8(code))
        }
        var size = 2
        while size <= part.count { size *= 2 }
        let goesLeft = column & TreeEnsemble.Node.missingGoesLeft != 0
        planes.append(
          Plane(
            column: Int32(column & ~TreeEnsemble.Node.missingGoesLeft), start: Int32(thresholds.count),
            size: Int32(size), missing: goesLeft ? 0 : Self.missingRight))
        thresholds += part + Array(repeating: .nan, count: size - part.count)
      }
    }
    return places
  }

  /// Appends a tree as if it were full: below a leaf that lies higher up all rows go left, to leaves that are like it.
  private mutating func append(root: Int, depth: Int, _ places: [Key: Split]) {
    var level = [root]
    for _ in 0..<depth {
      var next: [Int] = []
      for index in level {
        let node = ensemble.nodes[index]
        if node.isLeaf(at: index) {
          splits.append(Split(plane: 0, code: .max))
          next += [index, index]
        } else {
          splits.append(places[Key(column: node.column, threshold: node.threshold)] ?? Split(plane: 0, code: .max))
          next += [Int(node.left), Int(node.left) + 1]
        }
      }
      level = next
    }
    leaves += level.map { ensemble.values[$0] }
  }

  /// Bytes that `add` needs for the codes.
  var scratchBytes: Int { max(planes.count, 1) * Self.rows }

  /// Adds each tree's leaf for up to `rows` rows.
  /// - Parameters:
  ///   - values: Row-major, `count` × columns; NaN is missing.
  ///   - sums: `rows` places for each margin, margin by margin.
  ///   - codes: `scratchBytes` bytes, of whatever content.
  func add(
    _ values: UnsafePointer<Float>, count: Int, into sums: UnsafeMutablePointer<Float>,
    codes: UnsafeMutablePointer<UInt8>
  ) {
    encode(values, count: count, into: codes)
    let outputs = ensemble.outputs.span
    let raw = UnsafeRawPointer(codes)
    splits.withUnsafeBufferPointer { splits in
      leaves.withUnsafeBufferPointer { leaves in
        trees.withUnsafeBufferPointer { trees in
          for (index, tree) in trees.enumerated() {
            let sums = sums + Int(outputs[unchecked: index]) * Self.rows
            guard let depth = tree.depth else {
              ensemble.add(tree: index, rows: values, columns: columns, count: count, into: sums)
              continue
            }
            guard let leaf = leaves.baseAddress.map({ $0 + tree.leaf }) else { continue }
            let found: Codes
            if depth > 0, let split = splits.baseAddress.map({ $0 + tree.split }) {
              found = Self.leaf(depth, split, raw)
            } else {
              found = Codes(low: Bytes(repeating: 0), high: Bytes(repeating: 0))
            }
            Self.addLeaves(leaf, found, to: sums)
          }
        }
      }
    }
  }

  @inline(__always)
  private static func addLeaves(_ leaf: UnsafePointer<Float>, _ found: Codes, to sums: UnsafeMutablePointer<Float>) {
    withUnsafeBytes(of: found) { places in
      for row in 0..<rows { sums[row] += leaf[Int(places[row])] }
    }
  }

  @inline(__always)
  private static func leaf(_ depth: Int32, _ split: UnsafePointer<Split>, _ codes: UnsafeRawPointer) -> Codes {
    switch depth {
    case 1: leaf1(split, 0, codes)
    case 2: leaf2(split, 0, codes)
    case 3: leaf3(split, 0, codes)
    case 4: leaf4(split, 0, codes)
    default: leaf5(split, 0, codes)
    }
  }

  /// All bits of a row's byte set where it goes left.
  @inline(__always)
  private static func goesLeft(_ split: UnsafePointer<Split>, _ node: Int, _ codes: UnsafeRawPointer) -> Codes {
    let plane = codes + Int(split[node].plane)
    let code = SIMD16(repeating: split[node].code)
    // A mask is a vector of all ones and zeros; only its type says otherwise.
    return Codes(
      low: unsafeBitCast(plane.loadUnaligned(as: SIMD16<UInt8>.self) .<= code, to: Bytes.self),
      high: unsafeBitCast(plane.loadUnaligned(fromByteOffset: 16, as: SIMD16<UInt8>.self) .<= code, to: Bytes.self))
  }

  @inline(__always)
  private static func bytes(_ value: UInt8) -> Bytes { Bytes(repeating: UInt64(value) &* 0x0101_0101_0101_0101) }

  /// From the places among the leaves of either child to those among a node's: those of the right child come after the
  /// `half` leaves of the left one.
  @inline(__always)
  private static func merge(_ left: Codes, _ right: Codes, _ goesLeft: Codes, half: UInt8) -> Codes {
    let half = bytes(half)
    return Codes(
      low: (left.low & goesLeft.low) | ((right.low | half) & ~goesLeft.low),
      high: (left.high & goesLeft.high) | ((right.high | half) & ~goesLeft.high))
  }

  // The place of each row's leaf among those below a node, by the height of the node.

  @inline(__always)
  private static func leaf1(_ split: UnsafePointer<Split>, _ node: Int, _ codes: UnsafeRawPointer) -> Codes {
    let goesLeft = goesLeft(split, node, codes)
    let right = bytes(1)
    return Codes(low: right & ~goesLeft.low, high: right & ~goesLeft.high)
  }

  @inline(__always)
  private static func leaf2(_ split: UnsafePointer<Split>, _ node: Int, _ codes: UnsafeRawPointer) -> Codes {
    let (left, right) = (leaf1(split, 2 * node + 1, codes), leaf1(split, 2 * node + 2, codes))
    return merge(left, right, goesLeft(split, node, codes), half: 2)
  }

  @inline(__always)
  private static func leaf3(_ split: UnsafePointer<Split>, _ node: Int, _ codes: UnsafeRawPointer) -> Codes {
    let (left, right) = (leaf2(split, 2 * node + 1, codes), leaf2(split, 2 * node + 2, codes))
    return merge(left, right, goesLeft(split, node, codes), half: 4)
  }

  @inline(__always)
  private static func leaf4(_ split: UnsafePointer<Split>, _ node: Int, _ codes: UnsafeRawPointer) -> Codes {
    let (left, right) = (leaf3(split, 2 * node + 1, codes), leaf3(split, 2 * node + 2, codes))
    return merge(left, right, goesLeft(split, node, codes), half: 8)
  }

  @inline(__always)
  private static func leaf5(_ split: UnsafePointer<Split>, _ node: Int, _ codes: UnsafeRawPointer) -> Codes {
    let (left, right) = (leaf4(split, 2 * node + 1, codes), leaf4(split, 2 * node + 2, codes))
    return merge(left, right, goesLeft(split, node, codes), half: 16)
  }

  /// Replaces the values of `count` rows by their codes.
  private func encode(_ values: UnsafePointer<Float>, count: Int, into codes: UnsafeMutablePointer<UInt8>) {
    thresholds.withUnsafeBufferPointer { thresholds in
      guard let thresholds = thresholds.baseAddress else { return }
      for (index, plane) in planes.enumerated() {
        let own = thresholds + Int(plane.start)
        let codes = codes + index * Self.rows
        let values = values + Int(plane.column)
        if plane.size == 2 {
          Self.compare(values, stride: columns, count: count, with: own[0], missing: plane.missing, into: codes)
        } else {
          for row in 0..<count {
            let value = values[row * columns]
            let code = Self.rank(of: value, among: own, size: Int(plane.size))
            codes[row] = value.isNaN ? plane.missing : code
          }
        }
      }
    }
  }

  /// The codes where there is one threshold, as in columns of zeros and ones.
  private static func compare(
    _ values: UnsafePointer<Float>, stride: Int, count: Int, with threshold: Float, missing: UInt8,
    into codes: UnsafeMutablePointer<UInt8>
  ) {
    // A missing value compares as false.
    if missing == 0 {
      for row in 0..<count { codes[row] = values[row * stride] >= threshold ? 1 : 0 }
    } else {
      for row in 0..<count { codes[row] = values[row * stride] < threshold ? 0 : 1 }
    }
  }

  /// How many thresholds are not above the value, by halving without a branch; 0 for NaN.
  @inline(__always)
  private static func rank(of value: Float, among thresholds: UnsafePointer<Float>, size: Int) -> UInt8 {
    var rank = 0
    var half = size / 2
    while half > 0 {
      rank += thresholds[rank + half - 1] <= value ? half : 0
      half /= 2
    }
    return UInt8(truncatingIfNeeded: rank)
  }
}

extension TreeEnsemble {
  /// Where the nodes of a tree end.
  func end(of tree: Int) -> Int { tree + 1 < roots.count ? Int(roots[tree + 1]) : nodes.count }
}
