import Dispatch
import Engine
import NIOCore
import NIOHTTP1

/// The one way of a request: its head becomes a plan, the plan an answer, at once or in a task.
///
/// An object, so that a request takes one reference and not one to each thing it may need.
final class Responder: Sendable {
  let listener: Listener
  let endpoints: ServingEndpoints
  let holder: ServingHolder
  let metrics: ServingMetrics
  let limits: RequestLimits
  /// Bytes held for the port's clients.
  let budget: Budget
  private let gate: PortGate
  private let crossOrigin: CrossOrigin
  let admission: Admission
  /// Where the port's tasks run; nil: on Swift's own threads.
  let threads: WorkThreads?

  init(
    listener: Listener, endpoints: ServingEndpoints, holder: ServingHolder, metrics: ServingMetrics,
    admission: Admission, gate: PortGate, crossOrigin: CrossOrigin, threads: WorkThreads?
  ) {
    self.listener = listener
    self.endpoints = endpoints
    self.holder = holder
    self.metrics = metrics
    limits = admission.limits
    budget = admission.bytes
    self.admission = admission
    self.gate = gate
    self.crossOrigin = crossOrigin
    self.threads = threads
  }

  /// Bytes of an `X-Request-Id` that are taken up; a longer one is ignored.
  private static let maximumRequestID = PredictionEnvelope.maximumIdentifier
  /// Bodies up to this are answered on the event loop: some fifty rows, whose predictions take about half a millisecond.
  private static let inlineBytes = 16 << 10

  // MARK: From the head to a plan

  /// - Parameter share: That of the lane, for the counters.
  func plan(_ head: HTTPRequestHead, share: Int) -> RequestPlan {
    let target = RequestTarget(head.uri)
    let headers = RequestHeaders(head.headers)
    let route = RouteTable.route(target.path, on: listener)
    let framing = RequestFraming.refusal(of: head, headers)
    let isPreflight = framing == nil && head.method == .OPTIONS && crossOrigin.isPreflight(headers)
    var authority = Authority.granted
    let step: RequestPlan.Step =
      if let framing {
        .answer(framing)
      } else if isPreflight {
        .answer(.options(allow: nil))
      } else {
        step(head, target, route, headers, authority: &authority)
      }
    if case .answer(let answer) = step {
      metrics.answered(route.position, code: answer.code, seconds: 0, share: share)
    }
    let requestID = headers.requestID.flatMap { (1...Self.maximumRequestID).contains($0.utf8.count) ? $0 : nil }
    return RequestPlan(
      call: Call(
        route: route, target: target, listener: listener, authority: authority, requestID: requestID,
        accept: headers.accept,
        jsonLength: headers.jsonLength),
      step: step, isHead: head.method == .HEAD,
      expectsContinue: head.version == .http1_1 && headers.expectation?.lowercased() == "100-continue",
      closes: !head.isKeepAlive || headers.asksForUpgrade || head.method == .CONNECT,
      expectsClose: head.version == .http1_0, crossOrigin: crossOrigin.headers(for: headers, isPreflight: isPreflight))
  }

  private func step(
    _ head: HTTPRequestHead, _ target: RequestTarget, _ route: Route, _ headers: RequestHeaders,
    authority: inout Authority
  ) -> RequestPlan.Step {
    let method = head.method
    if method == .OPTIONS, let answer = options(target, route) { return .answer(answer) }
    if !gate.isOpen {
      let verdict = gate.verdict(
        route.isNowhere ? .clients : route.access, route.isNowhere ? nil : route.right, method: method.rawValue,
        target: head.uri, headers)
      switch verdict {
      case .refused(let answer): return .answer(answer)
      case .admitted(let known): authority = known
      }
    }
    if route.isNowhere { return .answer(Self.nothing(at: target)) }
    switch route.method {
    case .get where method == .GET || method == .HEAD: return .ask
    case .post where method == .POST: return body(headers)
    default:
      var answer = Answer.error(
        405, "\(target.path.prefix(256)) does not take \(method.rawValue.prefix(32)); it takes \(route.method.allow).")
      answer.allow = route.method.allow
      return .answer(answer)
    }
  }

