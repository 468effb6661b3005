/// Chooses objects by their labels: all requirements must hold.
public struct LabelSelector: Codable, Sendable, Hashable {
  /// A set-based requirement.
  public struct Requirement: Codable, Sendable, Hashable {
    public enum Operation: String, Codable, Sendable {
      case isIn = "In"
      case isNotIn = "NotIn"
      case exists = "Exists"
      case doesNotExist = "DoesNotExist"
    }

    public var key: String
    public var `operator`: Operation
    public var values: [String]

    public init(key: String, operator: Operation, values: [String] = []) {
      self.key = key
      self.operator = `operator`
      self.values = values
    }

    /// As the API server does: a label that is absent is "not in" any set.
    public func matches(_ labels: [String: String]) -> Bool {
      switch `operator` {
      case .isIn: labels[key].map(values.contains) ?? false
      case .isNotIn: labels[key].map { !values.contains($0) } ?? true
      case .exists: labels[key] != nil
      case .doesNotExist: labels[key] == nil
      }
    }

    /// As in a request's query: `app in (a,b)`, `!app`.
    public var text: String {
      switch `operator` {
      case .isIn: values.count == 1 ? "\(key)=\(values[0])" : "\(key) in (\(values.sorted().joined(separator: ",")))"
      case .isNotIn:
        values.count == 1 ? "\(key)!=\(values[0])" : "\(key) notin (\(values.sorted().joined(separator: ",")))"
      case .exists: key
      case .doesNotExist: "!\(key)"
      }
    }
  }

  public var matchLabels: [String: String]
  public var matchExpressions: [Requirement]

  public init(matchLabels: [String: String] = [:], matchExpressions: [Requirement] = []) {
    self.matchLabels = matchLabels
    self.matchExpressions = matchExpressions
  }

  /// An empty selector matches all objects.
  public func matches(_ labels: [String: String]) -> Bool {
    matchLabels.allSatisfy { labels[$0.key] == $0.value } && matchExpressions.allSatisfy { $0.matches(labels) }
  }

  /// As in a request's query, requirements in a stable order.
  public var text: String {
    (matchLabels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" } + matchExpressions.map(\.text))
      .joined(separator: ",")
  }

  /// Reads `a=b,c!=d,e in (f,g),h notin (i),j,!k`; nil where the text is none of these.
  public init?(_ text: String) {
    self.init()
    for part in Self.parts(text) {
      guard let requirement = Self.requirement(part) else { return nil }
      matchExpressions.append(requirement)
    }
  }

  /// Split at commas outside of parentheses.
  private static func parts(_ text: String) -> [Substring] {
    var parts: [Substring] = []
    var depth = 0
    var start = text.startIndex
    for index in text.indices {
      switch text[index] {
      case "(": depth += 1
      case ")": depth -= 1
      case "," where depth == 0:
        parts.append(text[start..<index])
        start = text.index(after: index)
      default: break
      }
    }
    parts.append(text[start...])
    return parts.count == 1 && parts[0].allSatisfy { $0 == " " } ? [] : parts
  }

  private static func requirement(_ text: Substring) -> Requirement? {
    let text = text.trimmingSpaces
    if text.hasPrefix("!") {
      return named(text.dropFirst().trimmingSpaces).map { Requirement(key: $0, operator: .doesNotExist) }
    }
    if text.hasSuffix(")"), let open = text.firstIndex(of: "(") {
      let head = text[..<open].split(separator: " ")
      let values = text[text.index(after: open)..<text.index(before: text.endIndex)]
        .split(separator: ",", omittingEmptySubsequences: false).map { String($0.trimmingSpaces) }
      guard head.count == 2, let key = named(head[0]) else { return nil }
      switch head[1] {
      case "in": return Requirement(key: key, operator: .isIn, values: values)
      case "notin": return Requirement(key: key, operator: .isNotIn, values: values)
      default: return nil
      }
    }
    for (mark, operation) in [("!=", Requirement.Operation.isNotIn), ("==", .isIn), ("=", .isIn)] {
      guard let range = text.firstRange(of: mark) else { continue }
      guard let key = named(text[..<range.lowerBound].trimmingSpaces) else { return nil }
      return Requirement(key: key, operator: operation, values: [String(text[range.upperBound...].trimmingSpaces)])
    }
    return named(text).map { Requirement(key: $0, operator: .exists) }
  }

  private static func named(_ text: Substring) -> String? {
    let isAllowed = text.utf8.allSatisfy { byte in
      (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "-_./".utf8.contains(byte)
    }
    return isAllowed && !text.isEmpty ? String(text) : nil
  }
}

extension Substring {
  fileprivate var trimmingSpaces: Substring {
    var text = self
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return text
  }
}
