package import WorkerContract

/// The classes of a target in the order of the model's outputs, and which of them is the positive one.
package struct TargetEncoding: Codable, Equatable, Sendable {
  package let classes: [String]
  /// Position of the positive class.
  package let positive: Int

  package init(classes: [String], positive: Int) {
    self.classes = classes
    self.positive = positive
  }

  /// Learns the classes where the schema leaves them open: those that occur, sorted (as numbers where all are numbers).
  /// The positive class is the schema's, else the last. Nil where the table has no such column or it is not categorical.
  package init?(fitting table: Table, target: FeatureSchema.Target) {
    guard case .categorical(let codes, let levels) = table[target.name] else { return nil }
    let occurring = Set(codes.filter { $0 >= 0 }).map { levels[Int($0)] }
    let classes = target.classes.isEmpty ? Self.sorted(occurring) : target.classes
    self.classes = classes
    self.positive =
      target.positive.flatMap { positive in
        classes.firstIndex { ValueReading.identity($0) == ValueReading.identity(positive) }
      } ?? max(0, classes.count - 1)
  }

  /// As numbers where all are numbers, else as texts.
  package static func sorted(_ classes: [String]) -> [String] {
    let numbers = classes.compactMap { name in number(in: name).map { (name, $0) } }
    guard numbers.count == classes.count else { return classes.sorted() }
    return numbers.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map(\.0)
  }

  package var positiveClass: String { classes.indices.contains(positive) ? classes[positive] : "" }

  package var isBinary: Bool { classes.count == 2 }

  /// The class of each row; -1 where it is missing or not among `classes`.
  package func encode(_ column: Column) -> [Int32] {
    guard case .categorical(let codes, let levels) = column else {
      return (0..<column.count).map { row in column.text(at: row).flatMap(index(of:)) ?? -1 }
    }
    let recoded = levels.map { index(of: $0) ?? -1 }
    return codes.map { $0 < 0 ? -1 : recoded[Int($0)] }
  }

  package func index(of name: String) -> Int32? {
    let exact = classes.firstIndex(of: name)
    if let exact { return Int32(exact) }
    let identity = ValueReading.identity(name)
    return classes.firstIndex { ValueReading.identity($0) == identity }.map(Int32.init)
  }
}
