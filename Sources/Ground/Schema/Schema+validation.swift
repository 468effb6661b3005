package import JSON

extension Schema {
  /// Everything in `value` that the schema forbids, unknown fields included. Null counts as absent, as it does once the
  /// API server has pruned it. The rules (CEL) are not evaluated here: `problems()` of the types checks the same.
  package func problems(in value: JSONValue, at path: String = "") -> [Problem] {
    if isNullable, value == .null { return [] }
    switch (kind, value) {
    case (.object(let properties), .object(let members)): return problems(in: members, of: properties, at: path)
    case (.anyObject, .object), (.boolean, .bool), (.integerOrString, .integer): return []
    case (.integerOrString, .string(let text)): return Self.lengthProblems(of: text, 0, 1024, at: path)
    case (.map(let maximum, let element), .object(let members)):
      var found: [Problem] = []
      if members.count > maximum {
        found.append(Problem(path, "has \(members.count) entries", mend: "leave at most \(maximum)"))
      }
      for (key, member) in members.sorted(by: { $0.key < $1.key }) {
        found += element.problems(in: member, at: "\(path)[\(key)]")
      }
      return found
    case (.list(let bounds, let element), .array(let elements)):
      return problems(in: elements, bounds, of: element, at: path)
    case (.string(let bounds), .string(let text)): return bounds.problems(of: text, at: path)
    case (.integer(let minimum, let maximum), _):
      guard let number = value.integer else { return [wrongType(value, at: path)] }
      return NumberBounds(minimum: minimum.map(Double.init), maximum: maximum.map(Double.init))
        .problems(of: Double(number), at: path)
    case (.number(let bounds), _):
      guard let number = value.double else { return [wrongType(value, at: path)] }
      return bounds.problems(of: number, at: path)
    default: return [wrongType(value, at: path)]
    }
  }

  private func problems(
    in members: [String: JSONValue], of properties: [Property], at path: String
  ) -> [Problem] {
    var found: [Problem] = []
    for property in properties {
      let inner = path.isEmpty ? property.name : "\(path).\(property.name)"
      for alias in property.aliases {
        guard let member = members[alias], member != .null else { continue }
        found += property.schema.problems(in: member, at: path.isEmpty ? alias : "\(path).\(alias)")
        if let own = members[property.name], own != .null, own != member {
          found.append(Problem(inner, "is also given as '\(alias)', its other name", mend: "keep \(property.name)"))
        }
      }
      if let member = members[property.name], member != .null || property.schema.isNullable {
        found += property.schema.problems(in: member, at: inner)
      } else if property.isRequired {
        found.append(Problem(inner, "is missing", mend: "add it: \(property.schema.description)"))
      }
    }
    let names = properties.map(\.name)
    let known = properties.flatMap { [$0.name] + $0.aliases }
    for key in members.keys.sorted() where !known.contains(key) {
      let inner = path.isEmpty ? key : "\(path).\(key)"
      let close = names.min { key.editDistance(to: $0) < key.editDistance(to: $1) }
      let suggestion = close.flatMap { key.editDistance(to: $0) <= max(2, key.count / 3) ? "did you mean \($0)?" : nil }
      found.append(
        Problem(
          inner, "is not a field here",
          mend: suggestion ?? "remove it, or use one of \(names.sorted().joined(separator: ", "))"))
    }
    return found
  }

