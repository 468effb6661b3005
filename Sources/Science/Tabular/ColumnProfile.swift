/// What one column of text looks like.
struct ColumnProfile {
  let name: String
  let rowCount: Int
  /// Values that are there.
  private(set) var present = 0
  /// Different texts in order of appearance, with how often each occurs.
  private(set) var levelCounts: [(level: String, count: Int)] = []
  private(set) var minimum = Double.infinity
  private(set) var maximum = -Double.infinity
  /// Words that were taken for a missing value.
  private(set) var missingWords: [String] = []
  private(set) var isNumeric = false
  private(set) var isWhole = true
  private(set) var isTime = false
  /// Values that are no numbers in a column that holds numbers otherwise.
  private(set) var mistakes: (count: Int, first: String)?
  private var isAscending = true
  /// Whole numbers that a Double does not hold exactly.
  private(set) var inexact: (count: Int, first: String)?

  var missing: Int { rowCount - present }

  /// - Parameters:
  ///   - style: How the file's numbers are written.
  ///   - missing: Texts that mean a missing value.
  init(_ raw: RawTable, _ column: Int, style: NumberStyle = .plain, missing: MissingTexts = MissingTexts(nil)) {
    name = raw.header[column]
    rowCount = raw.rowCount
    var index = ValueIndex()
    var words = LevelIndex()
    var counts: [Int] = []
    var firstRows: [Int] = []
    var last = -Double.infinity
    var order: [Int32] = []
    raw.forEachCell(ofColumn: column) { row, text in
      guard !missing.contains(text) else {
        if !text.isEmpty { _ = words.intern(text) }
        return
      }
      let code = index.intern(text)
      if Int(code) == counts.count {
        counts.append(0)
        firstRows.append(row)
      }
      counts[Int(code)] += 1
      order.append(code)
    }
    present = order.count
    levelCounts = zip(index.levels, counts).map { ($0, $1) }
    missingWords = words.levels
    // Numbers with leading zeros are codes, and so then are all beside them.
    let isCoded = index.levels.contains { ValueReading.isCode($0) && number(in: $0) != nil }
    let values = index.levels.map { isCoded ? nil : style.number(in: $0) }
    judgeNumbers(values, counts, firstRows, raw)
    if isNumeric {
      for code in order {
        guard let value = values[Int(code)] else { continue }
        if value <= last { isAscending = false }
        last = value
      }
    }
    judgeTimes(values)
    judgeExactness(raw, column)
  }

  private mutating func judgeExactness(_ raw: RawTable, _ column: Int) {
    guard isNumeric, max(abs(minimum), abs(maximum)) > 9e15 else { return }
    var tally = Tally()
    raw.forEachCell(ofColumn: column) { row, text in if ValueReading.isBeyondDoubles(text) { tally.note(row, text) } }
    if tally.count > 0 { inexact = (tally.count, "\(tally.text) at \(raw.place) \(raw.line(of: tally.row))") }
  }

  private mutating func judgeNumbers(_ values: [Double?], _ counts: [Int], _ firstRows: [Int], _ raw: RawTable) {
    var unreadable = 0
    var first: (row: Int, text: String)?
    var readable = 0
    for (code, value) in values.enumerated() {
      let text = levelCounts[code].level
      if let value {
        readable += counts[code]
        minimum = min(minimum, value)
        maximum = max(maximum, value)
        if value != value.rounded() { isWhole = false }
      } else {
        unreadable += counts[code]
        if first.map({ firstRows[code] < $0.row }) ?? true { first = (firstRows[code], text) }
      }
    }
    guard readable > 0 else { return }
    if unreadable == 0 {
      isNumeric = true
    } else if let first, Double(unreadable) < InferenceLimits.mistakes * Double(present), values.count > 20 {
      mistakes = (unreadable, "'\(first.text)' at \(raw.place) \(raw.line(of: first.row))")
    }
  }

  /// Texts that are times; or numbers that all have one form of times in a column whose name says time; or at least ten different
  /// dates such as 20250301, which nothing else looks like.
  private mutating func judgeTimes(_ values: [Double?]) {
    guard present > 0 else { return }
    if isNumeric {
      let known = values.compactMap { $0 }
      guard let form = TimeForm.form(of: known), known.allSatisfy({ form.seconds($0) != nil }) else { return }
      isTime = nameSaysTime || form == .date && known.count >= 10
    } else {
      isTime = levelCounts.allSatisfy { number(in: $0.level) == nil && timestamp(in: $0.level) != nil }
    }
  }

