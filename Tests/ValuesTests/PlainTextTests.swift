import Testing
import Values

struct PlainTextTests {
  @Test(
    "What moves a cursor or turns a text is shown as what it is, the rest stays",
    arguments: [
      ("plain", "plain"), ("", ""), ("tab\tand\nline", "tab\tand\nline"), ("日本語 é 👩‍👧", "日本語 é 👩‍👧"),
      ("\u{1B}[31mred", "\u{FFFD}[31mred"), ("a\0b\r\u{7F}\u{85}\u{9B}", "a\u{FFFD}b\u{FFFD}\u{FFFD}\u{FFFD}\u{FFFD}"),
      ("exe\u{202E}txt\u{2066}", "exe\u{FFFD}txt\u{FFFD}"),
    ])
  func characters(text: String, plain: String) {
    #expect(text.plain() == plain)
    #expect(text.plain().plain() == plain)
  }

  @Test(
    "It is never longer than allowed, and cut between characters",
    arguments: [
      ("abcdef", 6, "abcdef"), ("abcdefg", 6, "abc…"), ("日本語", 9, "日本語"), ("日本語", 8, "日…"), ("日本語", 3, "…"),
      ("ééé", 5, "é…"), ("\0\0\0", 8, "\u{FFFD}…"),
    ])
  func lengths(text: String, maximum: Int, plain: String) {
    #expect(text.plain(maximum) == plain)
    #expect(text.plain(maximum).utf8.count <= maximum)
    #expect(text.plain(maximum).plain(maximum) == plain)
  }

  @Test("One character of many parts is no way around it")
  func combined() {
    let text = "e" + String(repeating: "\u{301}", count: 100_000)
    #expect(text.count == 1 && text.plain(100).utf8.count <= 100)
  }
}
