import Tabular
import Testing

@Suite struct CSVTests {
  private func cells(_ text: String, _ options: CSVOptions = CSVOptions()) throws -> [[String]] {
    let raw = try RawTable(csv: Array(text.utf8), options: options)
    return (0..<raw.rowCount).map { row in raw.header.indices.map { raw.text(row: row, column: $0) } }
  }

  @Test(arguments: [
    ("a,b\n1,2\n", [["1", "2"]]),
    ("a,b\r\n1,2\r\n3,4", [["1", "2"], ["3", "4"]]),
    ("a,b\r1,2\r", [["1", "2"]]),
    ("\u{feff}a,b\n1,2\n", [["1", "2"]]),
    ("a,b\n\"x,y\",\"say \"\"hi\"\"\"\n", [["x,y", "say \"hi\""]]),
    ("a,b\n\"two\nlines\",2\n", [["two\nlines", "2"]]),
    ("a,b\n1,\n,2\n", [["1", ""], ["", "2"]]),
    ("a,b\n1,", [["1", ""]]),
    ("a,b\n\"\",\"\"\"\"\n", [["", "\""]]),
    ("a,b\n\n1,2\n\n\n3,4\n", [["1", "2"], ["3", "4"]]),
    ("a\n\"\"\n1\n", [[""], ["1"]]),
    ("a,b\n", []),
    ("a;b\n1,5;2\n", [["1,5", "2"]]),
    ("a\tb\n1\t2\n", [["1", "2"]]),
    ("a|b\n1|2\n", [["1", "2"]]),
    ("a,b;c\n1,2\n", [["1", "2"]]),
    ("a,b\n 1 ,\t2\u{a0}\n,\n\" 3\",4\n", [["1", "2"], ["3", "4"]]),
    ("a,b,\n1,2,\n", [["1", "2", ""]]),
    ("a,b,,\n1,2\n3,4,,\n", [["1", "2", "", ""], ["3", "4", "", ""]]),
    ("a,b\n1,2,,\n3,4\n", [["1", "2"], ["3", "4"]]),
    ("sep=;\r\na;b\r\n1,5;2\r\n", [["1,5", "2"]]),
    ("\u{feff}\"sep=|\"\na|b\n1,5;0|2\n", [["1,5;0", "2"]]),
  ])
  func `fields are read as RFC 4180 says`(text: String, expected: [[String]]) throws {
    #expect(try cells(text) == expected)
  }

  @Test(arguments: [
    ("", CSVError.noHeader),
    ("a,b\n1,2,3\n", .raggedRow(line: 2, fields: 3, expected: 2)),
    ("a,b\n1,2\n\n3\n", .raggedRow(line: 4, fields: 1, expected: 2)),
    ("a,b\n\"x\n\ny\",1\n2\n", .raggedRow(line: 5, fields: 1, expected: 2)),
    ("a,b\n1,\"x\n", .openQuote(line: 2)),
    ("a,b\n1,\"x\"y\n", .textAfterQuote(line: 2)),
    ("a,a\n1,2\n", .duplicateColumn("a")),
  ])
  func `broken files are named with their line`(text: String, expected: CSVError) {
    #expect(throws: expected) { try RawTable(csv: Array(text.utf8)) }
  }

  @Test(
    arguments: [
      ([0x61, 0x2c, 0x62, 0x0a, 0x31, 0x2c, 0xe9, 0x0a], CSVError.notUTF8(line: 2, encoding: "Latin-1")),
      ([0x61, 0x2c, 0x62, 0x0a, 0x31, 0x2c, 0x80, 0x0a], .notUTF8(line: 2, encoding: "Windows-1252")),
      ([0xff, 0xfe, 0x61, 0x00, 0x0a, 0x00], .notUTF8(line: 1, encoding: "UTF-16")),
      ([0x61, 0x00, 0x2c, 0x00, 0x62, 0x00, 0x0a, 0x00], .notUTF8(line: 1, encoding: "UTF-16")),
      ([0x1f, 0x8b, 0x08, 0x00], .gzip("it ends in the middle")),
      (Array("{\"a\": 1}\n".utf8), .otherForm("JSON")),
      (Array("\n<!DOCTYPE html><html>".utf8), .otherForm("a web page (HTML)")),
      ([0x50, 0x4b, 0x03, 0x04, 0x61], .otherForm("a zip archive")),
      ([0x50, 0x4b, 0x03, 0x04] + Array("xl/workbook.xml".utf8), .otherForm("an Excel workbook (xlsx)")),
      (Array("PAR1".utf8), .otherForm("Parquet")),
    ] as [([UInt8], CSVError)])
  func `other encodings and kinds of files are named`(bytes: [UInt8], expected: CSVError) {
    #expect(throws: expected) { try RawTable(csv: bytes) }
  }

