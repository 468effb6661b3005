import Tabular
import Testing
import WorkerContract

@Suite struct TableReadingTests {
  private let schema = FeatureSchema(
    target: .init(name: "y"),
    features: [
      .init(name: "n", type: .numeric, nullable: true, minimum: 0, maximum: 100),
      .init(name: "c", type: .categorical, nullable: true),
    ])

  private func read(_ text: String, _ schema: FeatureSchema, minimumRows: Int = 2) throws -> TableReading {
    try RawTable(csv: Array(text.utf8)).read(schema: schema, minimumRows: minimumRows)
  }

  @Test func `columns are typed and missing values kept`() throws {
    let reading = try read("c,y,n,extra\na,0,1.5,z\n,1,,z\nb,0,NA,z\n", schema)
    #expect(reading.findings == [])
    #expect(reading.table.names == ["n", "c", "y"])
    #expect(reading.table["c"] == .categorical(codes: [0, -1, 1], levels: ["a", "b"]))
    #expect(reading.table["y"] == .categorical(codes: [0, 1, 0], levels: ["0", "1"]))
    guard case .numeric(let values) = reading.table["n"] else { return #expect(Bool(false)) }
    #expect(values[0] == 1.5 && values[1].isNaN && values[2].isNaN)
    #expect(reading.table.lines == [2, 3, 4])
  }

  @Test(arguments: [
    ("n,c,y\n", [Finding.Reason.noRows]),
    ("n,c\n1,a\n2,b\n", [.targetColumnMissing]),
    ("n,c,y\n1,a,0\n2,b,0\n", [.singleClass]),
    ("n,c,y\n1,a,\n2,b,\n", [.noLabels]),
    ("n,y\n1,0\n2,1\n", [.columnMissing]),
    ("n,c,y\n,a,0\n,b,1\n", [.featureAlwaysMissing]),
    ("n,c,y\nx,a,0\n2,b,1\n", [.notNumeric]),
    ("n,c,y\n1,a,0\n101,b,1\n-1,b,1\n", [.outOfBounds]),
    ("n,c,y\n1,a,0\n", [.singleClass, .tooFewRows]),
    ("n,c,y\nx,,0\n200,,1\n", [.featureAlwaysMissing, .notNumeric, .outOfBounds]),
  ])
  func `every hard problem has its reason`(text: String, reasons: [Finding.Reason]) throws {
    #expect(try read(text, schema).failures.map(\.reason) == reasons)
  }

  @Test func `findings name column, count, line and mend`() throws {
    let reading = try read("n,c,y\n1,a,0\nabc,b,1\n2,b,1\ndef,b,1\n", schema)
    let finding = try #require(reading.findings.first)
    #expect(finding.column == "n" && finding.count == 2 && finding.firstLine == 3)
    #expect(
      finding.message
        == "column n: 2 values are no numbers, first 'abc' at line 3: mend the rows or set type: categorical")
  }

  @Test func `values of a feature that may not be missing are counted`() throws {
    var strict = schema
    strict.features[0].nullable = false
    strict.features[1].nullable = false
    let reading = try read("n,c,y\n1,a,0\n,b,1\n2,,1\nNA,,1\n", strict)
    #expect(reading.failures.map(\.reason) == [.notNullable, .notNullable])
    #expect(reading.failures.map(\.count) == [2, 2])
    #expect(reading.failures.map(\.firstLine) == [3, 4])
  }

  @Test func `soft findings are warnings, and rows without target are left out`() throws {
    var known = schema
    known.features[1].categories = ["a", "b"]
    known.primaryKey = ["k"]
    let reading = try read("k,n,c,y\n1,1,a,0\n1,2,z,1\n2,3,b,\n3,3,b,1\n", known)
    #expect(reading.failures == [])
    #expect(Set(reading.warnings.map(\.reason)) == [.unknownCategory, .duplicatePrimaryKey, .targetValueMissing])
    #expect(reading.table.rowCount == 3 && reading.unlabelledRows == 1)
    #expect(reading.table["c"] == .categorical(codes: [0, 2, 1], levels: ["a", "b", "z"]))
    #expect(reading.table.lines == [2, 3, 5])
  }

  @Test func `listed classes and a positive class that does not occur are checked`() throws {
    var known = schema
    known.target = .init(name: "y", positive: "2", classes: ["0", "1", "2"])
    let reading = try read("n,c,y\n1,a,0\n2,b,1\n3,b,9\n", known)
    #expect(reading.failures.map(\.reason) == [.unknownClass, .unknownClass])
  }

  @Test func `timestamps become seconds`() throws {
    var timed = schema
    timed.timestamp = "t"
    let reading = try read("t,n,c,y\n2025-03-01T00:00:00Z,1,a,0\n1740787201,2,b,1\nnever,2,b,1\n", timed)
    #expect(reading.failures.map(\.reason) == [.notTimestamp])
    guard case .numeric(let times) = reading.table["t"] else { return #expect(Bool(false)) }
    #expect(times[0] == 1_740_787_200 && times[1] == 1_740_787_201 && times[2].isNaN)
  }

  @Test func `a missing column suggests one of another case`() throws {
    let reading = try read("N,c,y\n1,a,0\n2,b,1\n", schema)
    #expect(reading.failures.first?.message == "feature column n is not in the data: did you mean 'N'?")
  }

  @Test func `a summary counts what does not fit`() {
    let findings = (0..<30).map { Finding(.outOfBounds, message: "column \($0) is out of its bounds") }
    let summary = findings.summary(limit: 100)
    #expect(summary.hasSuffix("; and 27 more findings"))
    #expect(summary.hasPrefix("column 0 is out of its bounds; column 1"))
  }

  @Test func `rows of a query are read like lines`() throws {
    let raw = RawTable(header: ["n", "c", "y"], rows: [["1", "a", "0"], [nil, nil, "1"], ["x", "b", "1"]])
    let reading = raw.read(schema: schema, minimumRows: 2)
    #expect(reading.failures.first?.message.contains("at row 3") == true)
  }

  @Test(.enabled(if: realData("adult_train.csv") != nil, "the census data is not beside the repository"))
  func `the census data reads without findings`() throws {
    let raw = try RawTable(csv: try #require(realData("adult_train.csv")))
    let inferred = try raw.inferSchema(target: "income")
    let reading = raw.read(schema: inferred.schema)
    #expect(reading.findings == [])
    #expect(reading.table.rowCount == 32_561)
    #expect(reading.table["workclass"]?.missingCount == 1836)
    let pipeline = try FeaturePipeline(fitting: reading.table, schema: inferred.schema)
    #expect(pipeline.width == 108)
    let matrix = pipeline.encode(reading.table)
    #expect(matrix.count == 32_561 * 108)
    #expect(matrix[0] == 39)
  }
}
