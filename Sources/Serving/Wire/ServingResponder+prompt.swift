import Engine
import Dispatch
import Hummingbird
import NIOCore
import NIOHTTP1

/// What answering at once needs to know of a request besides its body.
struct PromptRequest {
  let route: Route
  /// The request's `X-Request-Id`.
  var requestID: String?
  var accept: String?
  /// The header that says how many bytes of the body are JSON.
  var jsonLength: String?
}

extension ServingResponder {
  /// Bodies up to this are answered on the event loop: some fifty rows, whose predictions take about half a millisecond.
  var promptBytes: Int { min(16 << 10, predictions.limits.body) }

  /// What can be answered on the event loop without a task: requests that nothing is wrong with, that ask for no more than
  /// an answer. All others, refusals among them, take the long way; what both answer is the same.
  func prompt(_ head: HTTPRequestHead) -> PromptRequest? {
    guard head.version == .http1_1, crossOrigin.origins.isEmpty else { return nil }
    let path = head.uri.utf8.contains(UInt8(ascii: "?")) ? head.uri.prefix { $0 != "?" } : Substring(head.uri)
    let route = Route(path, face: face)
    let endpoint = route.endpoint
    switch endpoint {
    case .none, .reload, .logs: return nil
    default: break
    }
    guard endpoint.method == .get ? head.method == .GET : head.method == .POST else { return nil }
    var request = PromptRequest(route: route)
    var authorization: String?
    for (name, value) in head.headers {
      switch PromptHeader(name) {
      case .connection: if value.lowercased() != "keep-alive" { return nil }
      case .contentLength:
        guard let length = Int(value), length <= promptBytes, endpoint.method == .post || length == 0 else {
          return nil
        }
      case .contentEncoding: return nil
      case .requestID:
        if (1...Self.maximumRequestID).contains(value.utf8.count) { request.requestID = value }
      case .accept: request.accept = value
      case .authorization: authorization = value
      case .jsonLength: request.jsonLength = value
      case .upgrade: return nil
      default: break
      }
    }
    if let tokens, !endpoint.isOpen(on: face), tokens.verdict(on: authorization) != .valid { return nil }
    return holder.isDraining ? nil : request
  }

  /// Nil where an answer takes waiting.
  func answer(_ request: PromptRequest, _ body: ByteBuffer, on lane: ServingLane) -> Answer? {
    switch request.route.endpoint {
    case .predict: return predictions.predict(body, header: request.requestID, on: lane)
    case .predictBatch: return predictions.predictBatch(body, header: request.requestID, on: lane)
    case .feedback: return predictions.feedback(body)
    case .health: return information.health()
    case .ready: return information.ready()
    case .modelInfo: return information.modelInfo()
    case .metrics: return information.metricsText(accepting: request.accept)
    case .metricsSummary: return information.metricsSummary(accepting: request.accept)
    case .openAPI: return information.openAPI()
    case .inferenceServer: return inference.server()
    case .inferenceLive: return inference.live()
    case .inferenceReady: return inference.ready()
    case .inferenceModel: return inference.model(request.route)
    case .inferenceModelReady: return inference.modelReady(request.route)
    case .infer:
      return inference.infer(
        body, request.route, header: request.requestID, jsonLength: request.jsonLength, on: lane)
    case .reload, .logs, .none: return nil
    }
  }

  /// Answers a request that `prompt` has let through, and counts it.
  func respond(
    to request: PromptRequest, _ body: ByteBuffer, on lane: ServingLane, date: String
  ) -> (head: HTTPResponseHead, body: ByteBuffer)? {
    let start = DispatchTime.now().uptimeNanoseconds
    guard let answer = answer(request, body, on: lane) else { return nil }
    metrics.answered(
      request.route.endpoint, code: answer.code, seconds: Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9,
      share: lane.share)
    var headers = HTTPHeaders()
    headers.reserveCapacity(6)
    answer.headers(requestID: request.requestID, closes: false) { headers.add(name: $0.rawValue, value: $1) }
    headers.add(name: AnswerHeader.contentLength.rawValue, value: String(answer.body.readableBytes))
    headers.add(name: AnswerHeader.date.rawValue, value: date)
    let status = HTTPResponseStatus(statusCode: answer.code)
    return (HTTPResponseHead(version: .http1_1, status: status, headers: headers), answer.body)
  }
}

/// The headers that decide how a request is answered. Told by their length first, as most headers are none of them.
private enum PromptHeader {
  case connection, contentLength, contentEncoding, requestID, accept, authorization, jsonLength, upgrade, other

  init(_ name: String) {
    switch name.utf8.count {
    case 6: self = Self.equal(name, "accept") ? .accept : .other
    case 7: self = Self.equal(name, "upgrade") ? .upgrade : .other
    case 10: self = Self.equal(name, "connection") ? .connection : .other
    case 12: self = Self.equal(name, "x-request-id") ? .requestID : .other
    case 13: self = Self.equal(name, "authorization") ? .authorization : .other
    case 14: self = Self.equal(name, "content-length") ? .contentLength : .other
    case 16: self = Self.equal(name, "content-encoding") ? .contentEncoding : .other
    case 31: self = Self.equal(name, "inference-header-content-length") ? .jsonLength : .other
    default: self = .other
    }
  }

  /// - Parameter lowercase: ASCII letters and dashes.
  private static func equal(_ name: String, _ lowercase: StaticString) -> Bool {
    var place = lowercase.utf8Start
    for byte in name.utf8 {
      if byte | (byte >= 0x41 && byte <= 0x5A ? 0x20 : 0) != place.pointee { return false }
      place += 1
    }
    return true
  }
}
