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

  @Test(arguments: [
    "2023-02-29T00:00:00Z", "2024-02-30T00:00:00Z", "2024-00-01T00:00:00Z", "2024-04-31T00:00:00Z",
    "2024-01-00T00:00:00Z", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00+24:00", "2024-01-01T00:00:00+0100",
    "2024-01-01T00:00:61Z", "+024-01-01T00:00:00Z",
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

  @Test func `centuries are leap years every fourth time`() {
    #expect([1900, 2000, 2023, 2024].map { CivilDay.days(inMonth: 2, of: $0) } == [28, 29, 28, 29])
    #expect(CivilDay(year: 1900, month: 2, day: 29) == nil)
    #expect(CivilDay(year: 2024, month: 13, day: 1) == nil)
  }
}