  @Test func `other delimiters and missing markers are options`() throws {
    #expect(
      try cells("a;b\n1;NA\n?;x,y\n", CSVOptions(delimiter: UInt8(ascii: ";"), missing: ["NA", "?"]))
        == [["1", ""], ["", "x,y"]])
    #expect(
      try cells("a\tb\r\n1\t2\n3\t4", CSVOptions(delimiter: UInt8(ascii: "\t"))) == [["1", "2"], ["3", "4"]])
  }

  @Test func `lines are those of the file even behind quoted line ends`() throws {
    let raw = try RawTable(csv: Array("a,b\n\"1\n1\",2\n3,4\n".utf8))
    #expect((0..<2).map(raw.line(of:)) == [2, 4])
  }

  @Test func `what is written reads back`() throws {
    let table = Table([
      ("n", .numeric([1, .nan, -0.1, 1e300, 1234567890123456])),
      ("c", .categorical(codes: [0, 1, -1, 2, 0], levels: ["plain", "with, comma", "\"q\"\r\n"])),
    ])
    let raw = try RawTable(csv: table.csv())
    #expect((0..<5).map { number(in: raw.text(row: $0, column: 0)) } == [1, nil, -0.1, 1e300, 1234567890123456])
    #expect((0..<5).map { raw.text(row: $0, column: 1) } == ["plain", "with, comma", "", "\"q\"\r\n", "plain"])
  }

  @Test(
    arguments: [
      ("1", 1), ("-1.5", -1.5), (" 2 ", 2), (".5", 0.5), ("5.", 5), ("1e3", 1000), ("1E-2", 0.01), ("+7", 7),
      ("0.1", 0.1), ("123456789012345678901234567890", 1.2345678901234568e29),
      ("1.7976931348623157e308", .greatestFiniteMagnitude),
      ("0.30000000000000004", 0.30000000000000004), ("9007199254740993", 9007199254740992), ("1e-400", 0),
      ("", nil), ("x", nil), ("1x", nil), ("1e", nil), ("1e+", nil), (".", nil), ("-", nil), ("nan", nil), ("inf", nil),
      ("0x10", nil), ("1 2", nil), ("1e400", nil), ("1.2.3", nil),
    ] as [(String, Double?)])
  func `numbers are read exactly`(text: String, expected: Double?) {
    #expect(number(in: text) == expected)
  }

  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2025-03-01T12:30:00Z", 1_740_832_200),
      ("2025-03-01T12:30:00.25+01:00", 1_740_828_600.25),
      ("2025-03-01 12:30:00", 1_740_832_200), ("2025-03-01", 1_740_787_200),
      ("2024-02-29T23:59:59-05:30", 1_709_270_999),
      ("1740832200", 1_740_832_200), ("1969-12-31T23:59:59Z", -1), ("0", 0), ("-5", -5),
      ("1740832200000", 1_740_832_200), ("1740832200000000", 1_740_832_200), ("1740832200000000000", 1_740_832_200),
      ("20250301", 1_740_787_200), ("202503011230", 1_740_832_200), ("20250301123000", 1_740_832_200),
      ("2025/03/01 12:30", 1_740_832_200), ("01.03.2025 12:30", 1_740_832_200), ("1.3.2025", 1_740_787_200),
      ("2025-03-01 12:30:00+00", 1_740_832_200), ("2025-03-01 12:30:00 UTC", 1_740_832_200),
      ("2025-03-01 13:30:00 +01:00", 1_740_832_200), ("3/1/2025", nil), ("31.02.2025", nil), ("25000000000", nil),
      ("2025-02-29", nil), ("2025-13-01", nil), ("yesterday", nil), ("2025-03-01T25:00:00Z", nil),
      ("2025-03-01T12:30:00ZZ", nil),
    ] as [(String, Double?)])
  func `times are read in every form that is stated`(text: String, expected: Double?) {
    #expect(timestamp(in: text) == expected)
  }

  @Test(arguments: [
    (0, "1970-01-01T00:00:00Z"), (1_740_832_200.25, "2025-03-01T12:30:00.250Z"), (-1, "1969-12-31T23:59:59Z"),
    (1e300, "9999-12-31T23:59:59.999Z"), (-.infinity, "0000-01-01T00:00:00Z"), (.nan, "0000-01-01T00:00:00Z"),
  ])
  func `times are written as RFC 3339`(seconds: Double, expected: String) {
    #expect(timestampText(seconds) == expected)
  }
}
