import KubernetesModel

/// Values that people, programs and attackers write where another was meant.
enum OddValue {
  private static let texts = [
    "", " ", "a", "\0", "a\0b", "\u{1B}[31mred\u{1B}[0m", "\u{1B}]0;title\u{7}", "\u{202E}txt.exe", "\u{2066}x\u{2069}",
    "a\nReady: True", "a\r\nb", "\t", "\u{7F}", "\u{85}", "\u{2028}", "\u{FEFF}", "\u{FFFD}", "\u{E000}", "\u{10FFFF}",
    "日本語", "العربية", "עברית", "Ελλάδα", "𝔘𝔫𝔦", "🇨🇭", "👩‍👩‍👧‍👦", "e\u{301}", "İ", "ß", "ﬁ",
    "../../etc/passwd", "/", "//", ".", "..", "$(TOKEN)", "{{ .Values.x }}", "%s%n", "'; DROP TABLE rows; --", "\\",
    "\"",
    "-1", "1e999", "NaN", "true", "null", "~", "0x10", "9223372036854775808", "-9223372036854775808", "1,5",
    "sha256:../../x", "sha256:", "http://[::1", "file:///proc/self/environ", "s3://", "postgres://a:b@c/d",
    "http://a b/",
    "* * * * * *", "0 0 31 2 *", "@reboot", "*/0 * * * *", "60 24 32 13 8", "P1D", "-5m", "999999999999h", "0s", "5 m",
    "1h30", "2026-13-01T00:00:00Z", "0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "Mars/Phobos", "v0", "v-1",
    "v99999999999999999999", "v1", "v2", "10Gi", "1e400", "-1Gi", "0", "00", "income", "default", "kube-system",
  ]
  private static let lengths = [63, 64, 253, 254, 1_024, 1_025, 4_097, 8_193, 32_769]

  static func text(_ draw: inout Draw) -> String {
    if draw.once(in: 6) {
      return String(repeating: draw.pick(["a", "é", "\u{1B}", "🇨🇭", "0"]), count: draw.pick(lengths))
    }
    if draw.once(in: 60) {
      return draw.pick(["e", ""])
        + String(repeating: draw.pick(["\u{301}", "\u{200D}"]), count: draw.pick([20, 100_000]))
    }
    if draw.once(in: 200) { return String(repeating: draw.pick(["x", "\0", "日"]), count: 1 << 20) }
    return draw.pick(texts)
  }

  static func number(_ draw: inout Draw) -> JSONValue {
    draw.pick([
      0, -1, 1, 2, 3, 100, 1_000_000, .integer(.max), .integer(.min), .integer(.max - 1), .integer(1 << 53),
      .integer(1 << 53 + 1), .integer(2_147_483_647), .integer(2_147_483_648), .number(1e308), .number(-1e308),
      .number(.leastNonzeroMagnitude), .number(0.1), .number(-0.0), .number(1.000_000_000_1), .number(1e19),
      .number(0.5),
      .number(1e-9),
    ])
  }

  static func any(_ draw: inout Draw) -> JSONValue {
    switch draw.below(8) {
    case 0, 1, 2: .string(text(&draw))
    case 3, 4: number(&draw)
    default: draw.pick([.null, true, false, [], [:], [""], [[]], ["": ""], [.null], ["name": "a"]])
    }
  }
}
