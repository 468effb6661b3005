import Engine
package import NIOCore
package import NIOHTTP1

extension ModelServer {
  /// What a listener would send back.
  package struct Reply: Sendable, Equatable {
    package var code: Int
    package var headers: HTTPHeaders
    package var body: ByteBuffer
  }

  /// Answers a request by the listeners' own code, without a socket: for whoever asks millions of them.
  package func reply(
    to head: HTTPRequestHead, _ body: ByteBuffer, by listener: Listener = .public
  ) async -> Reply {
    let responder = responder(for: listener)
    let plan = responder.plan(head, share: 0)
    let answer: Answer
    if case .read = plan.step, body.readableBytes > responder.limits.body {
      answer = responder.refusal(of: plan, share: 0)
    } else if let inline = lanes.borrowing({ responder.answer(plan, body, on: $0) }) {
      answer = inline
    } else {
      answer = await responder.answer(plan, body)
    }
    var heads = AnswerHeadWriter()
    let head = heads.head(of: answer, to: plan, closes: holder.isDraining)
    return Reply(code: answer.code, headers: head.headers, body: plan.isHead ? ByteBuffer() : answer.body)
  }
}
