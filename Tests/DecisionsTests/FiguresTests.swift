import Decisions
import Testing

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
}
