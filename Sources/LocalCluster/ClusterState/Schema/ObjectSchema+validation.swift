package import KubernetesModel

extension ObjectSchema {
  /// What is wrong with a value, worded as the API server words it. CEL rules are not evaluated.
  package func faults(of value: JSONValue, at path: String = "") -> [FieldFault] {
    if value.isNull {
      return facts.isNullable || facts.basic == nil
        ? [] : [.wrongType(path, value, expected: facts.basic?.rawValue ?? "object")]
    }
    if let fault = typeFault(value, path) { return [fault] }
    var found: [FieldFault] = []
    if !facts.enumeration.isEmpty, !facts.enumeration.contains(value) {
      found.append(
        .unsupported(path, value, facts.enumeration.map { $0.string ?? $0.text }))
    }
    switch value {
    case .string(let text): found += stringFaults(text, path)
    case .integer, .number: found += numberFaults(value, path)
    case .array(let elements): found += listFaults(elements, path)
    case .object(let members): found += objectFaults(members, path)
    case .bool, .null: break
    }
    return found + combinationFaults(value, path)
  }

  private func typeFault(_ value: JSONValue, _ path: String) -> FieldFault? {
    if facts.isIntOrString {
      switch value {
      case .integer, .string: return nil
      default: return .wrongType(path, value, expected: "integer,string")
      }
    }
    guard let basic = facts.basic else { return nil }
    let fits =
      switch (basic, value) {
      case (.object, .object), (.array, .array), (.string, .string), (.boolean, .bool), (.integer, .integer),
        (.number, .integer), (.number, .number):
        true
      case (.integer, .number(let number)): number == number.rounded()
      default: false
      }
    return fits ? nil : .wrongType(path, value, expected: basic.rawValue)
  }

  private func stringFaults(_ text: String, _ path: String) -> [FieldFault] {
    var found: [FieldFault] = []
    let value = JSONValue.string(text)
    if let minimum = facts.minimumLength, text.unicodeScalars.count < minimum {
      found.append(.invalid(path, value, "\(path) in body should be at least \(minimum) chars long"))
    }
    if let maximum = facts.maximumLength, text.unicodeScalars.count > maximum {
      found.append(
        FieldFault(
          path: path, reason: "FieldValueTooLong", detail: "Too long: may not be more than \(maximum) bytes"))
    }
    if let pattern = facts.pattern, let expression = try? Regex(pattern),
      (try? expression.firstMatch(in: text)) == nil
    {
      found.append(.invalid(path, value, "\(path) in body should match '\(pattern)'"))
    }
    if let format = facts.format, !TextFormat.holds(format, text) {
      found.append(.invalid(path, value, "\(path) in body must be of type \(format): \(value.text)"))
    }
    return found
  }

  private func numberFaults(_ value: JSONValue, _ path: String) -> [FieldFault] {
    guard let number = value.double else { return [] }
    var found: [FieldFault] = []
    if let minimum = facts.minimum, facts.exclusiveMinimum ? number <= minimum : number < minimum {
      let relation = facts.exclusiveMinimum ? "greater than" : "greater than or equal to"
      found.append(.invalid(path, value, "\(path) in body should be \(relation) \(minimum.shortText)"))
    }
    if let maximum = facts.maximum, facts.exclusiveMaximum ? number >= maximum : number > maximum {
      let relation = facts.exclusiveMaximum ? "less than" : "less than or equal to"
      found.append(.invalid(path, value, "\(path) in body should be \(relation) \(maximum.shortText)"))
    }
    if let step = facts.multipleOf, step > 0, abs(number / step - (number / step).rounded()) > 1e-9 {
      found.append(.invalid(path, value, "\(path) in body should be a multiple of \(step.shortText)"))
    }
    return found
  }

