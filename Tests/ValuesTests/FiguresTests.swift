import Testing
import Values

@Suite struct FiguresTests {
  @Test(arguments: [
    (1, 1, "the server is"), (0, 1, "the server is not"), (0, 3, "none of 3 servers is"), (1, 2, "1 of 2 servers is"),
    (2, 3, "2 of 3 servers are"), (2, 1, "2 of 1 server are"), (0, 0, "none of 0 servers is"),
  ])
  func `some of all`(_ number: Int, _ all: Int, _ words: String) {
    #expect(Figures.part(number, of: all, "server", (one: "is", many: "are")) == words)
  }

  @Test func `one is not many`() {
    #expect([0, 1, 2].map { Figures.count($0, "row") } == ["0 rows", "1 row", "2 rows"])
  }

  @Test(
    arguments: [
      (2.5, 0, "3"), (-0.4, 0, "0"), (-2.5, 0, "-3"), (0.125, 2, "0.13"), (1e9, 1, "1000000000.0"),
      (-123_456_789_012.5, 1, "-123456789012.5"), (1e15, 0, "1000000000000000.0"), (1e16, 0, "1e+16"),
      (1e300, 4, "1e+300"), (.nan, 2, "nan"),
      (-.infinity, 3, "-inf"),
    ] as [(Double, Int, String)])
  func `a fixed number of digits behind the point`(_ value: Double, _ digits: Int, _ text: String) {
    #expect(Figures.fixed(value, digits) == text)
  }

  @Test func `shares as whole percents`() {
    #expect([0, 0.004, -0.004, 0.615, 1, 2.5].map(Figures.percent) == ["0%", "0%", "0%", "62%", "100%", "250%"])
    #expect([1e17, 1e308, .infinity, .nan].map(Figures.percent) == ["1e+19%", "inf%", "-", "-"])
  }

  @Test func `bytes as digits`() {
    #expect(Figures.hexadecimal([0, 9, 10, 0x7F, 0xFF] as [UInt8]) == "00090a7fff")
    #expect(Figures.hexadecimal([] as [UInt8]) == "")
  }

  @Test func `fixed widths`() {
    #expect([0, 7, 123, 4567].map { Figures.padded($0, to: 3) } == ["000", "007", "123", "4567"])
    #expect(Figures.hexadecimal(0xAB) == "00000000000000ab" && Figures.hexadecimal(.max) == "ffffffffffffffff")
    #expect([0.0004, -0.0004, -1.5, 2, 0.9996].map(Figures.metric) == ["0.000", "0.000", "-1.500", "2.000", "1.000"])
  }
}
