import Learning
import Tabular
import WorkerContract

/// What ingest brings: rows as text.
struct RawTrainingData {
  var source: RawTable
  /// Rows of `split.testSource`, where there is one.
  var test: RawTable?
  /// The version in production, where there is one and its artifact can be read.
  var champion: Champion?
  /// Why it cannot, a sentence.
  var championProblem: String?
}

/// Typed rows that passed validation.
struct TrainingTables {
  var source: Table
  /// The rows of `source` as text, with all columns.
  var rows: RawTable
  var test: Table?
  /// Where each row of `test` is in the typed test source.
  var testRows: [Int] = []
  var target: TargetEncoding
  /// Soft findings, each a sentence.
  var warnings: [String]
}

extension TrainingTables {
  static let sourceField = "spec.training.source"
  static let splitField = "spec.training.split"
  static let testField = "spec.training.split.testSource"
  /// Fewer rows make no model (MISSION: at least 10).
  static let minimumRows = 10

  /// Types and validates all rows. Hard findings of the source are thrown together; so are those of the test source.
  init(_ raw: RawTrainingData, run: TrainingRun) throws {
    var schema = run.schema
    let source = try Self.read(raw.source, schema: schema, run: run, source: run.source, field: Self.sourceField)
    guard let target = TargetEncoding(fitting: source.table, target: schema.target), target.classes.count >= 2 else {
      let finding = Finding(
        .singleClass, column: schema.target.name,
        message: "target \(schema.target.name) has fewer than two classes: widen the window or check the column")
      throw WorkerError.data([finding], source: Self.sourceField)
    }
    self.source = source.table
    rows = source.rows
    self.target = target
    warnings = source.warnings.map(\.message) + Self.guessedPositive(target, schema.target)
    schema.target.classes = []
    guard let rawTest = raw.test, let testSource = run.split.testSource else { return }
    let test = try Self.read(
      rawTest, schema: schema, run: run, source: testSource, field: Self.testField)
    let labels = test.table[schema.target.name].map(target.encode) ?? []
    let known = labels.indices.filter { labels[$0] >= 0 }
    if known.count < labels.count {
      warnings.append(
        "\(Self.testField): \(labels.count - known.count) rows have a class that the source does not have; left out")
    }
    self.test = test.table.selecting(rows: known)
    testRows = known
    warnings += test.warnings.map { "\(Self.testField): \($0.message)" }
  }

  /// Precision, recall and F1 of one of two classes say something else than those of the other.
  private static func guessedPositive(_ target: TargetEncoding, _ stated: FeatureSchema.Target) -> [String] {
    guard target.isBinary, stated.positive == nil else { return [] }
    return [
      "target \(stated.name): '\(target.positiveClass)' counts as the positive class, being the last in order; "
        + "name the class that matters in spec.schema.target.positive"
    ]
  }

  /// Name of the class of each row of `source`.
  func classNames(_ schema: FeatureSchema) -> [String] {
    TrainingParts.labels(source, target, schema).map { $0 < 0 ? "" : target.classes[Int($0)] }
  }

  /// Of each row of `source`, in seconds since 1970; nil where the schema names no timestamp.
  func times(_ schema: FeatureSchema) -> [Double]? {
    guard let name = schema.timestamp, case .numeric(let times) = source[name] else { return nil }
    return times
  }

  /// The rows of one source, typed and cut to its window.
  private static func read(
    _ raw: RawTable, schema: FeatureSchema, run: TrainingRun, source: DataSource, field: String
  ) throws -> TableReading {
    if source.window != nil, schema.timestamp == nil, source.postgres?.query.contains("$since") != true {
      throw WorkerError.windowWithoutTimestamp(field: field)
    }
    let reading = raw.read(
      schema: schema, minimumRows: minimumRows, window: source.window, limits: run.limits ?? .init())
    guard reading.failures.isEmpty else {
      let isWindow = reading.failures.allSatisfy { $0.reason == .tooFewRows } && source.window != nil
      throw WorkerError.data(reading.failures, source: isWindow ? field + ".window" : field)
    }
    return reading
  }
}

/// Encoded rows by what they are used for.
struct TrainingParts {
  var train: LabelledRows
  var validation: LabelledRows
  var test: LabelledRows
  /// The test rows before encoding, for the champion and for segments.
  var testTable: Table
  /// Where each test row is in the typed source, or in the typed test source where there is one.
  var testRows: [Int]
  /// Where each row that the model learns from is in the typed source.
  var learnedRows: [Int]
  /// How the rows were divided.
  var recipe: SplitRecipe
  var warnings: [String] = []

