import Tabular
import Testing
import WorkerContract

@Suite struct TimeFormTests {
  private let schema = FeatureSchema(
    target: .init(name: "y"), features: [.init(name: "x", type: .numeric)], timestamp: "t")
  /// 2025-03-01T00:00:00Z
  private static let start = 1_740_787_200.0

  /// Forty days, one a row, and the texts in place of some of them.
  private func read(
    _ text: (Int) -> String, odd: [Int: String] = [:], window: TimeSpan? = TimeSpan(seconds: 10 * 86_400)
  ) throws -> TableReading {
    let rows = (0..<40).map { "\"\(odd[$0] ?? text($0))\",\($0),\($0 % 2)" }
    return try RawTable(csv: Array(("t,x,y\n" + rows.joined(separator: "\n")).utf8)).read(
      schema: schema, minimumRows: 1, window: window)
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  static let forms: [(String, @Sendable (Int) -> String)] = [
    ("seconds", { "\(Int(start) + $0 * 86_400)" }), ("with fraction", { "\(start + Double($0) * 86_400 + 0.5)" }),
    ("milliseconds", { "\(Int(start) + $0 * 86_400)000" }), ("microseconds", { "\(Int(start) + $0 * 86_400)000000" }),
    ("nanoseconds", { "\(Int(start) + $0 * 86_400)000000000" }), ("spreadsheet", { "\(45_717 + $0)" }),
    ("spreadsheet with fraction", { "\(45_717 + $0).25" }),
    ("date", { String(timestampText(start + Double($0) * 86_400).prefix(10)).replacing("-", with: "") }),
    ("ISO", { timestampText(start + Double($0) * 86_400) }),
    ("blank", { String(timestampText(start + Double($0) * 86_400).dropLast()).replacing("T", with: " ") }),
    ("zone", { "\(timestampText(start + Double($0) * 86_400).dropLast())+01:00" }),
    (
      "day first",
      { timestampText(start + Double($0) * 86_400).prefix(10).split(separator: "-").reversed().joined(separator: ".") }
    ),
  ]

  @Test(arguments: forms.indices)
  func `a column is read by its form`(index: Int) throws {
    let form = Self.forms[index].1
    let reading = try read(form)
    #expect(reading.findings == [] && reading.table.rowCount == 10, "\(Self.forms[index].0)")
    let all = try read(form, window: nil)
    guard case .numeric(let times) = all.table["t"] else { return #expect(Bool(false)) }
    #expect(abs(times[7] - Self.start - 7 * 86_400) < 86_400)
    #expect(times[8] - times[7] == 86_400)
  }

  @Test(arguments: forms.indices, ["9999-12-31", "253402300799", "2099-01-01", "yesterday", "3/1/2025"])
  func `one odd time does not make all others old`(index: Int, odd: String) throws {
    // As milliseconds this one is a moment of 1978.
    if Self.forms[index].0 == "milliseconds", odd == "253402300799" { return }
    let reading = try read(Self.forms[index].1, odd: [5: odd])
    #expect(reading.failures == [])
    #expect(reading.table.rowCount == 10)
    #expect(reading.warnings.map(\.reason) == [.strayTime])
    #expect(reading.warnings.first?.firstLine == 7)
    #expect(reading.warnings.first?.message.contains("'\(odd)' at line 7") == true)
  }

  @Test func `without a window a distant time counts as the oldest`() throws {
    let reading = try read(Self.forms[0].1, odd: [5: "9999-12-31"], window: nil)
    #expect(reading.table.rowCount == 40 && reading.warnings.map(\.reason) == [.strayTime])
    #expect(reading.table.rowsByTime(timestamp: "t").first == 5)
  }

  @Test func `many unreadable times stop a training, and those of rows without label do not`() throws {
    let odd = Dictionary(uniqueKeysWithValues: (0..<5).map { ($0, "03/0\($0 + 1)/2025") })
    let reading = try read(Self.forms[8].1, odd: odd)
    #expect(reading.failures.map(\.reason) == [.notTimestamp])
    #expect(reading.failures.first?.message.contains("first '03/01/2025' at line 2") == true)
    let rows = (0..<40).map {
      "\($0 < 5 ? "soon" : "2025-03-\(Self.two($0 % 28 + 1))"),\($0),\($0 < 5 ? "" : "\($0 % 2)")"
    }
    let unlabelled = try RawTable(csv: Array(("t,x,y\n" + rows.joined(separator: "\n")).utf8)).read(schema: schema)
    #expect(unlabelled.failures == [])
  }

  @Test func `small numbers keep counting steps`() throws {
    let rows = (0..<100).map { "\($0 * 1000),\($0),\($0 % 2)" }
    let reading = try RawTable(csv: Array(("t,x,y\n" + rows.joined(separator: "\n")).utf8)).read(
      schema: schema, window: TimeSpan(seconds: 20_000))
    #expect(reading.table.rowCount == 20 && reading.findings == [])
  }
}
