/// A JSON document that is written down in code. Members keep their order.
indirect enum JSONDocument: Equatable, Sendable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case list([JSONDocument])
  case object([Member])

  struct Member: Equatable, Sendable {
    let name: String
    let value: JSONDocument
  }

  /// The document with more members; only objects take some.
  func with(_ name: String, _ value: JSONDocument?) -> JSONDocument {
    guard let value, case .object(let members) = self else { return self }
    return .object(members + [Member(name: name, value: value)])
  }

  func write(to text: inout JSONText) {
    switch self {
    case .null: text.raw("null")
    case .bool(let value): text.bool(value)
    case .integer(let value): text.integer(value)
    case .number(let value): text.number(value)
    case .string(let value): text.string(value)
    case .list(let values): text.array(values) { text, value in value.write(to: &text) }
    case .object(let members):
      text.raw("{")
      for (index, member) in members.enumerated() {
        if index > 0 { text.raw(",") }
        text.string(member.name)
        text.raw(":")
        member.value.write(to: &text)
      }
      text.raw("}")
    }
  }
}

extension JSONDocument: ExpressibleByStringInterpolation, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  init(stringLiteral value: String) { self = .string(value) }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  init(integerLiteral value: Int) { self = .integer(value) }
  init(arrayLiteral elements: JSONDocument...) { self = .list(elements) }
  init(dictionaryLiteral elements: (String, JSONDocument)...) {
    self = .object(elements.map { Member(name: $0.0, value: $0.1) })
  }
}
