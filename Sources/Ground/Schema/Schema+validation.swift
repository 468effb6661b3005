package import JSON

extension Schema {
  /// Everything in `value` that the schema forbids, unknown fields included. Null counts as absent, as it does once the
  /// API server has pruned it. The rules (CEL) are not evaluated here: `problems()` of the types checks the same.
  package func problems(in value: JSONValue, at path: String = "") -> [Problem] {
    if isNullable, value == .null { return [] }
    switch (kind, value) {
    case (.object(let properties), .object(let members)): return problems(in: members, of: properties, at: path)
    case (.anyObject, .object), (.boolean, .bool), (.integerOrString, .integer): return []
    case (.integerOrString, .string(let text)): return StringBounds(maximum: 1024).problems(of: text, at: path)
    case (.map(let maximum, let element), .object(let members)):
      var found: [Problem] = []
      if members.count > maximum {
        found.append(Problem(path, "has \(members.count) entries", mend: "leave at most \(maximum)"))
      }
      for (key, member) in members.sorted(by: { $0.key < $1.key }) {
        found += element.problems(in: member, at: "\(path).\(key)")
      }
      return found
    case (.list(let bounds, let element), .array(let elements)):
      return problems(in: elements, bounds, of: element, at: path)
    case (.string(let bounds), .string(let text)): return bounds.problems(of: text, at: path)
    case (.integer(let minimum, let maximum), _):
      guard let number = value.double, number == number.rounded() else { return [wrongType(value, at: path)] }
      let bounds = NumberBounds(minimum: Double(minimum ?? -Self.largest), maximum: Double(maximum ?? Self.largest))
      return bounds.problems(of: number, at: path)
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
      // A name of that length is no slip of the hand.
      let close = key.utf8.count > 64 ? nil : names.min { key.editDistance(to: $0) < key.editDistance(to: $1) }
      let suggestion = close.flatMap { key.editDistance(to: $0) <= max(2, key.count / 3) ? "did you mean \($0)?" : nil }
      found.append(
        Problem(
          inner, "is not a field here",
          mend: suggestion ?? "remove it, or use one of \(names.sorted().joined(separator: ", "))"))
    }
    return found
  }

  /// The largest whole number that all JSON readers agree on, where a field has no bound of its own.
  private static let largest = 1 << 53

  /// How many problems of one list are told; the rest are counted. A generated list is wrong in each element for the same
  /// reason.
  private static let mostOfOneList = 20

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
    let inElements = elementProblems(in: elements, bounds, of: element, at: path)
    found += inElements.prefix(Self.mostOfOneList)
    if inElements.count > Self.mostOfOneList {
      let rest = inElements.count - Self.mostOfOneList
      found.append(
        Problem(path, "has \(rest) more problems in its elements", mend: "mend the first \(Self.mostOfOneList)"))
    }
    return found
  }

  /// What is wrong with the elements one by one, and which of them there may be only once.
  private func elementProblems(
    in elements: [JSONValue], _ bounds: ListBounds, of element: Schema, at path: String
  ) -> [Problem] {
    var found: [Problem] = []
    for (index, value) in elements.enumerated() { found += element.problems(in: value, at: "\(path)[\(index)]") }
    if case .map(let keys) = bounds.type {
      var seen: Set<[JSONValue?]> = []
      for (index, value) in elements.enumerated() where !seen.insert(keys.map { value[$0] }).inserted {
        let key = keys.compactMap { value[$0].map { $0.string ?? $0.text } }.joined(separator: "/")
        found.append(
          Problem("\(path)[\(index)]", "\(key.quoted) is listed twice", mend: "remove or rename one of the two"))
      }
    }
    if bounds.type == .set {
      var seen: Set<JSONValue> = []
      for (index, value) in elements.enumerated() where !seen.insert(value).inserted {
        let text = (value.string ?? value.text).quoted
        found.append(Problem("\(path)[\(index)]", "\(text) is listed twice", mend: "remove one of the two"))
      }
    }
    return found
  }

  private func wrongType(_ value: JSONValue, at path: String) -> Problem {
    Problem(path, "is \(value.typeName), not \(typeName)", mend: mend(of: value))
  }

  /// What to write in place of a value of another type.
  private func mend(of value: JSONValue) -> String {
    switch (kind, value) {
    case (.string(let bounds), _) where !bounds.values.isEmpty || bounds.form != nil: bounds.mend
    case (.string, .bool), (.integerOrString, .bool):
      "put it in quotes: without them YAML reads y, n, yes, no, on and off as true and false"
    case (.string, .integer), (.string, .number), (.integerOrString, .number): "put it in quotes"
    case (.integer, .string(let text)) where Int64(text) != nil: "write \(text), without quotes"
    case (.number, .string(let text)) where Double(text)?.isFinite == true: "write \(text), without quotes"
    case (.number, .string(let text)) where text.percentage != nil:
      "write \(JSONValue.shortest(text.percentage ?? 0).text)"
    case (.boolean, .string(let text)) where ["true", "false"].contains(text.lowercased()):
      "write \(text.lowercased()), without quotes"
    case (.list, .string(let text)): "write it as a list: [\(text.shortened)]"
    case (.object(let properties), _) where !properties.isEmpty:
      "write an object with \(properties.map(\.name).sorted().joined(separator: ", "))"
    case (_, .null): "write \(typeName), or remove it"
    default: "write \(typeName)"
    }
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
  /// What is right, as the end of a sentence.
  fileprivate var mend: String {
    guard values.isEmpty else { return "write one of \(values.joined(separator: ", "))" }
    return "write \(form ?? pattern.map { "a text matching \($0)" } ?? "a text")"
  }

  fileprivate func problems(of text: String, at path: String) -> [Problem] {
    if !values.isEmpty {
      guard !values.contains(text) else { return [] }
      let close = values.first { $0.lowercased() == text.lowercased() }
      return [Problem(path, "\(text.quoted) is not known", mend: close.map { "write \($0)" } ?? mend)]
    }
    let count = text.unicodeScalars.count
    if maximum > 0, count > maximum {
      return [Problem(path, "has \(count) characters", mend: "write at most \(maximum)")]
    }
    if count < minimum, form == nil {
      let has = count == 0 ? "is empty" : "has \(count) of at least \(minimum) characters"
      return [Problem(path, has, mend: minimum == 1 ? "write a text" : "write at least \(minimum)")]
    }
    if text.isEmpty { return minimum > 0 ? [Problem(path, "is empty", mend: mend)] : [] }
    guard count >= minimum, matchesPattern(text) else {
      return [Problem(path, "\(text.quoted) is not of the right form", mend: mend)]
    }
    return []
  }

  private func matchesPattern(_ text: String) -> Bool {
    guard let pattern, let expression = try? Regex(pattern) else { return true }
    return text.wholeMatch(of: expression) != nil
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
          mend: (excludesMaximum ? "write a number below \(bound)" : "write \(bound) or less") + percentage(of: number))
      ]
    }
    return []
  }

  /// Shares that people write as percentages.
  private func percentage(of number: Double) -> String {
    guard maximum == 1, number > 1, number <= 100 else { return "" }
    return ": \(JSONValue.shortest(number).text) % is \(JSONValue.shortest(number / 100).text)"
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
  /// In quotes; of a long one only the beginning.
  fileprivate var quoted: String { "'\(shortened)'" }

  fileprivate var shortened: String { count > 64 ? "\(prefix(64))…" : self }

  /// `80%` is 0.8; nil: not a percentage.
  fileprivate var percentage: Double? {
    guard last == "%", let number = Double(dropLast()), number.isFinite else { return nil }
    return number / 100
  }

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
