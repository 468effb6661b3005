import Testing
import Values

@Suite struct RFC3339Tests {
  /// Taken before the calendars became one.
  @Test(
    arguments: [
      (-62_167_219_200, "0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z"),
      (-1.5, "1969-12-31T23:59:58Z", "1969-12-31T23:59:58.500000Z"),
      (951_782_400.25, "2000-02-29T00:00:00Z", "2000-02-29T00:00:00.250000Z"),
      (1_795_303_200.123456, "2026-11-21T23:20:00Z", "2026-11-21T23:20:00.123456Z"),
      (253_402_300_799, "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000000Z"),
      (-.infinity, "0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z"),
      (.infinity, "9999-12-31T23:59:59Z", "9999-12-31T23:59:59.000000Z"),
      (.nan, "0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000000Z"),
    ] as [(Double, String, String)])
  func `seconds as text`(_ seconds: Double, _ text: String, _ microText: String) {
    #expect(Timestamp(secondsSince1970: seconds).description == text)
    #expect(MicroTime(Timestamp(secondsSince1970: seconds)).description == microText)
  }

  @Test func `ticks keep every digit`() {
    #expect(RFC3339.text(ofTicks: 1_795_303_200_123_456_789, digits: 9) == "2026-11-21T23:20:00.123456789Z")
    #expect(RFC3339.text(ofTicks: -1, digits: 3) == "1969-12-31T23:59:59.999Z")
    #expect(RFC3339.text(ofTicks: -1, digits: 0) == "1969-12-31T23:59:59Z")
  }

  @Test func `a text keeps the digits of its fraction`() throws {
    let moment = try #require(RFC3339.Moment("2026-11-22t01:20:00.0000001+02:00"))
    #expect(moment.seconds == 1_795_303_200)
    #expect(moment.fractionDigits == "0000001" && moment.fraction == 1e-7)
    #expect(RFC3339.Moment("2026-11-22 01:20:00Z")?.fraction == 0)
  }

  /// By Python's `datetime`.
  @Test(
    arguments: [
      ("2026-11-21T23:20:00Z", 1_795_303_200), ("2026-11-21t23:20:00z", 1_795_303_200),
      ("2026-11-21T23:20:00+00:00", 1_795_303_200), ("2026-11-21T23:20:00-00:00", 1_795_303_200),
      ("2026-11-22T04:50:00+05:30", 1_795_303_200), ("2026-11-21T17:50:00-05:30", 1_795_303_200),
      ("2026-11-22T23:19:00+23:59", 1_795_303_200), ("2026-11-20T23:21:00-23:59", 1_795_303_200),
      ("2000-02-29T12:00:00Z", 951_825_600), ("1969-12-31T23:59:59Z", -1), ("1900-03-01T00:00:00Z", -2_203_891_200),
      // Leap seconds: the first second of the next day.
      ("2016-12-31T23:59:60Z", 1_483_228_800), ("1990-12-31T15:59:60-08:00", 662_688_000),
      ("2015-07-01T08:59:60+09:00", 1_435_708_800),
      // The ends of what four digits can say, and what an offset makes of them.
      ("0000-01-01T00:00:00Z", -62_167_219_200), ("0000-01-01T00:00:00+23:59", -62_167_305_540),
      ("9999-12-31T23:59:59Z", 253_402_300_799), ("9999-12-31T23:59:60-23:59", nil),
      ("9999-12-31T23:59:59-23:59", 253_402_387_139), ("9999-12-31T23:59:60Z", 253_402_300_800),
    ] as [(String, Int?)])
  func `texts and their seconds`(_ text: String, _ seconds: Int?) {
    #expect(RFC3339.Moment(text)?.seconds == seconds)
    #expect(Timestamp(text)?.secondsSince1970 == seconds.map(Double.init))
  }

