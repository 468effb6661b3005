package import WorkerContract
import Values

/// A table typed by a schema, and everything that is wrong with it.
package struct TableReading: Sendable {
  /// Features, target (categorical), timestamp (numeric, seconds since 1970) and primary key columns (categorical) that
  /// were there; values that could not be read are missing. With a target required, rows without one are left out.
  package var table: Table
  /// The source's rows behind the table's, in the same order: as text, with columns that the schema does not name.
  package var rows: RawTable
  package var findings: [Finding]
  /// Number of rows that were left out because their target was missing.
  package var unlabelledRows: Int

  package var failures: [Finding] { findings.failures }
  package var warnings: [Finding] { findings.warnings }
}

extension RawTable {
  /// Types the columns by `schema` and validates them; never stops at the first problem.
  /// - Parameters:
  ///   - minimumRows: Fewer rows are a hard finding.
  ///   - requiresTarget: Whether the target column has to be there and have two classes.
  ///   - window: Rows older than this, counted back from the newest, are left out.
  ///   - limits: Shares of the rows up to which odd values are soft findings.
  package func read(
    schema: FeatureSchema, minimumRows: Int = 10, requiresTarget: Bool = true, window: TimeSpan? = nil,
    limits: DataLimits = .init()
  ) -> TableReading {
    // Rows are chosen first and judged afterwards: what is not trained on cannot forbid a training.
    let chosen = choosing(schema: schema, requiresTarget: requiresTarget, window: window, limits: limits)
    var reader = TableReader(raw: chosen.rows, schema: schema, limits: limits)
    for finding in findings + chosen.findings { reader.report(finding) }
    let rowCount = chosen.rows.rowCount
    if rowCount == 0 {
      reader.report(
        Finding(.noRows, message: "the data has no rows below its header: check the source and its window"))
    }
    let featureNames = Set(schema.features.map(\.name))
    for feature in schema.features { reader.readFeature(feature) }
    if let name = schema.timestamp, !featureNames.contains(name) {
      reader.readTimestamp(name, chosen.times)
    }
    if featureNames.contains(schema.target.name) {
      reader.report(
        Finding(
          .targetIsFeature, column: schema.target.name,
          message: "column \(schema.target.name) is both target and feature: take it out of spec.schema.features"))
    } else {
      reader.readTarget(
        schema.target, isRequired: requiresTarget, unlabelled: chosen.unlabelled, firstLine: chosen.firstUnlabelled)
    }
    if let stray = chosen.strayClass { reader.report(stray.finding(schema.target, place: place)) }
    reader.readPrimaryKey(schema.primaryKey)

    if rowCount > 0, rowCount < minimumRows, !chosen.isUnlabelled {
      let place = window.map { " within the window of \($0)" } ?? ""
      reader.report(
        Finding(
          .tooFewRows, count: rowCount,
          message:
            "there are only \(Figures.count(rowCount, "row"))\(place), at least \(minimumRows) are needed: widen the window or the query"
        ))
    }
    return TableReading(
      table: chosen.isUnlabelled ? reader.table.selecting(rows: []) : reader.table,
      rows: chosen.isUnlabelled ? chosen.rows.prefix(0) : chosen.rows, findings: reader.findings,
      unlabelledRows: chosen.unlabelled)
  }
}

/// `1 row`, `3 rows`.

/// Reads column by column and gathers findings.
private struct TableReader {
  let raw: RawTable
  let schema: FeatureSchema
  let limits: DataLimits
  let missing: MissingTexts
  private let style: NumberStyle
  var findings: [Finding] = []
  private var columns: [(name: String, column: Column)] = []

  init(raw: RawTable, schema: FeatureSchema, limits: DataLimits) {
    self.raw = raw
    self.schema = schema
    self.limits = limits
    missing = MissingTexts(schema.missing)
    style = raw.numberStyle(
      ofColumns: schema.features.filter { $0.type == .numeric }.compactMap { raw.header.firstIndex(of: $0.name) },
      missing: missing)
  }

  /// Above the limit odd values are no accident of single rows but an error in the data or the schema.
  private func isStray(_ count: Int, _ limit: Double) -> Bool { Double(count) <= limit * Double(raw.rowCount) }

