import WorkerContract
import Values

extension RawTable {
  /// Reads a schema off the data: types, categories, bounds with a margin, nullability, the timestamp, the primary key and the
  /// target's classes. Columns that identify rows, never change or have too many different texts are left out.
  /// - Parameters:
  ///   - target: The column to predict.
  ///   - positive: The class that counts as positive; chosen where nil.
  ///   - options: What a person knows better than the data show.
  package func inferSchema(
    target: String, positive: String? = nil, options: InferenceOptions = InferenceOptions()
  ) throws(InferenceError) -> InferredSchema {
    guard rowCount > 0 else { throw .noRows }
    guard let targetColumn = header.firstIndex(of: target) else { throw .targetMissing(target, columns: header) }
    try check(options, target: target)
    let missing = MissingTexts(options.missingTexts)
    let style = numberStyle(ofColumns: Array(header.indices), missing: missing)
    var inference = SchemaInference(rowCount: rowCount, options: options)
    inference.result.decimal = decimal ?? style.mark
    inference.result.findings = findings
    let profile = { (column: Int) in ColumnProfile(self, column, style: style, missing: missing) }
    try inference.inferTarget(profile(targetColumn), positive: positive)
    for column in header.indices where column != targetColumn { inference.infer(profile(column)) }
    let inferred = inference.result
    if inferred.schema.features.isEmpty { throw .noFeatures(leftOut: inferred.leftOut) }
    return inferred
  }
}

extension RawTable {
  /// Whether the columns that the options name are there, and fit for what they are to be.
  fileprivate func check(_ options: InferenceOptions, target: String) throws(InferenceError) {
    for name in options.drop + [options.timestamp].compactMap({ $0 }) where !header.contains(name) {
      throw .columnMissing(name, columns: header)
    }
    if let texts = options.missingTexts {
      if texts.count > InferenceLimits.missing { throw .tooManyMissing(texts.count) }
      if let long = texts.first(where: { $0.unicodeScalars.count > InferenceLimits.missingLength }) {
        throw .longMissing(long)
      }
    }
    if options.drop.contains(target) { throw .targetDropped(target) }
    guard let name = options.timestamp, let column = header.firstIndex(of: name) else { return }
    if name == target || options.drop.contains(name) { throw .timestampTaken(name) }
    let times = TimeColumn(self, column, missing: MissingTexts(options.missingTexts))
    let isEmpty = times.seconds.allSatisfy(\.isNaN)
    guard !isEmpty, times.unreadable.count == 0 || times.isStray(rows: rowCount) else {
      throw .notTimestamp(name, first: "'\(times.unreadable.text)' at \(place) \(line(of: times.unreadable.row))")
    }
  }
}

private struct SchemaInference {
  var result: InferredSchema
  private let options: InferenceOptions

  init(rowCount: Int, options: InferenceOptions) {
    self.options = options
    result = InferredSchema(
      schema: FeatureSchema(target: .init(name: ""), features: []), explanations: [:], leftOut: [], rowCount: rowCount,
      classShares: [])
    if let texts = options.missingTexts {
      result.schema.missing = texts
      explain("missing", "the usual ones and \(listed(options.missing)), as asked for")
    }
  }

  private mutating func explain(_ path: String, _ why: String) { result.explanations[path] = why }

  private mutating func leaveOut(_ profile: ColumnProfile, _ why: String) {
    result.leftOut.append(.init(column: profile.name, why: why))
  }

