import Engine
import NIOCore
import NIOHTTP1

/// One connection's requests, in their order: each becomes a plan when its head has come, and an answer on the event loop or
/// in a task, which costs more than a prediction. Ends connections that are slow, silent or no HTTP.
///
/// What comes while a task is at work, or while the client does not take its answers, waits here; nothing more is read
/// meanwhile. What is no HTTP is told so when the requests before it are answered.
final class RequestHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = Never
  typealias OutboundIn = HTTPServerResponsePart
  typealias OutboundOut = HTTPServerResponsePart

  private let responder: Responder
  private let lane: ServingLane
  private let watch: ConnectionWatch
  /// Nil: places are not counted.
  private let place: ConnectionRegister.Place?
  /// Bytes that may lie in memory for a client that does not read: here and in the kernel.
  private let blockedBytes: Int
  private var heads = AnswerHeadWriter()
  /// Of the request that is being read; nil: the next part is a head. The body is a variable of its own, as it would be copied
  /// out of one that holds both and back.
  private var plan: RequestPlan?
  private var body: ByteBuffer?
  /// The body's part of the bytes that are held for clients; nil: it is small.
  private var bodyHold: Budget.Hold?
  /// The same in the part of them that bodies have which have not come to their end.
  private var arrivingHold: Budget.Hold?
  /// The task that is at work, where nobody but the client has anything of it.
  private var work: Task<Void, Never>?
  /// Answers on their way that have a part of their own in the bytes that are held for clients.
  private var heldAnswers = 0
  /// That of small answers which the client does not take.
  private var blockedHold: Budget.Hold?
  /// The request was answered before its end, which is still to come.
  private var isDropping = false
  /// A task is at work on the request that was read last.
  private var isBusy = false
  private var waiting = CircularBuffer<HTTPServerRequestPart>(initialCapacity: 1)
  /// Requests begun since other connections of the event loop had their turn.
  private var inTurn = 0
  /// Other connections have their turn.
  private var isYielding = false
  private var isReadHeld = false
  /// Bytes of answers that were written and not flushed, about.
  private var unflushed = 0
  /// The last answer was given: the connection ends when its request has come to its end.
  private var isLastAnswered = false
  /// The connection ends when no answer is due any more.
  private var endsWhenAnswered = false
  /// What comes is not looked at.
  private var hasEnded = false
  /// All answers are on their way.
  private var isFlushed = false
  /// Why nothing can be read behind the requests that have come.
  private var fault: ReadingFault?
  private var nextLook: Scheduled<Void>?

  /// Flushed at the latest with so many bytes: TLS counts an answer as one that the client has to take only when it is flushed.
  private static let mostUnflushed = 64 << 10
  /// What a head takes, about.
  private static let headBytes = 256
  /// A client that sends requests without waiting for answers has so many answered in a row: a few milliseconds' work.
  private static let mostInTurn = 8
  /// Parts for which there may be room in `waiting` while nothing waits.
  private static let mostKept = 64

  /// - Parameter kernelBytes: What the kernel keeps for the connection at most.
  init(
    responder: Responder, watch: ConnectionWatch, place: ConnectionRegister.Place? = nil, eventLoop: any EventLoop,
    kernelBytes: Int = 0
  ) {
    blockedBytes = Self.mostUnflushed + kernelBytes
    self.responder = responder
    self.watch = watch
    self.place = place
    lane = responder.endpoints.lanes.lane(of: eventLoop)
  }

  // MARK: Requests

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !hasEnded else { return }
    let part = unwrapInboundIn(data)
    switch part {
    case .head:
      watch.timeouts.headArrived(at: .now())
      place?.becomesBusy()
    case .body: break
    case .end: watch.timeouts.requestArrived(at: .now())
    }
    if waiting.isEmpty, !hasToWait(part, context) { take(part, context) } else { waiting.append(part) }
    if unflushed >= Self.mostUnflushed { flush(context) }
  }

  private func hasToWait(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) -> Bool {
    if isBusy || isYielding { return true }
    guard case .head = part else { return false }
    if inTurn >= Self.mostInTurn { yield(context) }
    return isYielding || !context.channel.isWritable
  }

  private func yield(_ context: ChannelHandlerContext) {
    isYielding = true
    let connection = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
    context.eventLoop.execute {
      let handler = connection.value.handler
      (handler.isYielding, handler.inTurn) = (false, 0)
      if !handler.hasEnded { handler.resume(connection.value.context) }
    }
  }

  private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
    switch part {
    case .head(let head): begin(responder.plan(head, share: lane.share), context)
    case .body(let piece): if !isDropping { collect(piece, context) }
    case .end: end(context)
    }
  }

  private func begin(_ plan: RequestPlan, _ context: ChannelHandlerContext) {
    self.plan = plan
    inTurn += 1
    guard case .read = plan.step else {
      isDropping = true
      return answer(plan, ByteBuffer(), context)
    }
    isDropping = false
    // Only the request that is to be answered next can be asked to go on.
    guard plan.expectsContinue, watch.timeouts.due == 1 else { return }
    context.writeAndFlush(wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
  }

  private func collect(_ piece: ByteBuffer, _ context: ChannelHandlerContext) {
    if body?.writeImmutableBuffer(piece) == nil { body = piece }
    let count = body?.readableBytes ?? 0
    guard let plan else { return }
    let isTooLarge = count > responder.limits.body
    let isCrowded = !isTooLarge && count > Budget.free && !holdBody(count)
    guard isTooLarge || isCrowded else { return }
    body = nil
    (bodyHold, arrivingHold) = (nil, nil)
    isDropping = true
    write(responder.refusal(of: plan, isCrowded: isCrowded, share: lane.share), to: plan, context)
  }

  private func holdBody(_ count: Int) -> Bool {
    if let bodyHold, let arrivingHold { return arrivingHold.change(to: count) && bodyHold.change(to: count) }
    arrivingHold = responder.admission.arriving.take(count)
    bodyHold = arrivingHold == nil ? nil : responder.budget.take(count)
    return bodyHold != nil
  }

  private func end(_ context: ChannelHandlerContext) {
    let (plan, body) = (plan, body)
    self.plan = nil
    self.body = nil
    arrivingHold = nil
    defer { bodyHold = nil }
    if isDropping {
      isDropping = false
    } else if let plan {
      answer(plan, body ?? ByteBuffer(), context)
    }
    endIfDone(context)
  }

  // MARK: Answers

  private func answer(_ plan: RequestPlan, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
    if let answer = responder.answer(plan, body, on: lane) { return write(answer, to: plan, context) }
    isBusy = true
    let connection = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
    let (responder, loop, hold) = (responder, context.eventLoop, bodyHold)
    let task = Task(executorPreference: responder.threads) {
      let answer = await responder.answer(plan, body)
      withExtendedLifetime(hold) {}
      loop.execute { connection.value.handler.finish(answer, plan, connection.value.context) }
    }
    if case .computesOrShares = plan.call.route.handler { work = task }
  }

  private func finish(_ answer: Answer, _ plan: RequestPlan, _ context: ChannelHandlerContext) {
    isBusy = false
    work = nil
    guard !hasEnded else { return }
    write(answer, to: plan, context)
    resume(context)
  }

  /// Goes on with what has waited.
  private func resume(_ context: ChannelHandlerContext) {
    while !hasEnded, let part = waiting.first, !hasToWait(part, context) {
      waiting.removeFirst()
      take(part, context)
      if unflushed >= Self.mostUnflushed { flush(context) }
    }
    flush(context)
    endIfDone(context)
    guard waiting.isEmpty else { return }
    // What a flood of requests has left behind.
    if waiting.capacity > Self.mostKept { waiting.removeAll() }
    guard isReadHeld else { return }
    isReadHeld = false
    watch.timeouts.readsAgain(at: .now())
    context.read()
  }

  private func write(_ answer: Answer, to plan: RequestPlan, _ context: ChannelHandlerContext) {
    let head = heads.head(of: answer, to: plan, closes: responder.holder.isDraining)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if !plan.isHead, answer.body.readableBytes > 0 {
      context.write(wrapOutboundOut(.body(.byteBuffer(answer.body))), promise: promise(for: answer, context))
    }
    let now = NIODeadline.now()
    watch.timeouts.answered(at: now)
    if watch.timeouts.due == 0 { place?.becomesIdle(at: now) }
    if endsWhenAnswered, watch.timeouts.due == 0 { return end(afterWritesOn: context) }
    context.write(wrapOutboundOut(.end(nil)), promise: nil)
    if plan.closes || answer.closes { isLastAnswered = true }
    unflushed += answer.body.readableBytes + Self.headBytes
  }

  /// Keeps the answer's part of the bytes that are held for clients until all of it is on its way.
  private func promise(for answer: Answer, _ context: ChannelHandlerContext) -> EventLoopPromise<Void>? {
    guard let hold = answer.hold else { return nil }
    heldAnswers += 1
    let promise = context.eventLoop.makePromise(of: Void.self)
    let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
    promise.futureResult.whenComplete { _ in
      handler.value.heldAnswers -= 1
      withExtendedLifetime(hold) {}
    }
    return promise
  }

  /// Ends the last answer, and the connection when all of it is on its way: its other side too where the client or the server
  /// has no more to say. Otherwise the client closes that side: with its bytes unread, the kernel would discard the answer.
  private func end(afterWritesOn context: ChannelHandlerContext) {
    hasEnded = true
    waiting.removeAll()
    watch.timeouts.ended(at: .now())
    place?.becomesIdle(at: .now())
    let connection = NIOLoopBound((handler: self, context: context), eventLoop: context.eventLoop)
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
      connection.value.handler.isFlushed = true
      connection.value.context.close(
        mode: connection.value.handler.endsWhenAnswered ? .all : .output, promise: nil)
    }
  }

  private func flush(_ context: ChannelHandlerContext) {
    guard unflushed > 0 else { return }
    unflushed = 0
    context.flush()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if !isYielding { inTurn = 0 }
    flush(context)
    context.fireChannelReadComplete()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    let isWritable = context.channel.isWritable
    watch.timeouts.blocks(!isWritable, at: .now())
    if isWritable {
      blockedHold = nil
      resume(context)
    } else if heldAnswers == 0, blockedHold == nil {
      blockedHold = responder.budget.take(blockedBytes)
      // Nobody knows whether it will ever read, and others have all the room there is.
      if blockedHold == nil { return context.close(promise: nil) }
    }
    context.fireChannelWritabilityChanged()
  }

  func read(context: ChannelHandlerContext) {
    if waiting.isEmpty { context.read() } else { isReadHeld = true }
  }

  // MARK: The end

  /// Ends the connection once the last answer was given and its request has come to its end, or cannot.
  private func endIfDone(_ context: ChannelHandlerContext) {
    guard !hasEnded, !isBusy else { return }
    let fault = waiting.isEmpty ? fault : nil
    if isLastAnswered {
      if plan == nil || fault != nil { end(afterWritesOn: context) }
      return
    }
    switch fault {
    case .refused(let code, let message): refuse(code, message, context)
    case .cut:
      endsWhenAnswered = true
      end(afterWritesOn: context)
    case nil: break
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case is ChannelShouldQuiesceEvent:
      watch.timeouts.shutsDown(at: .now())
      closeWhenAnswered(context)
    case ChannelEvent.inputClosed: closeWhenAnswered(context)
    case is ConnectionRegister.GiveUp: giveUp(context)
    default: break
    }
    context.fireUserInboundEventTriggered(event)
  }

  /// The server closes its listeners, or the client has said its last word.
  private func closeWhenAnswered(_ context: ChannelHandlerContext) {
    endsWhenAnswered = true
    if hasEnded {
      // Before that, what is on its way comes first.
      if isFlushed { context.close(promise: nil) }
    } else if watch.timeouts.due == 0 {
      end(afterWritesOn: context)
    }
  }

  /// Somebody else needs the place of a connection without a request. What is still to be sent is sent first.
  private func giveUp(_ context: ChannelHandlerContext) {
    guard watch.timeouts.due == 0 else { return }
    let unsent = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
    if unflushed == 0, unsent == 0 { context.close(promise: nil) } else { closeWhenAnswered(context) }
  }

  func handlerAdded(context: ChannelHandlerContext) { look(after: watch.limits.interval, context) }

  func handlerRemoved(context: ChannelHandlerContext) { forget() }

  func channelInactive(context: ChannelHandlerContext) {
    forget()
    context.fireChannelInactive()
  }

  private func forget() {
    nextLook?.cancel()
    work?.cancel()
    work = nil
    (bodyHold, arrivingHold) = (nil, nil)
    blockedHold = nil
    hasEnded = true
    plan = nil
    body = nil
    waiting.removeAll()
  }

  /// Looks at the connection at intervals, so that a request costs no timer of its own.
  private func look(after interval: TimeAmount, _ context: ChannelHandlerContext) {
    nextLook = context.eventLoop.assumeIsolated().scheduleTask(in: interval) {
      self.look(after: interval, context)
      switch self.watch.timeouts.verdict(at: .now()) {
      case .patient: break
      // What waits here is not read on meanwhile, which is not the client's fault.
      case .slow where self.isBusy || !self.waiting.isEmpty: break
      case .slow:
        self.endsWhenAnswered = true
        self.refuse(408, self.watch.limits.slowMessage, context)
      case .expired: context.close(promise: nil)
      }
    }
  }

  /// What cannot be read as HTTP is told so, behind the answers to the requests before it.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let fault = ReadingFault(error) {
      self.fault = self.fault ?? fault
      endIfDone(context)
    } else if !ReadingFault.isRepeated(error) {
      context.close(promise: nil)
    }
  }

  /// The last answer on the connection. A request that was answered by its head gets no second one: the connection only ends,
  /// behind the answers that are still to be flushed.
  private func refuse(_ code: Int, _ message: String, _ context: ChannelHandlerContext) {
    guard watch.timeouts.canRefuse else { return end(afterWritesOn: context) }
    responder.metrics.refusedConnection(code: code)
    let answer = Answer.error(code, message)
    context.write(wrapOutboundOut(.head(heads.head(of: answer, to: nil, closes: true))), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(answer.body))), promise: nil)
    end(afterWritesOn: context)
  }
}
