/// Rows of named, typed columns of equal length, in the order in which the columns were given.
package struct Table: Sendable, Equatable {
  package let rowCount: Int
  package private(set) var names: [String]
  private var byName: [String: Column]
  /// Where each row stood in its source (line of the file, or number of the row), for messages; empty where unknown.
  package private(set) var lines: [Int]

  /// Columns must be of equal length; of equally named ones the first is kept.
  package init(_ columns: [(name: String, column: Column)], lines: [Int] = []) {
    let rowCount = columns.first?.column.count ?? 0
    for (name, column) in columns {
      precondition(column.count == rowCount, "column \(name) has \(column.count) rows, the first has \(rowCount)")
    }
    self.rowCount = rowCount
    self.names = []
    self.byName = [:]
    for (name, column) in columns where byName[name] == nil {
      names.append(name)
      byName[name] = column
    }
    self.lines = lines.count == rowCount ? lines : []
  }

  package subscript(name: String) -> Column? { byName[name] }

  /// The columns with their names, in order.
  package var columns: [(name: String, column: Column)] {
    names.compactMap { name in byName[name].map { (name, $0) } }
  }

  /// These rows in this order; a row may be taken more than once.
  package func selecting(rows: [Int]) -> Table {
    Table(
      columns.map { ($0.name, $0.column.selecting(rows: rows)) },
      lines: lines.isEmpty ? [] : rows.map { lines[$0] })
  }

  /// The same table with one column put in place of the one with its name, or added at the end.
  package func replacing(_ name: String, with column: Column) -> Table {
    var list = columns
    if let index = list.firstIndex(where: { $0.name == name }) {
      list[index].column = column
    } else {
      list.append((name, column))
    }
    return Table(list, lines: lines)
  }

  /// The same table without these columns.
  package func removing(_ removed: Set<String>) -> Table {
    Table(columns.filter { !removed.contains($0.name) }, lines: lines)
  }

  /// The rows of both, `other` below; only columns that both have with the same type are kept.
  package func appending(_ other: Table) -> Table {
    let joined: [(name: String, column: Column)] = columns.compactMap { name, column in
      switch (column, other[name]) {
      case (.numeric(let first), .numeric(let second)):
        return (name, .numeric(first + second))
      case (.categorical(let first, let levels), .categorical(let second, let otherLevels)):
        var index = LevelIndex(levels)
        let recoded = otherLevels.map { index.intern($0) }
        return (
          name, .categorical(codes: first + second.map { $0 < 0 ? -1 : recoded[Int($0)] }, levels: index.levels)
        )
      default:
        return nil
      }
    }
    return Table(joined)
  }
}
