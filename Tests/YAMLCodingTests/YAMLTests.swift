import KubernetesModel
import Testing
import YAMLCoding

@Suite("Reading YAML")
struct YAMLReadingTests {
  @Test(
    "Plain scalars mean what kubectl takes them for",
    arguments: [
      ("yes", .bool(true)), ("off", .bool(false)), ("y", .bool(true)), ("~", .null), ("null", .null),
      ("12", .integer(12)),
      ("-12", .integer(-12)), ("0x1F", .integer(31)), ("0o17", .integer(15)), ("017", .integer(15)),
      ("0b11", .integer(3)),
      ("1_000", .integer(1000)), ("1.5", .number(1.5)), (".5", .number(0.5)), ("1e3", .integer(1000)),
      ("08", .integer(8)),
      ("1.2.3", .string("1.2.3")), ("2026-11-21", .string("2026-11-21")), ("'1'", .string("1")),
      ("\"yes\"", .string("yes")),
      ("1:30", .string("1:30")), ("+", .string("+")), ("1e", .string("1e")),
      ("!!str 1", .string("1")),
      ("100m", .string("100m")), ("9223372036854775808", .number(9_223_372_036_854_775_808)), (">50K", .null),
      ("!!binary Zm9v", .string("foo")), ("-0x1F", .integer(-31)), ("truE", .string("truE")),
    ] as [(String, JSONValue)])
  func scalars(_ text: String, _ expected: JSONValue) throws {
    // ">50K" begins a block scalar in YAML: people must quote it, and are told so.
    if text == ">50K" {
      #expect(throws: YAMLError.self) { try YAML.document("a: >50K") }
    } else {
      #expect(try YAML.document("a: \(text)\n").value == ["a": expected])
    }
  }

  @Test("Anchors, merge keys, several documents, block texts")
  func structure() throws {
    let sources = try YAML.documents(
      """
      # a comment
      base: &base {a: 1, b: [w, x]}
      derived:
        <<: *base
        a: 2
      text: |
        one
          two
      folded: >-
        one
        two
      ---
      ---
      - 1: x
        true: z
      ...
      """)
    #expect(sources.count == 2)
    #expect(
      sources[0].value == [
        "base": ["a": 1, "b": ["w", "x"]], "derived": ["a": 2, "b": ["w", "x"]], "text": "one\n  two\n",
        "folded": "one two",
      ])
    #expect(sources[1].value == [["1": "x", "true": "z"]])
    #expect(sources[0].position(of: "derived.a") == YAMLPosition(line: 5, column: 3))
    #expect(sources[0].position(of: "derived.nothing") == YAMLPosition(line: 3, column: 1))
  }

  @Test(
    "Errors have a line and a column",
    arguments: [
      ("a: [1, 2", 1), ("a: 1\nb: c: d\n", 2), ("a: 1\nb: 2\na: 3\n", 3), ("a: *nothing", 1), ("a: .nan", 1),
      ("? [1]\n: 2\n", 1), ("a:\n\t- b", 2), ("<<: 1", 1), ("a: !!int x", 1),
    ])
  func errors(_ text: String, _ line: Int) {
    let error = #expect(throws: YAMLError.self) { try YAML.documents(text) }
    switch error {
    case .syntax(let position, _), .meaning(let position, _):
      #expect(position.line == line || position.line == line + 1)
    default: Issue.record("unexpected: \(String(describing: error))")
    }
  }

  @Test("A misfit is found in the text")
  func misfit() throws {
    let source = try YAML.document("apiVersion: batch/v1\nmetadata: {name: x}\nspec:\n  template: 3\n")
    let error = #expect(throws: YAMLError.self) { try source.decode(as: Job.self) }
    #expect(
      error?.description == "line 4, column 3: spec.template: an object is expected, the number 3 was found")
  }

  @Test("Aliases of aliases do not eat the memory, deep nesting does not eat the stack")
  func bombs() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1..<10 {
      text += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
    }
    #expect(throws: YAMLError.self) { try YAML.documents(text) }
    #expect(throws: YAMLError.self) { try YAML.documents(String(repeating: "[", count: 5000)) }
    let (open, close) = (String(repeating: "[", count: 200), String(repeating: "]", count: 200))
    let deep = "a: &a \(open)x\(close)\n"
    #expect(throws: YAMLError.self) { try YAML.documents(deep + "b: \(open)*a\(close)\n") }
    #expect(throws: Never.self) { try YAML.documents(deep + "b: [*a, [*a]]\n") }
  }
}

