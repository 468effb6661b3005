package import WorkerContract

/// One value as a log or a request holds it.
package enum CellValue: Sendable, Equatable {
  case number(Double)
  case text(String)
}

/// Makes a table of a schema's features from rows of named values, such as logged predictions. A number written as text
/// is taken as number where the feature is numeric, a number as text where it is categorical.
package struct TableBuilder: Sendable {
  private let features: [FeatureSchema.Feature]
  private var numbers: [[Double]]
  private var codes: [[Int32]]
  private var levels: [ValueIndex]
  private let missing: [MissingTexts]
  /// Whether the feature had a value in any row.
  private var occurs: [Bool]
  package private(set) var rowCount = 0

  package init(schema: FeatureSchema) {
    features = schema.features
    numbers = features.map { _ in [] }
    codes = features.map { _ in [] }
    levels = features.map { ValueIndex($0.categories) }
    missing = features.map { MissingTexts(schema.missing, besides: $0.categories) }
    occurs = features.map { _ in false }
  }

  /// - Parameter value: The row's value of the feature of this name, nil where it is missing.
  package mutating func append(_ value: (String) -> CellValue?) {
    for (position, feature) in features.enumerated() {
      let cell = value(feature.name)
      if cell != nil { occurs[position] = true }
      switch (feature.type, cell) {
      case (.numeric, .number(let value)):
        numbers[position].append(missing[position].contains(value) ? .nan : value)
      case (.numeric, .text(let text)):
        numbers[position].append(missing[position].contains(text) ? .nan : number(in: text) ?? .nan)
      case (.numeric, nil): numbers[position].append(.nan)
      case (.categorical, .text(let text)):
        codes[position].append(missing[position].contains(text) ? -1 : levels[position].intern(text))
      case (.categorical, .number(let value)):
        codes[position].append(missing[position].contains(value) ? -1 : levels[position].intern(numberText(value)))
      case (.categorical, nil): codes[position].append(-1)
      }
    }
    rowCount += 1
  }

  package mutating func append(_ values: [String: CellValue]) { append { values[$0] } }

  /// The rows so far. A feature that had no value in any row is no column, unless there are no rows.
  package var table: Table {
    var columns: [(name: String, column: Column)] = []
    for (position, feature) in features.enumerated() where occurs[position] || rowCount == 0 {
      switch feature.type {
      case .numeric: columns.append((feature.name, .numeric(numbers[position])))
      case .categorical:
        columns.append((feature.name, .categorical(codes: codes[position], levels: levels[position].levels)))
      }
    }
    return Table(columns)
  }
}