  private func problems(
    in elements: [JSONValue], _ bounds: ListBounds, of element: Schema, at path: String
  ) -> [Problem] {
    var found: [Problem] = []
    if elements.count < bounds.minimum {
      found.append(Problem(path, "has \(elements.count) elements", mend: "list at least \(bounds.minimum)"))
    }
    if elements.count > bounds.maximum {
      found.append(Problem(path, "has \(elements.count) elements", mend: "leave at most \(bounds.maximum)"))
    }
    for (index, value) in elements.enumerated() { found += element.problems(in: value, at: "\(path)[\(index)]") }
    if case .map(let keys) = bounds.type {
      var seen: Set<[JSONValue?]> = []
      for (index, value) in elements.enumerated() where !seen.insert(keys.map { value[$0] }).inserted {
        let key = keys.compactMap { value[$0]?.string }.joined(separator: "/")
        found.append(Problem("\(path)[\(index)]", "'\(key)' is listed twice", mend: "remove or rename one of the two"))
      }
    }
    if bounds.type == .set {
      var seen: Set<JSONValue> = []
      for (index, value) in elements.enumerated() where !seen.insert(value).inserted {
        found.append(Problem("\(path)[\(index)]", "\(value.text) is listed twice", mend: "remove one of the two"))
      }
    }
    return found
  }

  private func wrongType(_ value: JSONValue, at path: String) -> Problem {
    Problem(path, "is \(value.typeName), not \(typeName)", mend: "write \(typeName)")
  }

  fileprivate static func lengthProblems(
    of text: String, _ minimum: Int, _ maximum: Int, at path: String
  ) -> [Problem] {
    let count = text.unicodeScalars.count
    if count < minimum {
      return [Problem(path, "has \(count) characters", mend: "write at least \(minimum)")]
    }
    if maximum > 0, count > maximum {
      return [Problem(path, "has \(count) characters", mend: "write at most \(maximum)")]
    }
    return []
  }

  /// `a text`, `a whole number`: for messages and the documentation.
  package var typeName: String {
    switch kind {
    case .string: "a text"
    case .integer: "a whole number"
    case .number: "a number"
    case .boolean: "true or false"
    case .integerOrString: "a text or a whole number"
    case .list: "a list"
    case .map, .object, .anyObject: "an object"
    }
  }
}

extension Schema.StringBounds {
  fileprivate func problems(of text: String, at path: String) -> [Problem] {
    if !values.isEmpty, !values.contains(text) {
      let close = values.first { $0.lowercased() == text.lowercased() }
      let mend = close.map { "write \($0)" } ?? "write one of \(values.joined(separator: ", "))"
      return [Problem(path, "'\(text)' is not known", mend: mend)]
    }
    let tooLong = Schema.lengthProblems(of: text, minimum, maximum, at: path)
    guard tooLong.isEmpty else { return tooLong }
    guard let pattern, let expression = try? Regex(pattern), text.wholeMatch(of: expression) == nil else { return [] }
    return [Problem(path, "'\(text)' is not of the right form", mend: "write \(form ?? "a text matching \(pattern)")")]
  }
}

extension Schema.NumberBounds {
  fileprivate func problems(of number: Double, at path: String) -> [Problem] {
    if let minimum, excludesMinimum ? number <= minimum : number < minimum {
      let bound = JSONValue.shortest(minimum).text
      return [
        Problem(
          path, "\(JSONValue.shortest(number).text) is too small",
          mend: excludesMinimum ? "write a number above \(bound)" : "write \(bound) or more")
      ]
    }
    if let maximum, excludesMaximum ? number >= maximum : number > maximum {
      let bound = JSONValue.shortest(maximum).text
      return [
        Problem(
          path, "\(JSONValue.shortest(number).text) is too large",
          mend: excludesMaximum ? "write a number below \(bound)" : "write \(bound) or less")
      ]
    }
    return []
  }
}

extension JSONValue {
  fileprivate var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "true or false"
    case .integer, .number: "a number"
    case .string: "a text"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

extension String {
  /// Levenshtein distance, for suggestions.
  package func editDistance(to other: String) -> Int {
    let target = Array(other)
    var row = Array(0...target.count)
    for (i, character) in self.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for j in target.indices {
        let cost = Swift.min(row[j] + 1, row[j + 1] + 1, diagonal + (character == target[j] ? 0 : 1))
        diagonal = row[j + 1]
        row[j + 1] = cost
      }
    }
    return row[target.count]
  }
}