  mutating func inferTarget(_ profile: ColumnProfile, positive: String?) throws(InferenceError) {
    let counts = profile.levelCounts
    guard let only = counts.first else { throw .targetEmpty(profile.name) }
    guard counts.count > 1 else { throw .singleClass(profile.name, only: only.level) }
    guard counts.count <= InferenceLimits.classes else { throw .tooManyClasses(profile.name, count: counts.count) }
    let classes = TargetEncoding.sorted(counts.map(\.level))
    let rows = Double(counts.reduce(0) { $0 + $1.count })
    let countOf = Dictionary(counts.map { ($0.level, $0.count) }, uniquingKeysWith: +)
    result.classShares = classes.map { Double(countOf[$0] ?? 0) / rows }
    let shares = zip(classes, result.classShares).map { "\($0) \(percent($1))" }.joined(separator: ", ")
    let unlabelled =
      profile.missing > 0 ? "; \(Figures.count(profile.missing, "row")) without a value are left out" : ""
    explain("target", "the column to predict, as asked for\(unlabelled)")
    explain("target.classes", "all values that occur: \(shares)")

    let rarest = counts.min { ($0.count, $1.level) < ($1.count, $0.level) }?.level ?? only.level
    if let positive = positive.map({ wanted in
      classes.first { ValueReading.identity($0) == ValueReading.identity(wanted) } ?? wanted
    }) {
      guard classes.contains(positive) else { throw .unknownPositive(positive, classes: classes) }
      explain("target.positive", "as asked for")
      result.schema.target = .init(name: profile.name, positive: positive, classes: classes)
    } else if let word = classes.first(where: { positiveWords.contains($0.lowercased()) }), classes.count == 2 {
      explain("target.positive", "'\(word)' of '\(classes[0])' and '\(classes[1])' reads like the event to be found")
      result.schema.target = .init(name: profile.name, positive: word, classes: classes)
    } else {
      explain("target.positive", "the rarest class is usually the one to be found")
      result.schema.target = .init(name: profile.name, positive: rarest, classes: classes)
    }
  }

  mutating func infer(_ profile: ColumnProfile) {
    if options.drop.contains(profile.name) { return leaveOut(profile, "is to be left out, as asked for") }
    if profile.name == options.timestamp { return takeTimestamp(profile, "as asked for") }
    if profile.name.unicodeScalars.count > InferenceLimits.nameLength {
      return leaveOut(profile, "has a name of more than \(InferenceLimits.nameLength) letters: rename it")
    }
    if profile.isUnnamed {
      return leaveOut(profile, "has no name in the file: an index, which says nothing about a row")
    }
    if profile.present == 0 { return leaveOut(profile, "has no value in any row") }
    if profile.isTime { return inferTime(profile) }
    if profile.levelCounts.count == 1, profile.missing == 0 {
      return leaveOut(profile, "has the same value '\(profile.levelCounts[0].level)' in every row")
    }
    if let bad = profile.mistakes {
      return leaveOut(
        profile, "holds numbers, but \(bad.count) of \(profile.present) values are none, first \(bad.first): mend them")
    }
    // Prices and shares with their signs are numbers to people.
    if !profile.isNumeric, profile.levelCounts.count > InferenceLimits.signedLevels, let mend = profile.signMend {
      let first = profile.levelCounts[0].level.prefix(40)
      return leaveOut(profile, "holds numbers such as '\(first)', written as texts: \(mend)")
    }
    if let why = profile.identifierReason { return inferIdentifier(profile, why) }
    if let inexact = profile.inexact {
      return leaveOut(
        profile,
        "has \(Figures.count(inexact.count, "whole number")) beyond 2^53, of which neighbours become one, first \(inexact.first)"
      )
    }
    if result.schema.features.count >= InferenceLimits.features {
      return leaveOut(profile, "would be more than \(InferenceLimits.features) features: choose with --drop")
    }
    if profile.isNumeric { inferNumeric(profile) } else { inferCategorical(profile) }
  }

  private mutating func inferTime(_ profile: ColumnProfile) {
    guard result.schema.timestamp == nil, options.timestamp == nil else {
      return leaveOut(profile, "is a time, and another column is the timestamp")
    }
    takeTimestamp(profile, "every value is a time: windows and splits by time can use it")
  }