  var table: Table { Table(columns, lines: (0..<raw.rowCount).map { raw.line(of: $0) }) }

  mutating func report(_ finding: Finding) { findings.append(finding) }

  private mutating func add(_ name: String, _ column: Column) {
    if !columns.contains(where: { $0.name == name }) { columns.append((name, column)) }
  }

  private func position(of name: String) -> Int? { raw.header.firstIndex(of: name) }

  private func place(_ row: Int) -> String { "\(raw.place) \(raw.line(of: row))" }

  private mutating func reportMissingColumn(_ name: String, _ role: String, _ reason: Finding.Reason) {
    let similar = raw.header.first { $0.lowercased() == name.lowercased() }
    let hint = similar.map { "did you mean '\($0)'?" } ?? "it has \(listed(columns: raw.header))"
    report(
      Finding(reason, column: name, message: "\(role) column \(name) is not in the data: \(hint)"))
  }

  mutating func readFeature(_ feature: FeatureSchema.Feature) {
    guard let position = position(of: feature.name) else {
      return reportMissingColumn(feature.name, "feature", .columnMissing)
    }
    let column: Column
    switch feature.type {
    case .numeric: column = readNumbers(feature, position)
    case .categorical: column = readLevels(feature, position)
    }
    add(feature.name, column)
    guard raw.rowCount > 0 else { return }
    let missing = column.missingCount
    let unread = findings.contains {
      $0.column == feature.name && [.notNumeric, .outOfBounds, .featureAlwaysUnknown].contains($0.reason)
    }
    if missing == raw.rowCount, !unread {
      report(
        Finding(
          .featureAlwaysMissing, column: feature.name, count: missing, firstLine: raw.line(of: 0),
          message: "feature \(feature.name) is missing in all \(Figures.count(missing, "row")): "
            + "mend the source or take it out of spec.schema.features"))
    } else if !feature.nullable {
      reportNulls(feature, position)
    }
  }

  private mutating func reportNulls(_ feature: FeatureSchema.Feature, _ position: Int) {
    var count = 0
    var first = 0
    let name = feature.name
    let missing = MissingTexts(schema.missing, besides: feature.categories)
    raw.forEachCell(ofColumn: position) { row, text in
      guard missing.contains(text) else { return }
      if count == 0 { first = row }
      count += 1
    }
    guard count > 0 else { return }
    report(
      Finding(
        isStray(count, limits.missing) ? .strayNull : .notNullable, column: name, count: count,
        firstLine: raw.line(of: first),
        message:
          "column \(name): \(Figures.count(count, "value")) \(count == 1 ? "is" : "are") missing, first at \(place(first)): "
          + "mend the rows or set nullable: true"))
  }

  private mutating func readNumbers(_ feature: FeatureSchema.Feature, _ position: Int) -> Column {
    let isTimestamp = feature.name == schema.timestamp
    var values = [Double](repeating: .nan, count: raw.rowCount)
    var unreadable = Tally()
    var outside = Tally()
    var inexact = Tally()
    let minimum = feature.minimum ?? -.infinity
    let maximum = feature.maximum ?? .infinity
    raw.forEachCell(ofColumn: position) { row, text in
      guard !text.isEmpty else { return }
      if missing.hasNumbers, missing.contains(text) { return }
      // A time that is a feature too stays the number that requests will hold.
      guard let value = style.number(in: text) ?? (isTimestamp ? timestamp(in: text) : nil) else {
        if !missing.contains(text) { unreadable.note(row, text) }
        return
      }
      values[row] = value
      if abs(value) > 9e15, ValueReading.isBeyondDoubles(text) { inexact.note(row, text) }
      guard value < minimum || value > maximum else { return }
      outside.note(row, text)
      // As serving does, which refuses the value or takes it for missing.
      if feature.onUnknown != .warn { values[row] = .nan }
    }
    if unreadable.count > 0 {
      let mend = numberMend(unreadable.text) ?? "mend the rows or set type: categorical"
      report(
        Finding(
          isStray(unreadable.count, limits.unreadable) ? .strayText : .notNumeric, column: feature.name,
          count: unreadable.count,
          firstLine: raw.line(of: unreadable.row),
          message:
            "column \(feature.name): \(Figures.count(unreadable.count, "value")) \(unreadable.count == 1 ? "is no number" : "are no numbers"), "
            + "first '\(unreadable.text)' at \(place(unreadable.row)): \(mend)"))
    }
    reportInexact(feature.name, inexact, "make the feature categorical, or write them smaller")
    if outside.count > 0 {
      let bounds = [
        feature.minimum.map { "below \(numberText($0))" }, feature.maximum.map { "above \(numberText($0))" },
      ]
      report(
        Finding(
          isStray(outside.count, limits.outOfRange) ? .strayNumber : .outOfBounds, column: feature.name,
          count: outside.count,
          firstLine: raw.line(of: outside.row),
          message:
            "column \(feature.name): \(Figures.count(outside.count, "value")) \(outside.count == 1 ? "lies" : "lie") "
            + bounds.compactMap { $0 }.joined(separator: " or ")
            + ", first \(outside.text) at \(place(outside.row)): mend the rows or widen the feature's bounds"))
    }
    return .numeric(values)
  }

