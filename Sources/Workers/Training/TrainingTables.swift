import Learning
import Tabular
import WorkerContract

/// What ingest brings: rows as text.
struct RawTrainingData {
  var source: RawTable
  /// Rows of `split.testSource`, where there is one.
  var test: RawTable?
}

/// Typed rows that passed validation.
struct TrainingTables {
  var source: Table
  var test: Table?
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
    self.target = target
    warnings = source.warnings.map(\.message)
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
    warnings += test.warnings.map { "\(Self.testField): \($0.message)" }
  }

  /// The rows of one source, typed and cut to its window.
  private static func read(
    _ raw: RawTable, schema: FeatureSchema, run: TrainingRun, source: DataSource, field: String
  ) throws -> TableReading {
    if source.window != nil, schema.timestamp == nil { throw WorkerError.windowWithoutTimestamp(field: field) }
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
  /// Where each test row is in the typed source; nil where the test rows have a source of their own.
  var testRows: [Int]?
  /// Where each row that the model learns from is in the typed source.
  var learnedRows: [Int]
  var warnings: [String] = []

  /// Divides the encoded rows by the plan and checks that each part can do its work.
  init(_ tables: TrainingTables, pipeline: FeaturePipeline, run: TrainingRun) throws {
    let labels = Self.labels(tables.source, tables.target, run.schema)
    let split = DataSplit(tables.source, classes: labels, schema: run.schema, plan: run.split)
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
    validation = part(split.validation)
    if let table = tables.test {
      testTable = table
      testRows = nil
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
    try check(tables.target)
    try judgeTestRows(tables)
  }

  private static func labels(_ table: Table, _ target: TargetEncoding, _ schema: FeatureSchema) -> [Int32] {
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
