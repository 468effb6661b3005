package import JSONScanning

/// What surrounds the features of one prediction request; the features stay bytes until a version is chosen, as each
/// version reads them by its own schema.
package struct PredictionEnvelope {
  package var requestID: String?
  /// What the traffic is split by, in place of the request id.
  package var key: String?
  /// Whether the answer is to say what each feature added.
  package var explain = false
  /// The object with the features.
  package var features: Range<Int>?
  /// Problems of the surroundings.
  package var problems = FieldProblems()

  /// No database stores U+0000 in a text.
  package static func noNull(_ name: String) -> String { "'\(name)' has the character U+0000, which no text may have." }

  /// Characters (Unicode scalars) that a request id, a key or a label may have.
  package static let maximumIdentifier = 256

  /// Whether a text has more characters than that. One escape takes at most twelve bytes.
  package static func isTooLong(_ text: JSONScanner.Text, in scanner: JSONScanner) -> Bool {
    guard text.range.count > maximumIdentifier else { return false }
    return text.range.count > maximumIdentifier * 12
      || scanner.string(text).unicodeScalars.count > maximumIdentifier
  }

  package static func tooLong(_ name: String) -> String {
    "'\(name)' has more than \(maximumIdentifier) characters."
  }

  /// Reads one request, an object `{"request_id"?, "key"?, "explain"?, "features": {…}}`.
  package init(from scanner: inout JSONScanner) throws(JSONProblem) {
    guard try scanner.kind() == .object else {
      try scanner.skip()
      problems.append(FieldProblem("", .wrongType, "A request is an object with the member 'features'."))
      return
    }
    var isFeaturesMissing = true
    var (hasRequestID, hasKey, hasExplain) = (false, false, false)
    var more = try scanner.open(UInt8(ascii: "{"))
    while more {
      let name = try scanner.name()
      if scanner.equals(name, "features") {
        if !isFeaturesMissing { problems.append(Self.repeated("features")) }
        isFeaturesMissing = false
        try readFeatures(&scanner)
      } else if scanner.equals(name, "request_id") {
        if hasRequestID { problems.append(Self.repeated("request_id")) }
        hasRequestID = true
        requestID = try identifier("request_id", &scanner)
      } else if scanner.equals(name, "key") {
        if hasKey { problems.append(Self.repeated("key")) }
        hasKey = true
        key = try identifier("key", &scanner)
      } else if scanner.equals(name, "explain") {
        if hasExplain { problems.append(Self.repeated("explain")) }
        hasExplain = true
        explain = try flag("explain", &scanner)
      } else {
        problems.append(Self.unknown(scanner.string(name)))
        try scanner.skip()
      }
      more = try scanner.next(in: UInt8(ascii: "{"))
    }
    if isFeaturesMissing { problems.append(FieldProblem("features", .missing, "'features' must be given.")) }
  }

  private static func unknown(_ name: String) -> FieldProblem {
    FieldProblem(
      name, .unknown, "A request has no member '\(name.shown)'; it has request_id, key, explain and features.")
  }

  private static func repeated(_ name: String) -> FieldProblem {
    FieldProblem(name, .repeated, "'\(name)' is given more than once.")
  }

  private mutating func readFeatures(_ scanner: inout JSONScanner) throws(JSONProblem) {
    let isObject = try scanner.kind() == .object
    let range = try scanner.skip(depth: 1)
    if isObject {
      features = range
    } else {
      problems.append(FieldProblem("features", .wrongType, "'features' is an object from feature name to value."))
    }
  }

  /// True or false; null stands for false.
  private mutating func flag(_ name: String, _ scanner: inout JSONScanner) throws(JSONProblem) -> Bool {
    switch try scanner.kind() {
    case .bool: return try scanner.bool()
    case .null: try scanner.null()
    default:
      try scanner.skip(depth: 1)
      problems.append(FieldProblem(name, .wrongType, "'\(name)' is true or false."))
    }
    return false
  }

  /// A text that identifies something; null stands for none.
  private mutating func identifier(
    _ name: String, _ scanner: inout JSONScanner
  ) throws(JSONProblem) -> String? {
    switch try scanner.kind() {
    case .null:
      try scanner.null()
      return nil
    case .string:
      let text = try scanner.text()
      guard !Self.isTooLong(text, in: scanner) else {
        problems.append(FieldProblem(name, .tooLong, Self.tooLong(name)))
        return nil
      }
      let identifier = scanner.string(text)
      if text.hasEscapes, identifier.utf8.contains(0) {
        problems.append(FieldProblem(name, .wrongType, Self.noNull(name)))
        return nil
      }
      return identifier.isEmpty ? nil : identifier
    default:
      try scanner.skip()
      problems.append(FieldProblem(name, .wrongType, "'\(name)' is a string."))
      return nil
    }
  }
}