  private mutating func takeTimestamp(_ profile: ColumnProfile, _ why: String) {
    result.schema.timestamp = profile.name
    explain("timestamp", why)
    leaveOut(profile, "is the timestamp: a model that knows the date learns the past by heart")
  }

  private mutating func inferIdentifier(_ profile: ColumnProfile, _ why: String) {
    // A wrong key would make the split and the count of repeated rows wrong; so it takes a name that says key.
    if profile.isUnique, profile.nameSaysIdentifier, result.schema.primaryKey.isEmpty {
      result.schema.primaryKey = [profile.name]
      explain("primaryKey", "\(why), and none repeats")
      leaveOut(profile, "is the primary key: it names rows and says nothing about others")
    } else {
      leaveOut(profile, "looks like an identifier: \(why)")
    }
  }

  private mutating func noteMissing(_ profile: ColumnProfile) {
    if profile.missing > 0 {
      result.missingShares[profile.name] = Double(profile.missing) / Double(max(1, profile.rowCount))
    }
    explain(
      "features.\(profile.name).nullable",
      profile.missing > 0
        ? "missing in \(Figures.count(profile.missing, "row")) (\(percent(Double(profile.missing) / Double(profile.rowCount))))"
        : "never missing in \(Figures.count(profile.rowCount, "row"))")
  }

  private mutating func inferNumeric(_ profile: ColumnProfile) {
    let name = profile.name
    let bounds = profile.bounds
    let kind = profile.isWhole ? "whole numbers" : "numbers"
    explain(
      "features.\(name)",
      "\(Figures.count(profile.levelCounts.count, "different value")), all \(kind), "
        + "\(numberText(profile.minimum)) to \(numberText(profile.maximum))"
        + (profile.missingWords.isEmpty
          ? "" : "; \(listed(profile.missingWords)) \(profile.missingWords.count == 1 ? "counts" : "count") as missing")
    )
    explain("features.\(name).minimum", bounds.lowerWhy)
    explain("features.\(name).maximum", bounds.upperWhy)
    noteMissing(profile)
    result.schema.features.append(
      .init(
        name: name, type: .numeric, nullable: profile.missing > 0, minimum: bounds.lower, maximum: bounds.upper))
  }

  private mutating func inferCategorical(_ profile: ColumnProfile) {
    let count = profile.levelCounts.count
    let first = profile.levelCounts.first?.level ?? ""
    let mend = ValueReading.nearNumber(first) ?? ValueReading.nearTime(first)
    if count > InferenceLimits.categories
      || (profile.rowCount >= 20 && Double(count) > InferenceLimits.categoryShare * Double(profile.present))
    {
      let hint = mend.map { "; if they are numbers or times such as '\(first.prefix(40))', \($0)" } ?? ""
      return leaveOut(profile, "has \(count) different texts: too many to be categories\(hint)")
    }
    let common = profile.levelCounts.sorted { ($1.count, $0.level) < ($0.count, $1.level) }.prefix(3)
      .map { "\($0.level) \(percent(Double($0.count) / Double(profile.present)))" }.joined(separator: ", ")
    let hint = mend.map { "; if they are numbers or times such as '\(first.prefix(40))', \($0)" } ?? ""
    explain("features.\(profile.name)", "\(Figures.count(count, "different text")), most often \(common)\(hint)")
    explain(
      "features.\(profile.name).categories", "all texts that occur; take the line away to learn them at each training")
    noteMissing(profile)
    result.schema.features.append(
      .init(
        name: profile.name, type: .categorical, nullable: profile.missing > 0,
        categories: profile.levelCounts.map(\.level).sorted()))
  }
}

private let positiveWords: Set<String> = [
  "1", "true", "yes", "y", "t", "positive", "fraud", "churn", "churned", "default",
]

func percent(_ share: Double) -> String {
  let percent = share * 100
  if percent > 0, percent < 0.1 { return "under 0.1 %" }
  let tenths = (percent * 10).rounded() / 10
  return "\(numberText(tenths)) %"
}
