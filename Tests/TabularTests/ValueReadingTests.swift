import Tabular
import TestSupport
import Testing
import WorkerContract

/// One table of inputs through every reader.
@Suite struct ValueReadingTests {
  static let texts = ValueTexts.texts
  static let levels = ValueTexts.levels

  private let schema = FeatureSchema(
    target: .init(name: "y", classes: Self.levels),
    features: [.init(name: "c", type: .categorical, nullable: true, categories: Self.levels)])

  @Test(arguments: texts)
  func `every reader takes a text for the same level`(text: String, level: String?, isMissing: Bool) throws {
    let code = level.flatMap { Self.levels.firstIndex(of: $0) }.map(Int32.init)

    let pipeline = FeaturePipeline(learned: schema)
    #expect(
      pipeline.category(text, ofFeature: 0) == (code.map(FeatureValue.category) ?? (isMissing ? .missing : .unseen)))

    var builder = TableBuilder(schema: schema)
    builder.append(["c": .text(text)])
    guard case .categorical(let logged, _) = builder.table["c"] else { return #expect(Bool(false)) }
    #expect(logged == [code ?? (isMissing ? -1 : 4)])

    let raw = RawTable(header: ["c", "y"], rows: Self.levels.map { [$0, $0] } + [[text, text]])
    let reading = raw.read(schema: schema, minimumRows: 1)
    guard case .categorical(let read, _) = reading.table["c"], case .categorical(let target, _) = reading.table["y"]
    else {
      return #expect(Bool(false))
    }
    #expect(reading.unlabelledRows == (isMissing ? 1 : 0))
    if isMissing {
      #expect(read == [0, 1, 2, 3])
    } else {
      #expect(read.last == code ?? 4)
      #expect(target.last == code ?? 4)
    }
    #expect(TargetEncoding(classes: Self.levels, positive: 0).index(of: text) == code)

    let rows = (Self.levels + [text, "1"]).enumerated().map { row, level in [level, row.isMultiple(of: 2) ? "a" : "b"] }
    let inferred = try RawTable(header: ["c", "y"], rows: rows).inferSchema(target: "y")
    #expect(inferred.schema.features.first?.categories.count == (code != nil || isMissing ? 4 : 5))
    #expect(inferred.schema.features.first?.nullable == isMissing)
  }

  @Test func `requests drawn from training rows are known whatever they are written as`() {
    let numbers = FeatureSchema(
      target: .init(name: "y"), features: [.init(name: "c", type: .categorical, categories: ["0.0", "1.0", "2.50"])])
    var builder = TableBuilder(schema: numbers)
    for _ in 0..<100 { for value in [0, 1, 2.5] { builder.append(["c": .number(value)]) } }
    guard case .categorical(let codes, let levels) = builder.table["c"] else { return #expect(Bool(false)) }
    #expect(levels == ["0.0", "1.0", "2.50"] && codes.allSatisfy { $0 >= 0 })
  }

  @Test func `a level that is listed stays one`() throws {
    let country = FeatureSchema(
      target: .init(name: "y"),
      features: [.init(name: "c", type: .categorical, nullable: true, categories: ["DE", "NA"])],
      missing: ["NA", "nil"])
    let reading = RawTable(header: ["c", "y"], rows: [["NA", "0"], ["DE", "1"], ["nil", "1"], ["DE", "NA"]])
      .read(schema: country, minimumRows: 1)
    #expect(reading.table["c"] == .categorical(codes: [1, 0, -1], levels: ["DE", "NA"]))
    #expect(TargetEncoding(fitting: reading.table, target: country.target)?.classes == ["0", "1"])
  }

  @Test func `codes with leading zeros are no numbers`() throws {
    let rows = (0..<40).map { ["0\($0 % 4)134", String($0 % 2)] }
    let inferred = try RawTable(header: ["zip", "y"], rows: rows).inferSchema(target: "y")
    #expect(inferred.schema.features.first?.type == .categorical)
    #expect(inferred.schema.features.first?.categories == ["00134", "01134", "02134", "03134"])
  }

  @Test func `an index is never a feature, whatever its order`() throws {
    let rows = (0..<40).map { [String($0 * 7 % 40), String($0 * 7 % 40), String($0 % 3), String($0 % 2)] }
    let inferred = try RawTable(header: ["Unnamed: 0", "n", "x", "y"], rows: rows).inferSchema(target: "y")
    #expect(inferred.schema.features.map(\.name) == ["x"])
    #expect(inferred.schema.primaryKey == [])
  }

  /// One odd row of forty is a warning, five are an error.
  @Test(arguments: [("x", Finding.Reason.strayText), ("NA", .strayNull), ("999", .strayNumber)])
  func `few odd values do not forbid a training`(text: String, reason: Finding.Reason) throws {
    let bounded = FeatureSchema(
      target: .init(name: "y"),
      features: [.init(name: "n", type: .numeric, minimum: 0, maximum: 100, onUnknown: .impute)])
    func read(odd: Int) -> TableReading {
      RawTable(header: ["n", "y"], rows: (0..<40).map { [$0 < odd ? text : "\($0)", String($0 % 2)] })
        .read(schema: bounded)
    }
    let few = read(odd: 1)
    #expect(few.failures == [] && few.warnings.map(\.reason) == [reason] && few.warnings.first?.count == 1)
    #expect(few.table["n"]?.missingCount == 1)
    #expect(read(odd: 5).failures.count == 1)
  }

  @Test func `what is outside of the window or has no label is not judged`() throws {
    let timed = FeatureSchema(
      target: .init(name: "y"), features: [.init(name: "n", type: .numeric)], timestamp: "t")
    var rows = (0..<20).map { ["\(1_700_000_000 + $0)", "\($0)", String($0 % 2)] }
    rows +=
      (0..<20).map { ["\(1_600_000_000 + $0)", "old", "z"] } + (0..<20).map { ["\(1_700_000_000 + $0)", "new", ""] }
    let reading = RawTable(header: ["t", "n", "y"], rows: rows).read(
      schema: timed, window: TimeSpan(seconds: 86_400))
    #expect(reading.failures == [])
    #expect(reading.table.rowCount == 20 && reading.unlabelledRows == 20)
  }

  @Test func `a column of identifiers is no category`() {
    let open = FeatureSchema(target: .init(name: "y"), features: [.init(name: "c", type: .categorical)])
    let reading = RawTable(header: ["c", "y"], rows: (0..<3000).map { ["id\($0)", String($0 % 2)] }).read(schema: open)
    #expect(reading.failures.map(\.reason) == [.tooManyCategories])
    #expect(reading.failures.first?.column == "c")
  }

  @Test(arguments: [
    ("1,5", "write a decimal point in place of the comma"), ("1,234.50", "write numbers without thousands separators"),
    ("$12", "take the currency sign away"), ("12%", "take the percent sign away"),
  ])
  func `what a person reads as number is named`(text: String, mend: String) {
    let numeric = FeatureSchema(target: .init(name: "y"), features: [.init(name: "n", type: .numeric)])
    let reading = RawTable(header: ["n", "y"], rows: [[text, "0"], ["2", "1"]]).read(schema: numeric, minimumRows: 1)
    #expect(reading.failures.first?.message.hasSuffix(": " + mend) == true)
  }
}
