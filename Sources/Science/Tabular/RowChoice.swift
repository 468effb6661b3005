import WorkerContract
import Values

/// The rows of a source that a reading is about.
struct RowChoice {
  var rows: RawTable
  /// The times of these rows, where the schema names a column of them.
  var times: [Double]?
  /// What is odd about the times.
  var findings: [Finding] = []
  /// Rows within the window that were left out because their target is missing.
  var unlabelled = 0
  /// Where the first of them stands.
  var firstUnlabelled = 0
  /// Rows within the window that were left out because the target does not list their class.
  var strayClass: StrayClass?
  /// Whether no row has a target; then all are kept, so that the findings can say what else they are.
  var isUnlabelled = false
}

struct StrayClass {
  var count = 0
  var firstLine = 0
  var text = ""
}

extension RawTable {
  /// The rows within the window that have a target; without those of unlisted classes, where they are few.
  func choosing(
    schema: FeatureSchema, requiresTarget: Bool, window: TimeSpan?, limits: DataLimits = .init()
  ) -> RowChoice {
    var choice = RowChoice(rows: self)
    var labelled: [Bool]?
    if requiresTarget, let column = header.firstIndex(of: schema.target.name) {
      let missing = MissingTexts(schema.missing, besides: schema.target.classes)
      var found = [Bool](repeating: true, count: rowCount)
      forEachCell(ofColumn: column) { row, text in found[row] = !missing.contains(text) }
      labelled = found
    }
    var kept = [Bool](repeating: true, count: rowCount)
    if let name = schema.timestamp, let column = header.firstIndex(of: name) {
      let judged = labelled?.contains(true) == true ? labelled : nil
      let times = TimeColumn(self, column, missing: MissingTexts(schema.missing), judged: judged)
      choice.times = times.seconds
      if let window { keep(within: window, times, name, &kept, &choice) }
      report(times, name, judged: judged, isWindowed: window != nil, limits, &choice)
    }
    if let labelled {
      for row in 0..<rowCount where kept[row] && !labelled[row] {
        if choice.unlabelled == 0 { choice.firstUnlabelled = line(of: row) }
        choice.unlabelled += 1
      }
      let both = kept.indices.map { kept[$0] && labelled[$0] }
      choice.isUnlabelled = choice.unlabelled > 0 && !both.contains(true)
      if !choice.isUnlabelled { kept = both }
    }
    if labelled != nil, !choice.isUnlabelled {
      choice.strayClass = removeStrayClasses(schema.target, limits, from: &kept)
    }
    guard kept.contains(false) else { return choice }
    let chosen = kept.indices.filter { kept[$0] }
    choice.rows = selecting(rows: chosen)
    choice.times = choice.times.map { times in chosen.map { times[$0] } }
    return choice
  }

  private func keep(
    within window: TimeSpan, _ times: TimeColumn, _ name: String, _ kept: inout [Bool], _ choice: inout RowChoice
  ) {
    guard let (newest, ahead) = TimeColumn.newest(times.seconds, window: window.seconds) else { return }
    for row in 0..<rowCount {
      let time = times.seconds[row]
      kept[row] = !time.isNaN && time > newest - window.seconds && !ahead.contains(row)
    }
    guard let first = ahead.min(), let column = header.firstIndex(of: name) else { return }
    choice.findings.append(
      Finding(
        .strayTime, column: name, count: ahead.count, firstLine: line(of: first),
        message:
          "column \(name): \(Figures.count(ahead.count, "time")) \(ahead.count == 1 ? "lies" : "lie") more than a year ahead of all others, "
          + "first '\(excerpt(text(row: first, column: column)))' at \(place) \(line(of: first)): left out; mend the rows"
      ))
  }

  private func report(
    _ times: TimeColumn, _ name: String, judged: [Bool]?, isWindowed: Bool, _ limits: DataLimits,
    _ choice: inout RowChoice
  ) {
    let fate = isWindowed ? "left out" : "taken for the oldest"
    if times.distant.count > 0 {
      let (count, tally) = (times.distant.count, times.distant)
      choice.findings.append(
        Finding(
          .strayTime, column: name, count: count, firstLine: line(of: tally.row),
          message:
            "column \(name): \(Figures.count(count, "time")) \(count == 1 ? "lies" : "lie") beyond the year \(TimeColumn.lastYear - 1), "
            + "first '\(tally.text)' at \(place) \(line(of: tally.row)): \(fate); leave a time empty that is not known")
      )
    }
    guard times.unreadable.count > 0 else { return }
    let (count, tally) = (times.unreadable.count, times.unreadable)
    let isStray = times.isStray(rows: judged?.count { $0 } ?? rowCount, limit: limits.unreadable)
    choice.findings.append(
      Finding(
        isStray ? .strayTime : .notTimestamp, column: name, count: count, firstLine: line(of: tally.row),
        message:
          "column \(name): \(Figures.count(count, "value")) \(count == 1 ? "is no time" : "are no times"), first "
          + "'\(tally.text)' at \(place) \(line(of: tally.row)): \(isStray ? "\(fate); " : "")\(TimeColumn.forms)"))
  }

  private func removeStrayClasses(
    _ target: FeatureSchema.Target, _ limits: DataLimits, from kept: inout [Bool]
  ) -> StrayClass? {
    guard !target.classes.isEmpty, let column = header.firstIndex(of: target.name) else { return nil }
    let classes = ValueIndex(target.classes)
    var stray = StrayClass()
    var listed = kept
    forEachCell(ofColumn: column) { row, text in
      guard kept[row], classes.code(of: text) < 0 else { return }
      if stray.count == 0 {
        stray.firstLine = line(of: row)
        stray.text = String(String(decoding: text, as: UTF8.self).prefix(40))
      }
      stray.count += 1
      listed[row] = false
    }
    let rows = kept.count { $0 }
    guard stray.count > 0, Double(stray.count) <= limits.unknownClass * Double(rows) else { return nil }
    kept = listed
    return stray
  }
}

/// How many values share a problem, and the first of them.
struct Tally {
  var count = 0
  var row = 0
  var text = ""

  mutating func note(_ row: Int, _ text: UnsafeBufferPointer<UInt8>?) {
    if count == 0 {
      self.row = row
      if let text { self.text = excerpt(String(decoding: text, as: UTF8.self)) }
    }
    count += 1
  }
}
