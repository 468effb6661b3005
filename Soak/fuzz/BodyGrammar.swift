/// Writes bodies by the grammar of each endpoint; values are mostly right, members mostly in place.
struct BodyGrammar {
  var random: SeededGenerator

  private static let numbers = [
    "39", "0", "-0", "120", "121", "-1", "40.5", "1e2", "1E+2", "0.1e1", "99", "1e999", "-1e999", "1e-999", "3.5e38",
    "NaN", "Infinity", "-Infinity", "01", "1.", ".5", "+1", "0x10", "1_000", "9007199254740993", "-", "1e", "null",
    "true",
    "\"39\"", "[1]", "{}",
  ]
  private static let texts = [
    "\"Private\"", "\"State\"", "\"Bern\"", "\"Ürgüp\"", "\"1\"", "\"2\"", "\"\"", "\"Navy\"", "1", "2", "1.0", "true",
    "null",
    "\"\\u0042ern\"", "\"\\ud800\"", "\"\\udc00\\ud800\"", "\"\\uD83D\\uDE00\"", "\"\\u0000\"", "\"a\\nb\"", "\"\\x\"",
    "\"\\u12\"",
    "\"\t\"", "[]", "{\"a\":1}", "\"Bern \"", "\"bern\"",
  ]
  private static let members = [
    "\"explain\":true", "\"explain\":false", "\"explain\":null", "\"explain\":1", "\"key\":\"k\"", "\"key\":null",
    "\"key\":7",
    "\"request_id\":\"r\"", "\"request_id\":\"\"", "\"request_id\":null", "\"request_id\":9", "\"unknown\":1",
    "\"request\\u005fid\":\"e\"", "\"features\":{}", "\"features\":null",
  ]

  private mutating func space() -> String { random.once(in: 8) ? random.pick([" ", "\n", "\t", "\r\n  "]) : "" }

  private mutating func number(_ usual: [String]) -> String {
    random.once(in: 6) ? random.pick(Self.numbers) : random.pick(usual)
  }

  private mutating func text(_ usual: [String]) -> String {
    random.once(in: 6) ? random.pick(Self.texts) : random.pick(usual)
  }

  private mutating func list(_ items: [String], _ brackets: (String, String)) -> String {
    brackets.0 + space() + items.joined(separator: space() + "," + space()) + space() + brackets.1
  }

  mutating func features() -> String {
    var members = [
      "\"age\":" + number(["39", "20", "65.5", "0", "120"]), "\"hours\":" + number(["40", "1", "99", "38.5", "null"]),
      "\"gain\":" + number(["0", "1000", "2e3", "null"]), "\"work\":" + text(["\"Private\"", "\"State\""]),
      "\"city\":" + text(["\"Bern\"", "\"Ürgüp\"", "null"]), "\"zone\":" + text(["\"1\"", "\"2\"", "1", "2"]),
    ]
    if random.once(in: 4) { members.shuffle(using: &random) }
    if random.once(in: 6) { members.remove(at: random.below(members.count)) }
    if random.once(in: 12) { members.append(random.pick(members)) }
    if random.once(in: 12) { members.append("\"hat\":1") }
    // Names and texts of many bytes, some of them one character.
    if random.once(in: 60) { members += (0..<random.below(200)).map { "\"n\($0)\":1" } }
    if random.once(in: 200) { members.append("\"\(long())\":1") }
    if random.once(in: 200) { members.append("\"city\":\"\(long())\"") }
    return list(members, ("{", "}"))
  }

  private mutating func long() -> String {
    let count = random.pick([63, 64, 65, 4096, 4097, 20_000])
    return random.pick([
      String(repeating: "x", count: count), "e" + String(repeating: "\u{301}", count: count / 2),
      String(repeating: "\\u0041", count: count / 6), String(repeating: "\\\"", count: count / 2),
    ])
  }

  mutating func prediction() -> String {
    var members = ["\"features\":" + space() + features()]
    while random.once(in: 3) { members.append(random.pick(Self.members)) }
    if random.once(in: 2) { members.shuffle(using: &random) }
    return space() + list(members, ("{", "}")) + space()
  }

