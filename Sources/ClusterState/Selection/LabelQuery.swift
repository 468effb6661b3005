package import KubernetesModel

/// A label selector as clients write it in a query: `app=web,tier!=cache,env in (a,b),!legacy`.
package struct LabelQuery: Sendable, Equatable {
  package enum Requirement: Sendable, Equatable {
    case isIn(key: String, values: Set<String>)
    /// Also true where the label is absent.
    case notIn(key: String, values: Set<String>)
    case exists(key: String)
    case absent(key: String)
    case greater(key: String, than: Int)
    case less(key: String, than: Int)
  }

  package var requirements: [Requirement]

  package init(requirements: [Requirement] = []) { self.requirements = requirements }

  /// Errors: 400 with the place that cannot be read.
  package init(parsing text: String) throws(StatusError) {
    requirements = []
    for part in Self.parts(of: text) {
      guard let requirement = Self.requirement(part) else {
        throw .badRequest("unable to parse requirement: found '\(part)', expected: a label selector such as app=web")
      }
      requirements.append(requirement)
    }
  }

  /// As objects hold it: `{matchLabels, matchExpressions}`.
  package init(object: JSONValue) {
    requirements = object["matchLabels"]?.stringMap.map { .isIn(key: $0.key, values: [$0.value]) } ?? []
    for expression in object["matchExpressions"]?.array ?? [] {
      let key = expression["key"]?.string ?? ""
      let values = Set((expression["values"]?.array ?? []).compactMap(\.string))
      switch expression["operator"]?.string {
      case "In": requirements.append(.isIn(key: key, values: values))
      case "NotIn": requirements.append(.notIn(key: key, values: values))
      case "Exists": requirements.append(.exists(key: key))
      case "DoesNotExist": requirements.append(.absent(key: key))
      default: break
      }
    }
  }

  package func matches(_ labels: [String: String]) -> Bool {
    requirements.allSatisfy { requirement in
      switch requirement {
      case .isIn(let key, let values): labels[key].map(values.contains) ?? false
      case .notIn(let key, let values): !(labels[key].map(values.contains) ?? false)
      case .exists(let key): labels[key] != nil
      case .absent(let key): labels[key] == nil
      case .greater(let key, let bound): labels[key].flatMap { Int($0) }.map { $0 > bound } ?? false
      case .less(let key, let bound): labels[key].flatMap { Int($0) }.map { $0 < bound } ?? false
      }
    }
  }

  /// Splits at commas that are not inside parentheses.
  private static func parts(of text: String) -> [String] {
    var parts: [String] = []
    var current = ""
    var depth = 0
    for character in text {
      switch character {
      case "(": depth += 1
      case ")": depth -= 1
      case "," where depth == 0:
        parts.append(current)
        current = ""
        continue
      default: break
      }
      current.append(character)
    }
    parts.append(current)
    return parts.map(trimmed).filter { !$0.isEmpty }
  }

  private static func requirement(_ part: String) -> Requirement? {
    if part.hasPrefix("!") { return isKey(trimmed(part.dropFirst())) ? .absent(key: trimmed(part.dropFirst())) : nil }
    if let open = part.firstIndex(of: "("), part.hasSuffix(")") {
      let head = part[..<open].split(separator: " ")
      guard head.count == 2, isKey(head[0]) else { return nil }
      let inside = part[part.index(after: open)...].dropLast()
      let values = Set(inside.split(separator: ",", omittingEmptySubsequences: false).map { trimmed($0) })
      switch head[1] {
      case "in": return .isIn(key: String(head[0]), values: values)
      case "notin": return .notIn(key: String(head[0]), values: values)
      default: return nil
      }
    }
    for sign in ["!=", "==", "=", ">", "<"] {
      guard let range = part.firstRange(of: sign) else { continue }
      let key = trimmed(part[..<range.lowerBound])
      let value = trimmed(part[range.upperBound...])
      guard isKey(key), !value.contains(where: { "=!<>() ".contains($0) }) else { return nil }
      switch sign {
      case "!=": return .notIn(key: key, values: [value])
      case ">": return Int(value).map { .greater(key: key, than: $0) }
      case "<": return Int(value).map { .less(key: key, than: $0) }
      default: return .isIn(key: key, values: [value])
      }
    }
    return isKey(part) ? .exists(key: part) : nil
  }

  private static func isKey(_ text: some StringProtocol) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "-_./".utf8.contains(byte)
      }
  }

  private static func trimmed(_ text: some StringProtocol) -> String {
    var slice = text[...]
    while slice.first == " " { slice = slice.dropFirst() }
    while slice.last == " " { slice = slice.dropLast() }
    return String(slice)
  }
}