  private func numberMend(_ text: String) -> String? {
    guard raw.isFile, raw.decimal == nil, text.contains(",") else { return ValueReading.nearNumber(text) }
    let (point, comma) = (NumberStyle.point.number(in: text), NumberStyle.comma.number(in: text))
    if let point, let comma {
      return
        "it may mean \(numberText(point)) or \(numberText(comma)): set decimal beside the file's uri to \".\" or \",\""
    }
    guard comma != nil else { return ValueReading.nearNumber(text) }
    return "the file has numbers with a decimal point as well: set decimal: \",\" beside its uri, or write one kind"
  }

  private mutating func reportInexact(_ name: String, _ inexact: Tally, _ mend: String) {
    guard inexact.count > 0 else { return }
    report(
      Finding(
        .inexactNumber, column: name, count: inexact.count, firstLine: raw.line(of: inexact.row),
        message:
          "column \(name): \(Figures.count(inexact.count, "whole number")) \(inexact.count == 1 ? "lies" : "lie") beyond 2^53, where "
          + "neighbours become one number, first \(inexact.text) at \(place(inexact.row)): \(mend)"))
  }

  private mutating func readLevels(_ feature: FeatureSchema.Feature, _ position: Int) -> Column {
    let (column, unknown) = readTexts(position, known: feature.categories)
    guard case .categorical(var codes, let levels) = column else { return column }
    let use = LevelUse(codes: codes, levels: levels, listed: feature.categories)
    findings += use.findings(feature, firstUnknown: unknown.count > 0 ? (unknown.text, place(unknown.row)) : nil)
    // As serving does, which refuses the value or takes it for missing.
    if feature.onUnknown != .warn, !feature.categories.isEmpty {
      for row in codes.indices where codes[row] >= feature.categories.count { codes[row] = -1 }
    }
    if unknown.count > 0 {
      report(
        Finding(
          .unknownCategory, column: feature.name, count: unknown.count, firstLine: raw.line(of: unknown.row),
          message:
            "column \(feature.name): \(Figures.count(unknown.count, "value")) \(unknown.count == 1 ? "is" : "are") not among its "
            + "\(feature.categories.count) categories, first '\(unknown.text)' at \(place(unknown.row)): "
            + "mend the rows or add the category"))
    }
    return .categorical(codes: codes, levels: levels)
  }

  /// The column's texts as levels, the known ones first; with the values outside `known` where that is not empty.
  private func readTexts(_ position: Int, known: [String]) -> (Column, Tally) {
    var index = ValueIndex(known)
    let missing = MissingTexts(schema.missing, besides: known)
    var codes = [Int32](repeating: -1, count: raw.rowCount)
    var unknown = Tally()
    raw.forEachCell(ofColumn: position) { row, text in
      guard !missing.contains(text) else { return }
      let code = index.intern(text)
      codes[row] = code
      if !known.isEmpty, code >= known.count { unknown.note(row, text) }
    }
    return (.categorical(codes: codes, levels: index.levels), unknown)
  }

