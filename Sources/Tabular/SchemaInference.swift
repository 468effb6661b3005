import WorkerContract

extension RawTable {
  /// Reads a schema off the data: types, categories, bounds with a margin, nullability, the timestamp, the primary key and the
  /// target's classes. Columns that identify rows, never change or have too many different texts are left out.
  /// - Parameters:
  ///   - target: The column to predict.
  ///   - positive: The class that counts as positive; chosen where nil.
  package func inferSchema(target: String, positive: String? = nil) throws(InferenceError) -> InferredSchema {
    guard rowCount > 0 else { throw .noRows }
    guard let targetColumn = header.firstIndex(of: target) else { throw .targetMissing(target, columns: header) }
    var inference = SchemaInference(rowCount: rowCount)
    try inference.inferTarget(ColumnProfile(self, targetColumn), positive: positive)
    for column in header.indices where column != targetColumn { inference.infer(ColumnProfile(self, column)) }
    let inferred = inference.result
    if inferred.schema.features.isEmpty { throw .noFeatures(leftOut: inferred.leftOut) }
    return inferred
  }
}

private struct SchemaInference {
  var result: InferredSchema

  init(rowCount: Int) {
    result = InferredSchema(
      schema: FeatureSchema(target: .init(name: ""), features: []), explanations: [:], leftOut: [], rowCount: rowCount,
      classShares: [])
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
    let unlabelled = profile.missing > 0 ? "; \(counted(profile.missing, "row")) without a value are left out" : ""
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
    if let why = profile.identifierReason { return inferIdentifier(profile, why) }
    if profile.isNumeric { inferNumeric(profile) } else { inferCategorical(profile) }
  }

  private mutating func inferTime(_ profile: ColumnProfile) {
    guard result.schema.timestamp == nil else {
      return leaveOut(profile, "is a time, and another column is the timestamp")
    }
    result.schema.timestamp = profile.name
    explain("timestamp", "every value is a time: windows and splits by time can use it")
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
        ? "missing in \(counted(profile.missing, "row")) (\(percent(Double(profile.missing) / Double(profile.rowCount))))"
        : "never missing in \(counted(profile.rowCount, "row"))")
  }

  private mutating func inferNumeric(_ profile: ColumnProfile) {
    let name = profile.name
    let bounds = profile.bounds
    let kind = profile.isWhole ? "whole numbers" : "numbers"
    explain(
      "features.\(name)",
      "\(counted(profile.levelCounts.count, "different value")), all \(kind), "
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
    if count > InferenceLimits.categories
      || (profile.rowCount >= 20 && Double(count) > InferenceLimits.categoryShare * Double(profile.present))
    {
      let mend =
        profile.levelCounts.first.flatMap { ValueReading.nearNumber($0.level) }
        .map { "; if they are numbers such as '\(profile.levelCounts[0].level)', \($0)" } ?? ""
      return leaveOut(profile, "has \(count) different texts: too many to be categories\(mend)")
    }
    let common = profile.levelCounts.sorted { ($1.count, $0.level) < ($0.count, $1.level) }.prefix(3)
      .map { "\($0.level) \(percent(Double($0.count) / Double(profile.present)))" }.joined(separator: ", ")
    explain("features.\(profile.name)", "\(counted(count, "different text")), most often \(common)")
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