@Suite("Writing YAML")
struct YAMLWritingTests {
  @Test("Whatever is written is read back as the same")
  func roundTrip() throws {
    let texts = [
      "", " ", "a", "a b", "a: b", "a #b", "#a", "- a", "yes", "y", "1", "1.5", "0x1", "1_0", "1:30", "2026-11-21",
      "null",
      "~", "a\nb", "a\nb\n", "a\n\n", "\na", " a\nb", "a\n  b", "ü", "日本", "\u{85}", "\u{2028}", "\u{FEFF}", "a\tb",
      "\\", "\"", "'", "{a}", "[a]", "a,b", ">50K", "|", "&a", "*a", "!a", "%a", "@a", "`a", "?", ":", "a:", "=", "<<",
      "...", "---", "100m", "v1", "1.2.3", "/path", "e1", ".5", ".a", "http://x:1/y", "\u{1}", "😀", "a\r\nb",
      "trailing ",
      "a\n\tb\n", "0o7", "+1", "a # b", "a:b", "-", "true", "12e03", "x\n\n\n", "1e400",
    ]
    for text in texts {
      let value: JSONValue = [
        "key": .string(text), "list": [.string(text), [.string(text)]], "x": ["y": .string(text)],
      ]
      #expect(try YAML.document(YAML.text(value)).value == value, "\(text.debugDescription) in \(YAML.text(value))")
      let keyed: JSONValue = [text: [text: 1]]
      #expect(try YAML.document(YAML.text(keyed)).value == keyed, "\(text.debugDescription)")
      let inline = YAML.text(YAMLNode.map([YAMLField("a", .inline([.string(text), [text: .string(text)]]))]))
      #expect(try YAML.document(inline).value == ["a": [.string(text), [text: .string(text)]]], "\(inline)")
    }
    let value: JSONValue = [
      "a": [[], [:], [["b": [1, 2.5, .null, true]], [[1], [2]]]], "c": [:], "d": [], "n": 1.0, "big": 1e300,
      "small": 1e-7,
    ]
    let again = try YAML.document(YAML.text(value)).value
    #expect(again.isContained(in: value) && value.isContained(in: again))
  }

  @Test("Order and style are what people write")
  func style() throws {
    let service = Service(
      metadata: ObjectMeta(name: "income", namespace: "default"),
      spec: .init(selector: ["a": "b"], ports: [.init(port: 80)]))
    #expect(
      try YAML.text(service.manifest) == """
        apiVersion: v1
        kind: Service
        metadata:
          name: income
          namespace: default
        spec:
          ports:
          - port: 80
            protocol: TCP
          selector:
            a: b

        """)
  }

  @Test("Comments stand above and behind keys")
  func comments() throws {
    let text = YAML.text(
      .map([
        YAMLField(
          "spec",
          .map([
            YAMLField("target", .inline(["name": "income", "positive": ">50K"]), behind: "2 classes"),
            YAMLField(
              "features",
              .list([
                .map([YAMLField("name", "age", behind: "17 … 90"), YAMLField("type", "numeric", above: "all numbers")]),
                .inline(["name": "sex"]),
              ]), above: "Inferred.\nCheck them."),
          ]))
      ]))
    #expect(
      text == """
        spec:
          target: {name: income, positive: ">50K"}  # 2 classes
          # Inferred.
          # Check them.
          features:
          - name: age  # 17 … 90
            # all numbers
            type: numeric
          - {name: sex}

        """)
    #expect(try YAML.document(text).value[path: "spec", "target", "positive"] == ">50K")
  }
}
