import Engine
import Dispatch
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore

/// From HTTP to endpoints and back. It routes by itself: the paths are few and fixed, and most requests ask for one.
///
/// An object, so that a request takes one reference and not one to each thing it may need.
final class ServingResponder: HTTPResponder, Sendable {
  typealias Context = BasicRequestContext

  let face: Endpoint.Face
  let holder: ServingHolder
  let predictions: PredictionEndpoints
  let information: InformationEndpoints
  let inference: InferenceEndpoints
  let logs: LogsEndpoint
  let metrics: ServingMetrics
  let lanes: ServingLanes
  /// Nil: no token is asked for.
  let tokens: BearerTokens?
  let crossOrigin: CrossOrigin

  init(
    face: Endpoint.Face, holder: ServingHolder, predictions: PredictionEndpoints, information: InformationEndpoints,
    inference: InferenceEndpoints, logs: LogsEndpoint, metrics: ServingMetrics, lanes: ServingLanes,
    tokens: BearerTokens?, crossOrigin: CrossOrigin
  ) {
    self.face = face
    self.holder = holder
    self.predictions = predictions
    self.information = information
    self.inference = inference
    self.logs = logs
    self.metrics = metrics
    self.lanes = lanes
    self.tokens = tokens
    self.crossOrigin = crossOrigin
  }

  private static let requestID = AnswerHeader.requestID.name
  private static let jsonLength = AnswerHeader.jsonLength.name
  /// Bytes of an `X-Request-Id` that are taken up; a longer one is ignored.
  static let maximumRequestID = PredictionEnvelope.maximumIdentifier

  func respond(to request: Request, context: Context) async throws -> Response { try await respond(to: request) }

  /// Needs nothing of the connection.
  func respond(to request: Request) async throws -> Response {
    let target = request.head.path ?? "/"
    let route = Route(target.prefix { $0 != "?" }, face: face)
    let endpoint = route.endpoint
    if let options = options(request, endpoint) { return options }
    let header = Self.requestID.flatMap { request.headers[$0] }
    let requestID = header.flatMap { (1...Self.maximumRequestID).contains($0.utf8.count) ? $0 : nil }
    let body = try await body(of: request, endpoint: endpoint)
    let start = DispatchTime.now().uptimeNanoseconds
    let answer: Answer
    switch body {
    case .refused(let refusal): answer = refusal
    case .complete(let buffer): answer = await self.answer(route, request, buffer, requestID: requestID)
    }
    metrics.answered(endpoint, code: answer.code, seconds: Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9)
    return response(answer, to: request, requestID: requestID)
  }

  private enum Body {
    case complete(ByteBuffer)
    case refused(Answer)
  }

  /// Reads the body of requests that may have one; the wrong path or method is told without reading.
  private func body(of request: Request, endpoint: Endpoint) async throws -> Body {
    if let refusal = unauthorized(request, endpoint) { return .refused(refusal) }
    if endpoint == .none { return .refused(Self.nothing(at: request)) }
    let isHead = request.method == .head && endpoint.method == .get
    guard isHead || request.method.rawValue == endpoint.method.rawValue else {
      var answer = Answer.error(405, "\(request.uri.path) takes \(endpoint.method.rawValue) only.")
      answer.allow = endpoint.allow
      return .refused(answer)
    }
    guard endpoint.method == .post else { return .complete(ByteBuffer()) }
    let limit = predictions.limits.body
    var refusal = Answer.error(413, "The body has more than \(limit) bytes.")
    refusal.closes = true
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit { return .refused(refusal) }
    let coding: ContentCoding
    switch ContentCoding.of(request.headers[.contentEncoding]) {
    case .success(let known): coding = known
    case .failure(let unknown):
      var answer = unknown.answer
      answer.closes = true
      return .refused(answer)
    }
    do {
      let body = try await request.body.collect(upTo: limit)
      switch coding.decode(body, limit: limit) {
      case .success(let plain): return .complete(plain)
      case .failure(let problem): return .refused(problem.answer)
      }
    } catch is NIOTooManyBytesError {
      return .refused(refusal)
    }
  }

  /// Why the request's token is not enough; nil: it is, or none is needed.
  private func unauthorized(_ request: Request, _ endpoint: Endpoint) -> Answer? {
    guard let tokens, !endpoint.isOpen(on: face) else { return nil }
    let verdict = tokens.verdict(on: request.headers[.authorization])
    guard verdict != .valid else { return nil }
    var answer = Answer.error(
      401, verdict == .missing ? "A bearer token is asked for in Authorization." : "The bearer token is not valid.")
    answer.challenge = verdict == .missing ? "Bearer" : #"Bearer error="invalid_token""#
    // What may follow is not read for somebody unknown.
    answer.closes = true
    return answer
  }

  private func answer(
    _ route: Route, _ request: Request, _ body: ByteBuffer, requestID: String?
  ) async -> Answer {
    switch route.endpoint {
    case .reload: return await information.reload(Data(body.readableBytesView))
    case .logs: return await logs.logs(Self.parameters(of: request))
    case .predictBatch: return await predictions.predictBatch(body, header: requestID, on: lanes)
    case .none: return Self.nothing(at: request)
    default:
      let call = PromptRequest(
        route: route, requestID: requestID, accept: request.headers[.accept],
        jsonLength: Self.jsonLength.flatMap { request.headers[$0] })
      return lanes.borrowing { answer(call, body, on: $0) } ?? Self.nothing(at: request)
    }
  }

  private static func nothing(at request: Request) -> Answer {
    .error(404, "There is nothing at \(request.uri.path.prefix(256)); /openapi.json lists what there is.")
  }

  /// What may be done with a path; nil where the request does not ask for that.
  private func options(_ request: Request, _ endpoint: Endpoint) -> Response? {
    guard request.method == .options else { return nil }
    var fields = HTTPFields()
    if crossOrigin.isPreflight(request.head) {
      crossOrigin.allow(request.head, in: &fields)
    } else if request.head.path == "*" {
      fields[.allow] = "GET, HEAD, POST, OPTIONS"
    } else if endpoint == .none {
      return nil
    } else {
      fields[.allow] = endpoint.allow
      crossOrigin.allow(request.head, in: &fields)
    }
    return Response(status: .noContent, headers: fields)
  }

  private static func parameters(of request: Request) -> [String: String] {
    var parameters: [String: String] = [:]
    for (name, value) in request.uri.queryParameters { parameters[String(name)] = String(value) }
    return parameters
  }

  private func response(_ answer: Answer, to request: Request, requestID: String?) -> Response {
    var fields = HTTPFields()
    // While the server drains, clients are asked to go elsewhere with their next request.
    answer.headers(requestID: requestID, closes: holder.isDraining) { header, value in
      if let name = header.name { fields[name] = value }
    }
    crossOrigin.allow(request.head, in: &fields)
    if request.method == .head {
      // The head is what GET would have.
      fields[.contentLength] = String(answer.body.readableBytes)
      return Response(status: .init(code: answer.code), headers: fields)
    }
    return Response(status: .init(code: answer.code), headers: fields, body: ResponseBody(byteBuffer: answer.body))
  }
}