  mutating func readTimestamp(_ name: String, _ times: [Double]?) {
    guard let times else { return reportMissingColumn(name, "timestamp", .timestampColumnMissing) }
    add(name, .numeric(times))
  }

  /// - Parameter unlabelled: How many rows without a target value the source has.
  mutating func readTarget(_ target: FeatureSchema.Target, isRequired: Bool, unlabelled: Int, firstLine: Int) {
    guard let position = position(of: target.name) else {
      if isRequired { reportMissingColumn(target.name, "target", .targetColumnMissing) }
      return
    }
    let (column, unknown) = readTexts(position, known: target.classes)
    add(target.name, column)
    guard isRequired, raw.rowCount > 0, case .categorical(let codes, let levels) = column else { return }
    if unknown.count > 0 {
      report(
        Finding(
          .unknownClass, column: target.name, count: unknown.count, firstLine: raw.line(of: unknown.row),
          message:
            "target \(target.name): \(Figures.count(unknown.count, "value")) \(unknown.count == 1 ? "is" : "are") not among its classes "
            + "\(listed(target.classes)), first '\(unknown.text)' at \(place(unknown.row)): mend the rows or add the class"
        ))
    }
    findings += LevelUse(codes: codes, levels: levels, listed: target.classes).findings(target)
    reportLabels(
      target, unlabelled: unlabelled, firstLine: firstLine,
      present: Set(codes.filter { $0 >= 0 }).map { levels[Int($0)] })
  }

  private mutating func reportLabels(
    _ target: FeatureSchema.Target, unlabelled: Int, firstLine: Int, present: [String]
  ) {
    if let only = present.first, present.count == 1 {
      report(
        Finding(
          .singleClass, column: target.name, count: raw.rowCount,
          message: "target \(target.name) has the single class '\(excerpt(only))' in all rows: "
            + "training needs at least two; widen the window or check the target column"))
    }
    if present.isEmpty {
      return report(
        Finding(
          .noLabels, column: target.name, count: unlabelled,
          message:
            "target \(target.name) is missing in all \(Figures.count(unlabelled, "row")): check the target column"))
    }
    if let positive = target.positive, present.count > 1,
      !present.contains(where: { ValueReading.identity($0) == ValueReading.identity(positive) })
    {
      report(
        Finding(
          .unknownClass, column: target.name,
          message:
            "target \(target.name) has no row of its positive class '\(positive)', only \(listed(present.sorted())): "
            + "set spec.schema.target.positive to one of them"))
    }
    if unlabelled > 0 {
      report(
        Finding(
          .targetValueMissing, column: target.name, count: unlabelled, firstLine: firstLine,
          message:
            "target \(target.name) is missing in \(Figures.count(unlabelled, "row")), first at \(raw.place) \(firstLine): left out"
        ))
    }
  }

  mutating func readPrimaryKey(_ names: [String]) {
    guard !names.isEmpty else { return }
    var keys = [String](repeating: "", count: raw.rowCount)
    for name in names {
      guard let position = position(of: name) else {
        reportMissingColumn(name, "primary key", .keyColumnMissing)
        return
      }
      add(name, readTexts(position, known: []).0)
      var inexact = Tally()
      raw.forEachCell(ofColumn: position) { row, text in
        keys[row] += ValueReading.identity(text) + "\u{1f}"
        if ValueReading.isBeyondDoubles(text) { inexact.note(row, text) }
      }
      reportInexact(name, inexact, "they are kept as texts here; clients must send them as texts too")
    }
    var seen: Set<String> = []
    var repeated = Tally()
    for (row, key) in keys.enumerated() where !seen.insert(key).inserted { repeated.note(row, nil) }
    guard repeated.count > 0 else { return }
    report(
      Finding(
        .duplicatePrimaryKey, column: names.joined(separator: ","), count: repeated.count,
        firstLine: raw.line(of: repeated.row),
        message: "primary key \(names.joined(separator: ", ")): \(Figures.count(repeated.count, "row")) "
          + "\(repeated.count == 1 ? "repeats" : "repeat") an earlier key, first at \(place(repeated.row)): "
          + "remove them or correct primaryKey"))
  }
}