  /// Divides the encoded rows by the plan and checks that each part can do its work.
  /// - Parameter champion: How the rows of the version in production were divided: a column that has come to the source
  ///   since then moves no row.
  init(_ tables: TrainingTables, pipeline: FeaturePipeline, run: TrainingRun, champion: SplitRecipe?) throws {
    let labels = Self.labels(tables.source, tables.target, run.schema)
    let (identity, hashes) = try Self.hashes(tables.rows, run, champion)
    let split = DataSplit(tables.source, hashes: hashes, classes: labels, schema: run.schema, plan: run.split)
    let encoded = pipeline.encode(tables.source)
    let width = pipeline.width
    func part(_ rows: [Int]) -> LabelledRows {
      var values: [Float] = []
      values.reserveCapacity(rows.count * width)
      for row in rows { values += encoded[(row * width)..<((row + 1) * width)] }
      return LabelledRows(values: values, width: width, labels: rows.map { Int(labels[$0]) })
    }
    train = part(split.train)
    learnedRows = (split.train + split.validation).sorted()
    let learned = learnedRows
    recipe = SplitRecipe(
      run.split, identity: identity,
      learnedUntil: run.split.by == .time
        ? tables.times(run.schema).flatMap { times in learned.lazy.map { times[$0] }.filter { !$0.isNaN }.max() } : nil,
      rankedClasses: split.rankedClasses.map { tables.target.classes[Int($0)] })
    validation = part(split.validation)
    if let table = tables.test {
      testTable = table
      testRows = tables.testRows
      test = LabelledRows(
        values: pipeline.encode(table), width: width,
        labels: Self.labels(table, tables.target, run.schema).map(Int.init))
    } else {
      testTable = tables.source.selecting(rows: split.test)
      testRows = split.test
      test = part(split.test)
    }
    if !split.rankedClasses.isEmpty {
      let names = split.rankedClasses.map { tables.target.classes[Int($0)] }.joined(separator: ", ")
      warnings.append("classes with few rows were divided by rank, not by their own hash: \(names)")
    }
    // So few test rows are the cause where a class is missing among them.
    if (1..<TestRows.sound).contains(test.count) {
      try judgeTestRows(tables)
      try check(tables.target)
    } else {
      try check(tables.target)
      try judgeTestRows(tables)
    }
  }

  /// The hashes that divide the rows, and what they are of; nothing where rows are not divided by hash.
  private static func hashes(
    _ rows: RawTable, _ run: TrainingRun, _ champion: SplitRecipe?
  ) throws -> (RowIdentity?, [UInt64]) {
    guard run.split.by == .hash else { return (nil, []) }
    let own = rows.identity(primaryKey: run.schema.primaryKey)
    var choices = [own]
    if let kept = champion?.identity, kept.countsEquals == own.countsEquals { choices.insert(kept, at: 0) }
    for identity in choices {
      if let hashes = rows.rowHashes(by: identity, seed: run.split.seed) { return (identity, hashes) }
    }
    throw WorkerError.split("Hash needs columns that tell rows apart; name them in spec.schema.primaryKey.")
  }

  static func labels(_ table: Table, _ target: TargetEncoding, _ schema: FeatureSchema) -> [Int32] {
    table[schema.target.name].map(target.encode) ?? []
  }

  /// Test rows that cannot tell a model from a guess end the run; few are a warning.
  private mutating func judgeTestRows(_ tables: TrainingTables) throws {
    var counts = [Int](repeating: 0, count: tables.target.classes.count)
    for label in test.labels { counts[label] += 1 }
    let judged = TestRows(counts: counts, target: tables.target).findings
    let field = tables.test == nil ? TrainingTables.splitField : TrainingTables.testField
    guard judged.failures.isEmpty else { throw WorkerError.data(judged.failures, source: field) }
    warnings += judged.warnings.map { "\(field): \($0.message)" }
  }

  private func check(_ target: TargetEncoding) throws {
    guard test.count > 0 else {
      throw WorkerError.split("no rows are left to test on; raise test, or set testSource.")
    }
    for (name, part) in [("training", train), ("test", test)] {
      let classes = Set(part.labels)
      guard classes.count >= 2 else {
        let only = classes.first.map { "only the class '\(target.classes[$0])'" } ?? "no rows"
        throw WorkerError.split(
          "the \(name) part has \(only); give it more rows, or split by: Hash instead of Time.")
      }
    }
  }
}
