import JSON
import Testing

@Suite("Texts in JSON")
struct JSONStringTests {
  /// Taken before the writers of each format became one: the bytes are compared, hashed and stored.
  @Test(
    "Each format keeps its escapes",
    arguments: [
      (JSONString.ShortForms.none, #""\u0000\u0009\u000a\u000d\u001b\"\\/é😀"#),
      (.lineFeed, #""\u0000\u0009\n\u000d\u001b\"\\/é😀"#),
      (.space, #""\u0000\t\n\r\u001b\"\\/é😀"#),
    ])
  func escapes(_ forms: JSONString.ShortForms, _ expected: String) throws {
    let text = "\u{0}\t\n\r\u{1b}\"\\/é😀\u{7f}"
    let quoted = JSONString.quoted(text, forms)
    #expect(quoted == expected + "\u{7f}\"")
    var bytes = Array("[".utf8)
    JSONString.append(text, forms, to: &bytes)
    #expect(bytes == Array("[\(quoted)".utf8))
    #expect(try JSONValue(parsing: quoted) == .string(text))
  }

  @Test("A text without anything to escape is copied", arguments: ["", "a", "日本", "\u{7f}", "'/<"])
  func plain(_ text: String) {
    #expect(JSONString.isPlain(text))
    #expect(JSONString.quoted(text, .lineFeed) == "\"\(text)\"")
  }

  @Test("Every byte that JSON does not allow is escaped and read back")
  func everyControlCharacter() throws {
    for scalar in (UInt8(0)...0x7F).map(Unicode.Scalar.init) {
      let text = String(Character(scalar))
      for forms in [JSONString.ShortForms.none, .lineFeed, .space] {
        let quoted = JSONString.quoted(text, forms)
        #expect(JSONString.isPlain(text) == (quoted.utf8.count == 3))
        #expect(try JSONValue(parsing: quoted) == .string(text))
      }
    }
  }

  /// Both taken before the engine moved here; digests of specs and names of Jobs are made of them.
  @Test("The canonical text and its fingerprint stay as they were")
  func canonical() throws {
    let document: JSONValue = [
      "b": [1, 2.5, -0.0, 1e300, .null, true], "a": "\u{0}\t\n\r\u{1b}\"\\/é😀\u{7f}",
      "é": ["n": .integer(.max)],
    ]
    let expected =
      #"{"a":"\u0000\t\n\r\u001b\"\\/é😀"# + "\u{7f}"
      + #"","b":[1,2.5,-0.0,1e+300,null,true],"é":{"n":9223372036854775807}}"#
    #expect(document.text == expected)
    #expect(document.fingerprint == "395dd1bfca735b20")
    #expect(try JSONValue(parsing: expected) == document)
  }
}