  private func listFaults(_ elements: [JSONValue], _ path: String) -> [FieldFault] {
    var found: [FieldFault] = []
    if let minimum = facts.minimumItems, elements.count < minimum {
      found.append(
        .invalid(path, .integer(Int64(elements.count)), "\(path) in body should have at least \(minimum) items"))
    }
    if let maximum = facts.maximumItems, elements.count > maximum {
      found.append(
        FieldFault(
          path: path, reason: "FieldValueTooMany",
          detail: "Too many: \(elements.count): must have at most \(maximum) items"))
    }
    var seen: Set<JSONValue> = []
    for (index, element) in elements.enumerated() {
      let place = "\(path)[\(index)]"
      found += facts.items?.faults(of: element, at: place) ?? []
      switch facts.listType {
      case .map(let keys) where element.object != nil:
        let identity = JSONValue.object(
          Dictionary(
            uniqueKeysWithValues: Set(keys).compactMap { key in
              (element[key] ?? facts.items?.properties[key]?.defaultValue).map { (key, $0) }
            }))
        if !seen.insert(identity).inserted { found.append(.duplicate(place, identity)) }
      case .set where !seen.insert(element).inserted: found.append(.duplicate(place, element))
      case .atomic where facts.uniqueItems && !seen.insert(element).inserted:
        found.append(.duplicate(place, element))
      default: break
      }
    }
    return found
  }

  private func objectFaults(_ members: [String: JSONValue], _ path: String) -> [FieldFault] {
    func place(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
    var found: [FieldFault] = []
    for key in facts.required where members[key] == nil { found.append(.required(place(key))) }
    for (key, member) in members.sorted(by: { $0.key < $1.key }) {
      if let schema = facts.properties[key] ?? facts.additional {
        let isMapValue = facts.properties[key] == nil
        found += schema.faults(of: member, at: isMapValue && !path.isEmpty ? "\(path).\(key)" : place(key))
      }
    }
    if let minimum = facts.minimumProperties, members.count < minimum {
      found.append(
        .invalid(
          path, .integer(Int64(members.count)), "\(path) in body should have at least \(minimum) properties"))
    }
    if let maximum = facts.maximumProperties, members.count > maximum {
      found.append(
        FieldFault(
          path: path, reason: "FieldValueTooMany",
          detail: "Too many: \(members.count): must have at most \(maximum) items"))
    }
    return found
  }

  private func combinationFaults(_ value: JSONValue, _ path: String) -> [FieldFault] {
    var found = facts.allOf.flatMap { $0.faults(of: value, at: path) }
    if !facts.anyOf.isEmpty, !facts.isIntOrString,
      !facts.anyOf.contains(where: { $0.faults(of: value, at: path).isEmpty })
    {
      found.append(.invalid(path, value, "\(path) in body must validate at least one schema (anyOf)"))
    }
    if !facts.oneOf.isEmpty, facts.oneOf.filter({ $0.faults(of: value, at: path).isEmpty }).count != 1 {
      found.append(.invalid(path, value, "\(path) in body must validate one and only one schema (oneOf)"))
    }
    if let not = facts.not, not.faults(of: value, at: path).isEmpty {
      found.append(.invalid(path, value, "\(path) in body must not validate the schema (not)"))
    }
    return found
  }
}

extension Double {
  fileprivate var shortText: String {
    if let whole = Int64(exactly: self) { return String(whole) }
    return description
  }
}

/// The string formats that are checked; others are free text, as in the API server.
enum TextFormat {
  static func holds(_ format: String, _ text: String) -> Bool {
    switch format {
    case "date-time": ClusterTime(text) != nil
    case "date": text.utf8.count == 10 && ClusterTime(text + "T00:00:00Z") != nil
    case "byte": isBase64(text)
    case "ipv4":
      text.split(separator: ".", omittingEmptySubsequences: false).count == 4
        && text.split(separator: ".").allSatisfy { UInt8($0) != nil }
    case "uuid": text.wholeMatch(of: /[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}/) != nil
    case "duration": text.wholeMatch(of: /([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h|d|w))+|0/) != nil
    default: true
    }
  }

  private static func isBase64(_ text: String) -> Bool {
    let body = text.utf8.filter { $0 != 0x0A && $0 != 0x0D }
    return body.count % 4 == 0 && text.wholeMatch(of: /[A-Za-z0-9+\/\r\n]*={0,2}[\r\n]*/) != nil
  }
}
