/// One table of texts for every reader.
package enum ValueTexts {
  /// What a text is in a column that has the levels `1`, `True`, `café` and `02134`.
  package static let texts: [(text: String, level: String?, isMissing: Bool)] = [
    ("1", "1", false), ("1.0", "1", false), ("1e0", "1", false), (" 1 ", "1", false), ("01", nil, false),
    ("True", "True", false), ("true", "True", false), ("t", "True", false), ("TRUE", "True", false),
    ("false", nil, false), ("café", "café", false), ("cafe\u{301}", "café", false), ("\u{a0}café\t", "café", false),
    ("02134", "02134", false), ("2134", nil, false), ("2134.0", nil, false),
    ("", nil, true), (" ", nil, true), ("\u{a0}", nil, true), ("NA", nil, true), ("N/A", nil, true),
    ("NaN", nil, true), ("null", nil, true), ("None", nil, true), ("NULL", nil, true), ("?", nil, true),
    ("-", nil, true),
    ("na-na", nil, false), ("--", nil, false),
  ]
  package static let levels = ["1", "True", "café", "02134"]
}
