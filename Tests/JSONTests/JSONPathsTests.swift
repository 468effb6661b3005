import JSON
import Testing

@Suite("Places in documents")
struct JSONPathsTests {
  static let text = #"""
    {"metadata":{"name":"p","managedFields":[{"a":[1,-2.5e3,{"}":"]\"\\"}],"b":null},true,false,"\u00e9"],"labels":{}},
     "items":[{"metadata":{"managedFields":{}},"x":1},{"x":{"metadata":{"managedFields":1}}},[]],"managedFields":"kept"}
    """#

  @Test("What is left out while reading is what is taken out afterwards, and nothing else")
  func omission() throws {
    let whole = try JSONValue(parsing: Self.text)
    for paths in [
      JSONPaths(["metadata", "managedFields"]), JSONPaths(["items", "metadata", "managedFields"], ["metadata"]),
      JSONPaths(["metadata", "managedFields"]).within("items"), JSONPaths(["items", "x"], ["none", "here"]),
      JSONPaths(["metadata", "name", "below a text"]), JSONPaths(), JSONPaths([]),
    ] {
      var pruned = whole
      pruned.remove(paths)
      #expect(try JSONValue(parsing: Self.text.utf8, omitting: paths) == pruned)
    }
    let read = try JSONValue(parsing: Self.text.utf8, omitting: JSONPaths(["metadata", "managedFields"], ["items"]))
    #expect(read == ["metadata": ["name": "p", "labels": [:]], "managedFields": "kept"])
    var inLists = whole
    inLists.remove(JSONPaths(["items", "metadata", "managedFields"]))
    #expect(inLists["items"]?[0] == ["metadata": [:], "x": 1] && inLists["metadata"] == whole["metadata"])
  }

  @Test("Of two paths the shorter one counts, in whatever order they come")
  func shorter() throws {
    let both = [JSONPaths(["a", "b"], ["a"]), JSONPaths(["a"], ["a", "b"])]
    #expect(both[0] == both[1] && both[0] == JSONPaths(["a"]))
    #expect(JSONPaths().isEmpty && JSONPaths().within("x").isEmpty)
  }

  @Test(
    "What is left out has to end where a value ends",
    arguments: [
      #"{"a":"#, #"{"a":}"#, #"{"a":,"b":1}"#, #"{"a":[1,2}"#, #"{"a":{"b":"}}"#, #"{"a":tru}"#, #"{"a":1"#,
      #"{"a":"\"#, #"{"a":"x}"#, #"{"a":]}"#, #"{"a":[[[}"#, #"{"a":- }"#,
    ])
  func broken(_ text: String) {
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text.utf8, omitting: JSONPaths(["a"])) }
  }

  @Test("Nesting is bounded in what is left out as well")
  func depth() throws {
    let text = { (depth: Int) in
      #"{"a":"# + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}"
    }
    #expect(try JSONValue(parsing: text(511).utf8, omitting: JSONPaths(["a"])) == [:])
    #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: text(512).utf8, omitting: JSONPaths(["a"])) }
  }

  @Test(
    "Whole numbers up to 64 bits stay whole",
    arguments: [
      ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)), ("-0", 0), ("0", 0),
      ("9223372036854775808", .number(9.223372036854775808e18)),
      ("-9223372036854775809", .number(-9.223372036854775808e18)),
      ("1e2", .number(100)), ("12345678901234567890123", .number(1.2345678901234568e22)),
    ] as [(String, JSONValue)])
  func integers(_ text: String, _ value: JSONValue) throws { #expect(try JSONValue(parsing: text) == value) }
}