  /// Whether a body of this length and coding is read.
  private func body(_ headers: RequestHeaders) -> RequestPlan.Step {
    if let length = headers.contentLength.flatMap({ Int($0) }), length > limits.body { return .answer(tooLarge()) }
    switch ContentCoding.of(headers.contentEncoding) {
    case .success(let coding): return .read(coding)
    case .failure(let unknown):
      var answer = unknown.answer
      answer.closes = true
      return .answer(answer)
    }
  }

  private func tooLarge() -> Answer {
    var answer = Answer.error(413, "The body has more than \(limits.body) bytes, this server's limit (--maximum-body).")
    answer.closes = true
    return answer
  }

  private static func nothing(at target: RequestTarget) -> Answer {
    .error(404, "There is nothing at \(target.path.prefix(256)); /openapi.json lists what there is.")
  }

  /// What may be done with a path; nil: nothing, as it leads nowhere.
  private func options(_ target: RequestTarget, _ route: Route) -> Answer? {
    if target.path == "*" { return .options(allow: "GET, HEAD, POST, OPTIONS") }
    return route.isNowhere ? nil : .options(allow: route.method.allow)
  }

  // MARK: From the plan to an answer

  /// The answer to a body that turned out to be larger than may be, or than there is room for.
  func refusal(of plan: RequestPlan, isCrowded: Bool = false, share: Int) -> Answer {
    var answer = isCrowded ? Admission.crowded : tooLarge()
    answer.closes = true
    metrics.answered(plan.call.route.position, code: answer.code, seconds: 0, share: share)
    return answer
  }

  /// Answers at once, on the lane's thread; nil where it takes a task.
  func answer(_ plan: RequestPlan, _ body: ByteBuffer, on lane: ServingLane) -> Answer? {
    switch plan.step {
    case .answer(let answer): return answer
    case .ask, .read(.identity): break
    case .read: return nil
    }
    guard body.readableBytes <= Self.inlineBytes else { return nil }
    let start = DispatchTime.now().uptimeNanoseconds
    let answer: Answer
    switch plan.call.route.handler {
    case .computes(let compute): answer = Admission.keep(compute(endpoints, plan.call, body, lane), in: budget)
    case .computesOrShares(let attempt, _):
      guard let made = attempt(endpoints, plan.call, body, lane).answer else { return nil }
      answer = Admission.keep(made, in: budget)
    case .waits: return nil
    }
    metrics.answered(
      plan.call.route.position, code: answer.code, seconds: Self.seconds(since: start), share: lane.share)
    return answer
  }

  /// Answers whatever may have to wait or takes long.
  func answer(_ plan: RequestPlan, _ body: ByteBuffer) async -> Answer {
    if case .answer(let answer) = plan.step { return answer }
    let start = DispatchTime.now().uptimeNanoseconds
    let answer = Admission.keep(await asked(plan, body), in: budget)
    metrics.answered(plan.call.route.position, code: answer.code, seconds: Self.seconds(since: start), share: 0)
    return answer
  }

  private func asked(_ plan: RequestPlan, _ body: ByteBuffer) async -> Answer {
    var plain = body
    var call = plan.call
    call.held = body.readableBytes > Budget.free ? body.readableBytes : 0
    var hold: Budget.Hold?
    defer { withExtendedLifetime(hold) {} }
    if case .read(let coding) = plan.step, coding != .identity {
      // Deflate packs up to 1,032 bytes into one. Body and text have half of all the room each at most.
      hold = budget.take(min(limits.body, body.readableBytes * 1032))
      guard hold != nil else { return Admission.crowded }
      switch coding.decode(body, limit: limits.body) {
      case .success(let decoded):
        plain = decoded
        // Fewer always fit.
        _ = hold?.change(to: decoded.readableBytes)
        call.held += decoded.readableBytes
      case .failure(let problem): return problem.answer
      }
    }
    switch plan.call.route.handler {
    case .computes(let compute):
      return endpoints.lanes.borrowing { compute(endpoints, call, plain, $0) }
    case .computesOrShares(_, let share): return await share(endpoints, call, plain)
    case .waits(let wait): return await wait(endpoints, call, plain)
    }
  }

  private static func seconds(since start: UInt64) -> Double {
    Double(DispatchTime.now().uptimeNanoseconds - start) / 1e9
  }
}
