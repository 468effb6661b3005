import JSON
import Testing

@Suite("Objects of scalars")
struct JSONScalarTests {
  private static func read(_ text: String) throws(JSONSyntaxError) -> [String] {
    var members: [String] = []
    try JSONScalar.read(text) { name, value in
      let value =
        switch value {
        case .null: "null"
        case .bool(let flag): "flag \(flag)"
        case .string(let text): "text \(text)"
        case .number(let digits): "number \(String(decoding: digits, as: UTF8.self))"
        }
      members.append("\(name): \(value)")
    }
    return members
  }

  @Test("Members come in order, numbers as they are written")
  func members() throws {
    let text =
      #" { "b" : 123456789012345678901234567890 , "a":-1.50e+2,"\u00e9\n":"\ud83d\ude00", "t":true,"f":false,"n":null} "#
    #expect(
      try Self.read(text) == [
        "b: number 123456789012345678901234567890", "a: number -1.50e+2", "é\n: text 😀", "t: flag true",
        "f: flag false",
        "n: null",
      ])
    #expect(try Self.read("{}").isEmpty)
    #expect(try Self.read(" { } ").isEmpty)
  }

  @Test(
    "Other texts are refused with their place",
    arguments: [
      ("", 0), ("[1]", 0), ("1", 0), (#"{"a":[1]}"#, 5), (#"{"a":{}}"#, 5), (#"{"a":1}x"#, 7), (#"{"a":1,}"#, 7),
      (#"{"a" 1}"#, 5), (#"{"a":"#, 5), (#"{"a":1"#, 6), (#"{a:1}"#, 1), (#"{"a":NaN}"#, 5), (#"{"a":tru}"#, 5),
    ])
  func refused(_ text: String, _ offset: Int) {
    #expect {
      _ = try Self.read(text)
    } throws: { error in
      (error as? JSONSyntaxError)?.offset == offset
    }
  }

  @Test("A whole document is read by the same rules", arguments: [#"{"a":1.5,"b":"x\ty","c":null,"d":true}"#])
  func asDocument(_ text: String) throws {
    let document = try #require(try JSONValue(parsing: text).object)
    var members: [String: JSONValue] = [:]
    try JSONScalar.read(text) { name, value in
      members[name] =
        switch value {
        case .null: .null
        case .bool(let flag): .bool(flag)
        case .string(let text): .string(text)
        case .number(let digits): Double(String(decoding: digits, as: UTF8.self)).map(JSONValue.number)
        }
    }
    #expect(members == document)
  }
}
