import JSON
import Schema
import Testing

/// One schema with a field of every kind.
private let plan = Schema.object(
  "A plan.",
  [
    .required("name", .string("Its name.", minimum: 1, maximum: 4, pattern: "^[a-z]+$", form: "lower-case letters")),
    .optional("kind", .choice(of: ["Slow", "Fast"], "How.", default: "Slow")),
    .optional("count", .integer("How many.", minimum: 1, maximum: 9, default: 3)),
    .optional("share", .number("A share.", below: 1, default: 0.5)),
    .optional("level", .integerOrString("A level.")),
    .optional("limits", .object("Limits.", [.optional("most", .integer("Most.", default: 7))]).with(default: [:])),
    .optional("window", Schema.timeSpan("How long.").nullable),
    .optional("steps", .list("Steps.", of: step, maximum: 2, type: .map(keys: ["at"])).with(default: [])),
    .optional("seen", .list("Seen.", of: .string("A name."), maximum: 5).implying([])),
    .optional("tags", aliases: ["labels"], .map("Tags.", of: .boolean("Whether.", default: true), maximum: 2)),
    .optional("extra", .anyObject("Anything.")),
  ])

private let step = Schema.object(
  "A step.", [.required("at", .integer("When.")), .optional("weight", .integer("How much.", default: 1))])

private let yamlTruth = "put it in quotes: without them YAML reads y, n, yes, no, on and off as true and false"

@Suite struct SchemaTests {
  @Test(
    arguments: [
      (["name": "a"], []),
      ([:], ["name: is missing; add it: Its name."]),
      (["name": ""], ["name: is empty; write lower-case letters"]),
      (["name": "abcde"], ["name: has 5 characters; write at most 4"]),
      (["name": "A"], ["name: 'A' is not of the right form; write lower-case letters"]),
      (["name": 1], ["name: is a number, not a text; write lower-case letters"]),
      (["name": "a", "kind": "fast"], ["kind: 'fast' is not known; write Fast"]),
      (["name": "a", "count": 0], ["count: 0 is too small; write 1 or more"]),
      (["name": "a", "count": 10], ["count: 10 is too large; write 9 or less"]),
      (["name": "a", "share": 1], ["share: 1 is too large; write a number below 1"]),
      (["name": "a", "level": 1], []),
      (
        ["name": "a", "level": true],
        [
          "level: is true or false, not a text or a whole number; \(yamlTruth)"
        ]
      ),
      (["name": "a", "level": 0.5], ["level: is a number, not a text or a whole number; put it in quotes"]),
      (["name": "a", "kind": 1], ["kind: is a number, not a text; write one of Slow, Fast"]),
      (["name": "a", "count": "3"], ["count: is a text, not a whole number; write 3, without quotes"]),
      (["name": "a", "count": "three"], ["count: is a text, not a whole number; write a whole number"]),
      (["name": "a", "count": 2.5], ["count: is a number, not a whole number; write a whole number"]),
      (["name": "a", "count": 1e30], ["count: 1e+30 is too large; write 9 or less"]),
      (["name": "a", "share": "0.2"], ["share: is a text, not a number; write 0.2, without quotes"]),
      (["name": "a", "share": "80%"], ["share: is a text, not a number; write 0.8"]),
      (["name": "a", "share": 70], ["share: 70 is too large; write a number below 1: 70 % is 0.7"]),
      (["name": "a", "limits": 7], ["limits: is a number, not an object; write an object with most"]),
      (["name": "a", "seen": "x"], ["seen: is a text, not a list; write it as a list: [x]"]),
      (["name": "a", "seen": [.null]], ["seen[0]: is null, not a text; write a text, or remove it"]),
      (["name": "a", "tags": ["x": "True"]], ["tags.x: is a text, not true or false; write true, without quotes"]),
      (
        ["name": .string(String(repeating: "Ä", count: 500)), "kind": .string(String(repeating: "x", count: 500))],
        [
          "name: has 500 characters; write at most 4",
          "kind: '\(String(repeating: "x", count: 64))…' is not known; write one of Slow, Fast",
        ]
      ),
      (["name": "a", "window": .null], []),
      (["name": "a", "count": .null], []),
      (
        ["name": "a", "steps": [["at": 1], ["at": 1]]],
        ["steps[1]: '1' is listed twice; remove or rename one of the two"]
      ),
      (["name": "a", "steps": [[:]]], ["steps[0].at: is missing; add it: When."]),
      (["name": "a", "labels": ["x": 1]], ["labels.x: is a number, not true or false; write true or false"]),
      (
        ["name": "a", "labels": [:], "tags": ["x": true]],
        ["tags: is also given as 'labels', its other name; keep tags"]
      ),
      (["name": "a", "extra": ["whatever": [1]]], []),
      (["name": "a", "cuont": 1], ["cuont: is not a field here; did you mean count?"]),
    ] as [(JSONValue, [String])])
  func `what a schema forbids is told as a sentence with the field and the mend`(
    _ value: JSONValue, _ sentences: [String]
  ) {
    #expect(plan.problems(in: value).map(\.description) == sentences)
  }

  @Test func `of a list in which everything is wrong only the beginning is told`() {
    let steps = JSONValue.array((0..<1000).map { ["at": .string("step \($0)")] })
    let told = plan.problems(in: ["name": "a", "steps": steps]).map(\.description)
    #expect(told.count == 22)
    #expect(told.first == "steps: has 1000 elements; leave at most 2")
    #expect(told.last == "steps: has 980 more problems in its elements; mend the first 20")
  }

  @Test func `the API server fills in published defaults, outside of lists`() {
    let filled = plan.filled(["name": "a", "steps": [["at": 1]], "window": .null], .published)
    #expect(
      filled == [
        "name": "a", "kind": "Slow", "count": 3, "share": 0.5, "limits": ["most": 7], "steps": [["at": 1]],
        "window": .null,
      ])
  }

  @Test func `decoding fills in all, resolves other names and makes texts of numbers`() {
    let filled = plan.filled(
      ["name": "a", "steps": [["at": 1]], "window": .null, "count": .null, "level": 2, "labels": ["x": false]])
    #expect(
      filled == [
        "name": "a", "kind": "Slow", "count": 3, "share": 0.5, "limits": ["most": 7],
        "steps": [["at": 1, "weight": 1]], "seen": [], "level": "2", "tags": ["x": false],
      ])
  }

  @Test func `what its author has stated is what differs from the defaults`() {
    let written: JSONValue = ["name": "a", "share": 0.25]
    let filled = plan.filled(written)
    #expect(plan.stated(filled) == written)
    let kept: JSONValue = ["name": "a", "share": 0.25, "count": 3]
    #expect(plan.stated(filled, keeping: ["count"]) == kept)
  }

  @Test func `what a schema does not know is pruned`() {
    let pruned = plan.pruned([
      "name": "a", "other": 1, "limits": ["least": 1], "extra": ["any": 1], "labels": ["x": true],
    ])
    #expect(pruned == ["name": "a", "limits": [:], "extra": ["any": 1], "labels": ["x": true]])
  }

  @Test func `a list is published without the defaults of its items, an object with all nested ones`() {
    let properties = plan.openAPI["properties"]
    #expect(properties?[path: "steps", "items", "properties", "weight", "default"] == nil)
    #expect(properties?[path: "limits", "default"] == ["most": 7])
    #expect(properties?[path: "window", "nullable"] == true)
    #expect(properties?[path: "seen", "default"] == nil)
    #expect(properties?[path: "labels", "description"] == "Another name of tags.")
  }
}
