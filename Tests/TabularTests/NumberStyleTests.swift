import Tabular
import Testing
import WorkerContract

@Suite struct NumberStyleTests {
  @Test(
    arguments: [
      ("1,234.5", 1234.5, nil), ("1,234,567", 1_234_567, nil), ("1.234,56", nil, 1234.56),
      ("1.234.567", nil, 1_234_567),
      ("12,5", nil, 12.5), ("12.5", 12.5, nil), ("1,234", 1234, 1.234), ("1.234", 1.234, 1234), ("-0,5", nil, -0.5),
      ("1 234,5", nil, 1234.5), ("1\u{a0}234\u{a0}567", 1_234_567, 1_234_567), ("1\u{202f}234,5", nil, 1234.5),
      ("1'234.50", 1234.5, nil), ("0,123", nil, 0.123), ("1234,567", nil, 1234.567), ("12,34,567", nil, nil),
      ("1.234 567", nil, nil), ("1,5,6", nil, nil), ("17", 17, 17), ("1e3", 1000, 1000), ("1,2e3", nil, 1200),
      ("x", nil, nil),
      (",5", nil, 0.5), ("1 23", nil, nil), ("", nil, nil), ("-", nil, nil), ("192.168.1.1", nil, nil),
    ] as [(String, Double?, Double?)])
  func `a number is read by its style`(text: String, point: Double?, comma: Double?) {
    #expect(NumberStyle.point.number(in: text) == point)
    #expect(NumberStyle.comma.number(in: text) == comma)
  }

  private let schema = FeatureSchema(
    target: .init(name: "y"),
    features: [.init(name: "a", type: .numeric, nullable: true), .init(name: "b", type: .numeric, nullable: true)])

  private func read(_ rows: [String], decimal: DataSource.DecimalMark? = nil) throws -> TableReading {
    try RawTable(csv: Array(("a;b;y\n" + rows.joined(separator: "\n")).utf8), options: CSVOptions(decimal: decimal))
      .read(schema: schema, minimumRows: 1)
  }

  @Test(
    arguments: [
      (["1,5;1.000;0", "2;2.500;1"], [1.5, 2], [1, 2.5], true),
      (["1,5;1.000,5;0", "2,25;2.500;1"], [1.5, 2.25], [1000.5, 2500], false),
      (["1.5;\"1,000\";0", "2;\"12,500\";1"], [1.5, 2], [1000, 12500], false),
      (["1 000;3;0", "2;4;1"], [1000, 2], [3, 4], false),
      (["1.234;5.678;0", "2.345;1;1"], [1.234, 2.345], [5.678, 1], false),
    ] as [([String], [Double], [Double], Bool)])
  func `the style is found in the numbers`(rows: [String], first: [Double], second: [Double], isOpen: Bool) throws {
    let reading = try read(rows)
    guard !isOpen else {
      // As many values may be thousands as have a decimal comma: nothing is guessed.
      #expect(reading.failures.first?.reason == .notNumeric || reading.warnings.first?.reason == .strayText)
      return
    }
    #expect(reading.failures == [])
    #expect(reading.table["a"] == .numeric(first) && reading.table["b"] == .numeric(second))
  }

  @Test func `the style is taken as given`() throws {
    let comma = try read(["1.234;5;0", "2.345;1;1"], decimal: .comma)
    #expect(comma.table["a"] == .numeric([1234, 2345]))
    let point = try read(["\"1,234\";5;0", "\"2,345\";1;1"], decimal: .point)
    #expect(point.table["a"] == .numeric([1234, 2345]))
  }

  @Test func `what may be either is asked for`() throws {
    let reading = try read(["\"1,234\";5;0", "\"2,345\";1;1"])
    #expect(reading.failures.map(\.reason) == [.notNumeric])
    #expect(
      reading.failures[0].message.hasSuffix(
        "it may mean 1234 or 1.234: set decimal beside the file's uri to \".\" or \",\""))
    let mixed = try read(["1,5;2.5;0", "2,5;1.5;1"])
    #expect(mixed.failures[0].message.contains("a decimal point as well: set decimal"))
  }

  @Test func `whole numbers that a number cannot hold are said, and exact as keys`() throws {
    var keyed = schema
    keyed.primaryKey = ["k"]
    let rows = (0..<12).map { "\(9_007_199_254_740_992 + $0),\(9_007_199_254_740_993 + $0),1,\($0 % 2)" }
    let reading = try RawTable(csv: Array(("k,a,b,y\n" + rows.joined(separator: "\n")).utf8)).read(schema: keyed)
    #expect(reading.failures == [])
    #expect(reading.warnings.map(\.reason) == [.inexactNumber, .inexactNumber])
    #expect(reading.warnings.map(\.column) == ["a", "k"])
    #expect(reading.warnings[0].message.contains("first 9007199254740993 at line 2"))
    guard case .categorical(_, let keys) = reading.table["k"] else { return #expect(Bool(false)) }
    #expect(keys.count == 12 && keys[1] == "9007199254740993")
  }

  @Test func `numbers that mean a missing value are missing however they are written`() throws {
    var listed = schema
    listed.missing = ["-999", "NA"]
    let rows = ["-999,1,0", "-999.0,NA,1", "1,-9.99e2,0", "2,2,-999"]
    let reading = try RawTable(csv: Array(("a,b,y\n" + rows.joined(separator: "\n")).utf8)).read(
      schema: listed, minimumRows: 1)
    #expect(reading.unlabelledRows == 1)
    #expect(reading.table["a"]?.missingCount == 2 && reading.table["b"]?.missingCount == 2)
    var builder = TableBuilder(schema: listed)
    builder.append(["a": .number(-999), "b": .text("-999")])
    #expect(builder.table["a"]?.missingCount == 1 && builder.table["b"]?.missingCount == 1)
  }
}
