import Engine
import JSONScanning
import NIOCore

/// What an endpoint answers, before it becomes HTTP.
struct Answer: Sendable {
  var code: Int
  var body: ByteBuffer
  /// Nil: there is no body.
  var contentType: String? = "application/json"
  /// Methods that would have been right, for 405 and OPTIONS.
  var allow: String?
  /// The body was not read to its end, so that the connection cannot be used again.
  var closes = false
  /// How a client proves who it is, for 401.
  var challenge: String?
  /// The id that a request without one was given.
  var requestID: String?
  /// Length of the JSON in front of binary data, where there are such.
  var jsonLength: Int?
  /// The body's share of the bytes that are held for clients; nil: it is small.
  var hold: Budget.Hold?

  init(_ code: Int, _ text: JSONText) {
    self.code = code
    body = text.buffer
  }

  init(_ code: Int, text: String, contentType: String?) {
    self.code = code
    body = ByteBuffer(string: text)
    self.contentType = contentType
  }

  /// What OPTIONS gets.
  /// - Parameter allow: The methods of the path; nil: a web page asks, which other headers answer.
  static func options(allow: String?) -> Answer {
    var answer = Answer(204, text: "", contentType: nil)
    answer.allow = allow
    return answer
  }

  /// `{"error": …}`
  static func error(_ code: Int, _ message: String) -> Answer {
    var text = JSONText()
    text.raw(#"{"error":"#)
    text.string(message)
    text.raw("}")
    return Answer(code, text)
  }

  /// Why no model can answer.
  static func notLoaded(_ holder: ServingHolder) -> Answer {
    guard case .notLoaded(let reason) = holder.readiness else { return .error(503, "No model is loaded.") }
    return .error(503, "No model is loaded: \(reason)")
  }

  /// The client has gone, and nobody reads this.
  static let abandoned = Answer(499, text: "", contentType: nil)

  static func malformed(_ problem: JSONProblem) -> Answer {
    var text = JSONText()
    text.raw(#"{"error":"#)
    text.string(problem.description)
    text.raw(#","offset":"#)
    text.integer(problem.offset)
    text.raw("}")
    return Answer(400, text)
  }
}

extension JSONText {
  /// `{"request_id", "error", "fields": [ … ]}`
  mutating func refusal(requestID: String?, _ problems: FieldProblems) {
    raw("{")
    if let requestID {
      raw(#""request_id":"#)
      string(requestID)
      raw(",")
    }
    raw(#""error":"#)
    string(problems.sentence)
    raw(#","fields":"#)
    array(problems.told) { text, problem in
      text.raw(#"{"field":"#)
      text.string(problem.field)
      text.raw(#","reason":"#)
      text.string(problem.reason.rawValue)
      text.raw(#","message":"#)
      text.string(problem.message)
      text.raw("}")
    }
    raw("}")
  }
}