  private var nameWords: [String] {
    var words: [String] = []
    var word = ""
    for character in name {
      if !character.isLetter && !character.isNumber {
        words.append(word)
        word = ""
      } else if character.isUppercase, word.last?.isLowercase == true {
        words.append(word)
        word = character.lowercased()
      } else {
        word += character.lowercased()
      }
    }
    return (words + [word]).filter { !$0.isEmpty }
  }

  private var nameSaysTime: Bool {
    !Set(nameWords).isDisjoint(with: ["time", "timestamp", "ts", "date", "datetime", "at", "epoch", "when", "datum"])
  }

  /// Whether it had no name, as the row numbers that other programs write in front.
  var isUnnamed: Bool { name.hasPrefix(RawTable.unnamed) }

  var nameSaysIdentifier: Bool {
    !Set(nameWords).isDisjoint(with: ["id", "ids", "uuid", "guid", "key"])
  }

  /// What keeps all its values from being numbers, and the mend.
  var signMend: String? {
    guard !levelCounts.isEmpty, levelCounts.allSatisfy({ ValueReading.nearNumber($0.level) != nil }) else { return nil }
    let first = levelCounts[0].level
    guard NumberStyle.comma.number(in: first) == nil else {
      return "say with --decimal what stands before the fraction"
    }
    return ValueReading.nearNumber(first)
  }

  /// Row numbers as other programs call them.
  private var nameSaysIndex: Bool {
    !Set(nameWords).isDisjoint(with: [
      "index", "idx", "row", "rows", "rownum", "rownames", "rownumber", "lfd", "lfdnr", "seq",
    ])
  }

  var isUnique: Bool { missing == 0 && levelCounts.count == rowCount }

  /// Why the column names rows rather than describing them, or nil.
  var identifierReason: String? {
    guard rowCount >= 10, !isNumeric || isWhole else { return nil }
    // From 0 or 1 on, each once: in a table of ten rows no accident any more.
    if isNumeric, isUnique, minimum == 0 || minimum == 1, maximum - minimum == Double(rowCount - 1) {
      return "it counts the rows"
    }
    guard rowCount >= 20 else { return nil }
    let isDistinct = Double(levelCounts.count) >= InferenceLimits.identifierShare * Double(rowCount)
    if isDistinct, nameSaysIdentifier { return "the name says so, and its values differ from row to row" }
    if nameSaysIdentifier, levelCounts.count > 50 {
      return "the name says so, and it has \(levelCounts.count) different values"
    }
    if isDistinct, isNumeric, nameSaysIndex { return "the name says so, and its numbers differ from row to row" }
    // Whole numbers without a gap count the rows, in whatever order these are.
    if isDistinct, isNumeric, isAscending || isUnique && maximum - minimum == Double(rowCount - 1) {
      return "it counts the rows"
    }
    if isDistinct, !isNumeric { return "its texts differ from row to row" }
    return nil
  }

  /// Bounds that leave room for values a little outside of what was seen.
  var bounds: (lower: Double, upper: Double, lowerWhy: String, upperWhy: String) {
    let seen = "\(numberText(minimum)) to \(numberText(maximum)) seen"
    if minimum == 0, maximum == 1 {
      return (0, 1, "a share or a flag: \(seen)", "a share or a flag: \(seen)")
    }
    let margin = max((maximum - minimum) * InferenceLimits.margin, isWhole ? 1 : abs(maximum) * 0.01)
    let share = "half of the range (\(seen)) as margin"
    var lower = rounded(minimum - margin, down: true)
    var lowerWhy = share
    if minimum >= 0, lower < 0 {
      lower = 0
      lowerWhy = "never negative: \(seen)"
    }
    return (lower, rounded(maximum + margin, down: false), lowerWhy, share)
  }

  /// Whole numbers stay whole; others keep three digits; never inwards.
  private func rounded(_ value: Double, down: Bool) -> Double {
    let rule = down ? FloatingPointRoundingRule.down : .up
    if isWhole || value == 0 { return value.rounded(rule) }
    var scale = 1.0
    while abs(value) * scale < 100, scale < 1e12 { scale *= 10 }
    return (value * scale).rounded(rule) / scale
  }
}