  mutating func batch() -> String {
    let rows = (0..<random.below(random.once(in: 20) ? 12 : 4)).map { _ in random.once(in: 20) ? "5" : prediction() }
    if random.once(in: 100) {
      return
        "[\(Array(repeating: random.pick(["5", "{}", "{\"explain\":true}"]), count: random.pick([8, 9, 2000])).joined(separator: ","))]"
    }
    let list = list(rows, ("[", "]"))
    switch random.below(5) {
    case 0, 1: return list
    case 2: return "{\"requests\":\(list),\"explain\":\(random.pick(["true", "false", "null", "2"]))}"
    case 3 where random.once(in: 4): return "{\"requests\":\(list),\"requests\":\(list)}"
    default: return "{\"requests\":\(list)}"
    }
  }

  private mutating func label() -> String {
    let id = "\"request_id\":" + text(["\"r1\"", "\"r2\""])
    let label = "\"label\":" + text(["\"<=50K\"", "\">50K\"", "1", "1e999", "NaN", "false"])
    return list(random.once(in: 10) ? [id, label, random.pick(Self.members)] : [id, label], ("{", "}"))
  }

  mutating func feedback() -> String {
    let labels = (0..<random.below(4)).map { _ in label() }
    switch random.below(3) {
    case 0: return label()
    case 1: return list(labels, ("[", "]"))
    default: return "{\"feedback\":\(list(labels, ("[", "]")))}"
    }
  }

  /// The JSON, and the binary tensors behind it.
  mutating func inference() -> (String, [UInt8]) {
    let rows = 1 + random.below(3)
    let isBinary = random.once(in: 3)
    var binary: [UInt8] = []
    var inputs: [String] = []
    for (name, isNumber) in [
      ("age", true), ("hours", true), ("gain", true), ("work", false), ("city", false), ("zone", false),
    ] where !random.once(in: 12) {
      let type =
        random.once(in: 12)
        ? random.pick(["INT8", "BOOL", "UINT64", "FP16", "X", "BYTES"]) : isNumber ? "FP64" : "BYTES"
      let shape =
        random.once(in: 4)
        ? "[\(rows),1]"
        : random.once(in: 20) ? random.pick(["[]", "[0]", "[-1]", "[99999999999]", "[2,2]"]) : "[\(rows)]"
      var members = ["\"name\":\"\(name)\"", "\"shape\":\(shape)", "\"datatype\":\"\(type)\""]
      if isBinary {
        let data = element(isNumber, rows)
        binary += data
        members.append("\"parameters\":{\"binary_data_size\":\(random.once(in: 20) ? random.below(99) : data.count)}")
      } else {
        let data = (0..<rows).map { _ in
          isNumber ? number(["39", "20.5", "NaN", "null"]) : text(["\"Private\"", "\"1\"", "\"Bern\""])
        }
        members.append("\"data\":" + list(random.once(in: 8) ? data.map { "[\($0)]" } : data, ("[", "]")))
      }
      inputs.append(list(members, ("{", "}")))
    }
    var members = ["\"inputs\":" + list(inputs, ("[", "]"))]
    if random.once(in: 2) { members.append("\"id\":" + text(["\"a\""])) }
    if random.once(in: 3) {
      members.append(
        "\"parameters\":"
          + random.pick([
            "{\"explain\":true}", "{\"binary_data_output\":true}", "{\"key\":\"k\",\"x\":[1,{}]}", "null", "{}", "3",
          ]))
    }
    if random.once(in: 4) {
      members.append(
        "\"outputs\":"
          + random.pick([
            "[{\"name\":\"contributions\"}]", "[{\"name\":\"confidence\",\"parameters\":{\"binary_data\":true}}]", "[]",
            "[{\"name\":\"x\"}]", "[{}]", "7", repeatedOutput(),
          ]))
    }
    return (list(members, ("{", "}")), binary)
  }

  /// One output, asked for again and again.
  private mutating func repeatedOutput() -> String {
    let output = random.pick(["{\"name\":\"probabilities\"}", "{\"name\":\"contributions\"}", "{\"name\":\"x\"}", "{}"])
    return list(Array(repeating: output, count: random.pick([2, 20, 1000])), ("[", "]"))
  }

  private mutating func element(_ isNumber: Bool, _ rows: Int) -> [UInt8] {
    (0..<rows).flatMap { _ -> [UInt8] in
      if isNumber {
        let bits = random.once(in: 6) ? random.next() : Double(random.below(120)).bitPattern
        return (0..<8).map { UInt8(truncatingIfNeeded: bits >> UInt64($0 * 8)) }
      }
      let text = Array(random.pick(["Private", "Bern", "1", "", "Ürgüp"]).utf8)
      let length = random.once(in: 20) ? random.next() : UInt64(text.count)
      return (0..<4).map { UInt8(truncatingIfNeeded: length >> UInt64($0 * 8)) } + text
    }
  }
}
