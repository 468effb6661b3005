import Engine
import JSONScanning
import Telemetry

/// Reads the body of `POST /feedback`: `{"request_id", "label"}`, `{"feedback": [ … ]}` or the bare list.
enum FeedbackReader {
  /// One item: the label, or what is wrong with it.
  enum Item: Equatable {
    case label(requestID: String, label: String)
    case problems(requestID: String?, FieldProblems)
  }

  struct Feedback: Equatable {
    var items: [Item] = []
    /// Whether the body was one item and no list.
    var isSingle = false
  }

  /// More items than a body may have.
  struct TooMany: Error {}

  /// - Parameter classes: The classes of the versions that are served; a label is one of them.
  static func read(_ bytes: UnsafeBufferPointer<UInt8>, limit: Int, classes: LabelClasses) throws -> Feedback {
    try JSONScanner.validateUTF8(bytes)
    var feedback = Feedback()
    let body = try ListBody(bytes, member: "feedback")
    guard let range = body.list else {
      var scanner = JSONScanner(bytes)
      feedback.items = [try item(&scanner, classes)]
      feedback.isSingle = true
      return feedback
    }
    guard body.problems.isEmpty else {
      feedback.items = [.problems(requestID: nil, body.problems)]
      feedback.isSingle = true
      return feedback
    }
    var scanner = JSONScanner(bytes, range: range)
    try list(&scanner, limit: limit, classes, &feedback)
    return feedback
  }

  private static func list(
    _ scanner: inout JSONScanner, limit: Int, _ classes: LabelClasses, _ feedback: inout Feedback
  ) throws {
    var left = FieldProblems.most
    var more = try scanner.open(UInt8(ascii: "["))
    while more {
      guard feedback.items.count < limit else { throw TooMany() }
      let item = try item(&scanner, classes, telling: left)
      if case .problems(_, let problems) = item { left -= problems.told.count }
      feedback.items.append(item)
      more = try scanner.next(in: UInt8(ascii: "["))
    }
  }

  /// - Parameter room: Problems that are told.
  private static func item(
    _ scanner: inout JSONScanner, _ classes: LabelClasses, telling room: Int = FieldProblems.most
  ) throws(JSONProblem) -> Item {
    var problems = FieldProblems(telling: room)
    guard try scanner.kind() == .object else {
      try scanner.skip()
      problems.append(sentence: "Feedback is an object with request_id and label.")
      return .problems(requestID: nil, problems)
    }
    var requestID: String?
    var label: String?
    var (hasRequestID, hasLabel) = (false, false)
    func recordMember(_ name: String, _ isRepeated: inout Bool) {
      if isRepeated { problems.append(FieldProblem(name, .repeated, "'\(name)' is given more than once.")) }
      isRepeated = true
    }
    var more = try scanner.open(UInt8(ascii: "{"))
    while more {
      let name = try scanner.name()
      if scanner.equals(name, "request_id") {
        recordMember("request_id", &hasRequestID)
        requestID = try text("request_id", &scanner, &problems, isNumberWelcome: false)
      } else if scanner.equals(name, "label") {
        recordMember("label", &hasLabel)
        label = try text("label", &scanner, &problems, isNumberWelcome: true)
      } else {
        problems.append(unknown(scanner.string(name)))
        try scanner.skip()
      }
      more = try scanner.next(in: UInt8(ascii: "{"))
    }
    for (name, isGiven) in [("request_id", hasRequestID), ("label", hasLabel)] where !isGiven {
      problems.append(FieldProblem(name, .missing, "'\(name)' must be given."))
    }
    let known = label.flatMap(classes.name)
    if let label, known == nil { problems.append(classes.problem(label)) }
    guard problems.isEmpty, let requestID, let known else { return .problems(requestID: requestID, problems) }
    return .label(requestID: requestID, label: known)
  }

  private static func unknown(_ name: String) -> FieldProblem {
    FieldProblem(name, .unknown, "Feedback has no member '\(name.shown)'; it has request_id and label.")
  }

  /// A label may be a number or a boolean too: its text is the class.
  private static func text(
    _ name: String, _ scanner: inout JSONScanner, _ problems: inout FieldProblems, isNumberWelcome: Bool
  ) throws(JSONProblem) -> String? {
    switch (try scanner.kind(), isNumberWelcome) {
    case (.string, _):
      let text = try scanner.text()
      guard !PredictionEnvelope.isTooLong(text, in: scanner) else {
        problems.append(FieldProblem(name, .tooLong, PredictionEnvelope.tooLong(name)))
        return nil
      }
      let value = scanner.string(text)
      if text.hasEscapes, value.utf8.contains(0) {
        problems.append(FieldProblem(name, .wrongType, PredictionEnvelope.noNull(name)))
        return nil
      }
      if value.isEmpty { problems.append(FieldProblem(name, .missing, "'\(name)' is empty.")) }
      return value.isEmpty ? nil : value
    case (.number, true):
      let token = try scanner.number()
      if !token.isWord { return scanner.string(token.range) }
      problems.append(FieldProblem(name, .notFinite, "'\(name)' is not a finite number."))
    case (.bool, true): return try scanner.bool() ? "true" : "false"
    case (.null, _):
      try scanner.null()
      problems.append(FieldProblem(name, .null, "'\(name)' may not be null."))
    default:
      try scanner.skip()
      problems.append(FieldProblem(name, .wrongType, "'\(name)' is a string."))
    }
    return nil
  }
}