  @Test(arguments: [".9", ".999999", ".9999999", ".999999999", "." + String(repeating: "9", count: 400)])
  func `a fraction never rounds a time up into the next second`(_ fraction: String) throws {
    for second in ["1969-12-31T23:59:59", "2026-11-21T23:20:00", "9999-12-31T23:59:59"] {
      let moment = try #require(RFC3339.Moment(second + fraction + "Z"))
      #expect((0..<1).contains(moment.fraction))
      let time = try #require(Timestamp(second + fraction + "Z"))
      #expect(time.description == second + "Z" && time.wholeSeconds == Timestamp(second + "Z"))
    }
  }

  @Test(arguments: [Int.min, Int.min + 1, -1, 0, Int.max - 1, Int.max])
  func `no number of ticks is too large`(_ ticks: Int) {
    for digits in 0...9 { #expect(RFC3339.text(ofTicks: ticks, digits: digits).hasSuffix("Z")) }
    for seconds in [Double(ticks), Double(ticks) * 1e200, .greatestFiniteMagnitude, .leastNonzeroMagnitude] {
      #expect(MicroTime(Timestamp(secondsSince1970: seconds)).description.utf8.count == 27)
    }
  }

  @Test(arguments: [
    "2023-02-29T00:00:00Z", "2024-02-30T00:00:00Z", "2024-00-01T00:00:00Z", "2024-04-31T00:00:00Z",
    "2024-01-00T00:00:00Z", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+0100",
    "2024-01-01T00:00:61Z", "+024-01-01T00:00:00Z",
    // Leap seconds where no day ends.
    "2016-12-31T12:30:60Z", "2016-12-31T23:58:60Z", "2016-12-31T23:59:60+01:00",
    "", "Z", "2024-01-01", "2024-01-01T00:00:00", "2024-01-01T00:00:00Z ", "2024-01-01T00:00:00zz",
    "2024-01-01T24:00:00Z", "2024-01-01T00:60:00Z", "2024-01-01T00:00:00+00:60", "2024-01-01T00:00:00.5",
    "2024-13-01T00:00:00Z", "02024-01-01T00:00:00Z", "99999999999999999999-01-01T00:00:00Z",
    "2024-01-01T00:00:00+99999999999999999999:00", "２０２４-01-01T00:00:00Z",
  ])
  func `no times`(_ text: String) { #expect(RFC3339.Moment(text) == nil) }
}

@Suite struct CivilDayTests {
  @Test func `days are counted and named the same way`() {
    for number in stride(from: -1_000_000, through: 1_000_000, by: 97) {
      let day = CivilDay(number: number)
      #expect(CivilDay(year: day.year, month: day.month, day: day.day) == day)
    }
  }

  @Test(arguments: [
    (0, 1970, 1, 1, 4), (-1, 1969, 12, 31, 3), (11_016, 2000, 2, 29, 2), (20_778, 2026, 11, 21, 6),
    (-719_528, 0, 1, 1, 6),
  ])
  func `known days`(_ number: Int, _ year: Int, _ month: Int, _ day: Int, _ weekday: Int) {
    let known = CivilDay(number: number)
    #expect([known.year, known.month, known.day, known.weekday] == [year, month, day, weekday])
  }

  @Test(arguments: [Int.min, Int.max]) func `no number of days or years is too large`(_ number: Int) {
    let day = CivilDay(number: number)
    #expect(CivilDay(year: day.year, month: day.month, day: day.day) == day)
    #expect(CivilDay(year: number, month: 1, day: 1) == nil && CivilDay(year: 2024, month: number, day: number) == nil)
    #expect((0..<7).contains(day.weekday))
  }

  @Test func `centuries are leap years every fourth time`() {
    #expect([1900, 2000, 2023, 2024].map { CivilDay.days(inMonth: 2, of: $0) } == [28, 29, 28, 29])
    #expect(CivilDay(year: 1900, month: 2, day: 29) == nil)
    #expect(CivilDay(year: 2024, month: 13, day: 1) == nil)
  }
}
