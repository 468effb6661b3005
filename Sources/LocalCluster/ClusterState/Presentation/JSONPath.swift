import KubernetesModel

/// The part of JSONPath that printer columns use: `.a.b`, `['a.b']`, `[0]`, `[*]`, `[?(@.type=="Ready")]`.
struct JSONPath: Sendable, Equatable {
  enum Step: Sendable, Equatable {
    case key(String)
    case index(Int)
    case all
    case filter(path: [String], isEqual: Bool, value: JSONValue)
  }

  var steps: [Step]

  /// nil: a form that is not supported.
  init?(_ text: String) {
    steps = []
    var rest = text[...]
    if rest.hasPrefix("{"), rest.hasSuffix("}") { rest = rest.dropFirst().dropLast() }
    if rest.hasPrefix("$") { rest = rest.dropFirst() }
    while let first = rest.first {
      if first == "[" {
        guard let end = Self.end(of: rest), let step = Self.bracket(rest[rest.index(after: rest.startIndex)..<end])
        else {
          return nil
        }
        steps.append(step)
        rest = rest[rest.index(after: end)...]
      } else {
        if first == "." { rest = rest.dropFirst() }
        var key = ""
        while let character = rest.first, character != ".", character != "[" {
          rest = rest.dropFirst()
          if character == "\\", let escaped = rest.first {
            key.append(escaped)
            rest = rest.dropFirst()
          } else {
            key.append(character)
          }
        }
        if key.isEmpty { continue }
        steps.append(key == "*" ? .all : .key(key))
      }
    }
  }

  /// The closing bracket, outside of quotes and parentheses.
  private static func end(of text: Substring) -> Substring.Index? {
    var quote: Character?
    for index in text.indices {
      let character = text[index]
      if let open = quote {
        if character == open { quote = nil }
      } else if character == "\"" || character == "'" {
        quote = character
      } else if character == "]" {
        return index
      }
    }
    return nil
  }

  private static func bracket(_ inside: Substring) -> Step? {
    if inside == "*" { return .all }
    if let index = Int(inside) { return .index(index) }
    if let quote = inside.first, quote == "'" || quote == "\"", inside.count >= 2, inside.last == quote {
      return .key(String(inside.dropFirst().dropLast()))
    }
    guard inside.hasPrefix("?("), inside.hasSuffix(")") else { return nil }
    let condition = inside.dropFirst(2).dropLast()
    for sign in ["==", "!="] {
      guard let range = condition.firstRange(of: sign) else { continue }
      let left = condition[..<range.lowerBound].filter { $0 != " " }
      let right = condition[range.upperBound...].drop { $0 == " " }
      guard left.hasPrefix("@.") else { return nil }
      let path = left.dropFirst(2).split(separator: ".").map(String.init)
      let text = right.reversed().drop { $0 == " " }.reversed()
      var literal = String(text)
      if literal.hasPrefix("'"), literal.hasSuffix("'"), literal.count >= 2 {
        literal = JSONValue.string(String(literal.dropFirst().dropLast())).text
      }
      return (try? JSONValue(parsing: literal)).map { .filter(path: path, isEqual: sign == "==", value: $0) }
    }
    return nil
  }

  /// Everything the path finds, in order.
  func values(in root: JSONValue) -> [JSONValue] {
    var found = [root]
    for step in steps {
      switch step {
      case .key(let key): found = found.compactMap { $0[key] }
      case .index(let index):
        found = found.compactMap { value in
          value.array.flatMap { value[index < 0 ? $0.count + index : index] }
        }
      case .all:
        found = found.flatMap { value in
          value.array ?? value.object?.sorted { $0.key < $1.key }.map(\.value) ?? []
        }
      case .filter(let path, let isEqual, let wanted):
        found = found.flatMap { value in
          (value.array ?? []).filter { element in
            var part: JSONValue? = element
            for key in path { part = part?[key] }
            return (part == wanted) == isEqual && part != nil
          }
        }
      }
    }
    return found
  }
}
