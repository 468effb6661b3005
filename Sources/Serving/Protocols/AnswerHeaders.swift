import HTTPTypes

/// A header of the server's answers.
enum AnswerHeader: String {
  case contentType = "Content-Type"
  case contentLength = "Content-Length"
  case date = "Date"
  case allow = "Allow"
  case challenge = "WWW-Authenticate"
  case acceptEncoding = "Accept-Encoding"
  /// Says where the JSON ends and binary tensors begin.
  case jsonLength = "Inference-Header-Content-Length"
  case connection = "Connection"
  case requestID = "X-Request-Id"

  /// Nil for none of them: all names are valid.
  var name: HTTPField.Name? { HTTPField.Name(rawValue) }
}

extension Answer {
  /// Gives each header that the answer has, in the order in which they are written: the only place that decides on them,
  /// whichever way the answer takes to its client. Length and date are given where nobody else adds them.
  /// - Parameters:
  ///   - requestID: The id that the request brought; nil: the answer's own, if it has one.
  ///   - closes: Whether the connection ends with this answer in any case.
  @inline(__always)
  func headers(requestID: String?, closes: Bool, _ give: (AnswerHeader, String) -> Void) {
    give(.contentType, contentType)
    if let allow { give(.allow, allow) }
    if let challenge { give(.challenge, challenge) }
    if code == 415 { give(.acceptEncoding, ContentCoding.accepted) }
    if let jsonLength { give(.jsonLength, String(jsonLength)) }
    if let requestID = requestID ?? self.requestID { give(.requestID, requestID) }
    if closes || self.closes { give(.connection, "close") }
  }
}
