import NIOCore
import NIOHTTP1

/// Writes the heads of answers: the only place that decides on their status and headers, whichever way an answer takes.
struct AnswerHeadWriter {
  private var clock = HTTPClock()

  /// - Parameters:
  ///   - plan: That of the request; nil: the bytes that came were none.
  ///   - closes: Whether the connection ends with this answer, or the client is asked to go elsewhere with its next request.
  mutating func head(of answer: Answer, to plan: RequestPlan?, closes: Bool) -> HTTPResponseHead {
    var headers = HTTPHeaders()
    headers.reserveCapacity(6)
    if let type = answer.contentType { headers.add(name: "Content-Type", value: type) }
    if let allow = answer.allow { headers.add(name: "Allow", value: allow) }
    if let challenge = answer.challenge { headers.add(name: "WWW-Authenticate", value: challenge) }
    if answer.code == 415 { headers.add(name: "Accept-Encoding", value: ContentCoding.accepted) }
    // Says where the JSON ends and binary tensors begin.
    if let length = answer.jsonLength { headers.add(name: "Inference-Header-Content-Length", value: String(length)) }
    if let id = plan?.call.requestID ?? answer.requestID { headers.add(name: "X-Request-Id", value: id) }
    if closes || answer.closes || plan?.closes == true {
      headers.add(name: "Connection", value: "close")
    } else if plan?.expectsClose == true {
      headers.add(name: "Connection", value: "keep-alive")
    }
    if let plan {
      for (name, value) in plan.crossOrigin { headers.add(name: name, value: value) }
    }
    // An answer of 204 has no length; that of HEAD is the length that GET would have.
    if answer.code != 204 { headers.add(name: "Content-Length", value: String(answer.body.readableBytes)) }
    headers.add(name: "Date", value: clock.text())
    return HTTPResponseHead(
      version: .http1_1, status: HTTPResponseStatus(statusCode: answer.code), headers: headers)
  }
}
