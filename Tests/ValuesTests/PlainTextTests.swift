import Testing
import Values

struct PlainTextTests {
  @Test(
    "What is shown holds no control, no escape and nothing unseen",
    arguments: [
      ("plain", "plain"), ("", ""), ("Ürgüp, 東京, 🐦", "Ürgüp, 東京, 🐦"),
      ("日本語 é \u{1F469}\u{200D}\u{1F467}", "日本語 é \u{1F469}\u{1F467}"),
      ("a\nb\r\nc\td", "a b c d"), ("two  blanks", "two  blanks"),
      ("a\u{0}b\u{7}\u{7F}c\u{85}d", "abc d"), ("a\0b\r\u{7F}\u{85}\u{9B}", "ab "),
      ("\u{1B}[31;1mred\u{1B}[0m", "red"), ("\u{1B}]0;title\u{7}x", "x"), ("\u{1B}]8;;http://x\u{1B}\\link", "link"),
      ("\u{9B}2Jx", "x"), ("\u{1B}(Bx\u{1B}cy", "xy"), ("\u{1B}", ""), ("\u{1B}[", ""),
      ("\u{1B}]never\nends", " ends"), ("admin\u{202E}txt.exe\u{202C}", "admintxt.exe"),
      ("\u{2066}a\u{2069}\u{200E}b\u{200F}\u{061C}", "ab"),
      ("a\u{200B}b\u{200C}c\u{200D}d\u{2060}e\u{FEFF}f\u{AD}g\u{180E}h", "abcdefgh"),
      ("a\u{E0041}b\u{3164}c", "abc"), ("a\u{2028}b\u{2029}c", "a b c"), ("\u{1B}P1$r\u{1B}\\ok", "ok"),
    ])
  func characters(text: String, plain: String) {
    #expect(text.plain() == plain)
    #expect(text.plain().plain() == plain)
    #expect(text.plain(characters: 100) == plain)
  }

  @Test(
    "It is never longer than allowed, and cut between characters",
    arguments: [
      ("abcdef", 6, "abcdef"), ("abcdefg", 6, "abc…"), ("日本語", 9, "日本語"), ("日本語", 8, "日…"), ("日本語", 3, "…"),
      ("ééé", 5, "é…"), ("\0\0\0", 8, ""), ("\u{1B}[31mabc", 3, "abc"),
    ])
  func lengths(text: String, maximum: Int, plain: String) {
    #expect(text.plain(maximum) == plain)
    #expect(text.plain(maximum).utf8.count <= maximum)
    #expect(text.plain(maximum).plain(maximum) == plain)
  }

  @Test(
    "Where the API server counts characters, so does the length",
    arguments: [
      ("abcdef", 6, "abcdef"), ("abcdef", 5, "abcd…"), ("abcdef", 0, ""), ("ééé", 3, "ééé"), ("ééé", 2, "é…"),
      ("\u{1B}[31mabc", 3, "abc"), ("日本語", 1, "…"),
    ])
  func characterCounts(text: String, maximum: Int, plain: String) {
    #expect(text.plain(characters: maximum) == plain)
    #expect(plain.unicodeScalars.count <= maximum)
  }

  @Test("One character of many parts is no way around it")
  func combined() {
    let text = "e" + String(repeating: "\u{301}", count: 100_000)
    #expect(text.count == 1 && text.plain(100).utf8.count <= 100)
    #expect(text.plain(characters: 100).unicodeScalars.count == 100)
  }
}
