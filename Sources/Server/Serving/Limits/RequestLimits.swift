/// What of a request, and of its answer, may be how large.
package struct RequestLimits: Sendable {
  /// Bytes of a body: at most half of `held`, so that one which has come can be answered.
  package var body: Int
  /// Rows of a batch and items of feedback.
  package var batch: Int
  /// Bytes of an answer.
  package var answer: Int
  /// Steps of the explanations of a request: leaves × depth² of the trees, for each row. Some nanoseconds each.
  package var explanation: Int
  /// Bytes held for clients at the same time: bodies that arrive, answers that are made or wait to be read.
  package var held: Int

  /// The largest limits: places in a body are counted in 32 bits, and rows times bytes in 64.
  package static let (mostBody, mostBatch) = (1 << 30, 1 << 24)

  package init(
    body: Int = 8 << 20, batch: Int = 10_000, answer: Int = 64 << 20, explanation: Int = 10_000_000_000,
    held: Int = 256 << 20
  ) {
    self.body = min(body, held / 2, Self.mostBody)
    self.batch = min(batch, Self.mostBatch)
    self.answer = min(answer, held)
    self.explanation = explanation
    self.held = held
  }

  /// The same where so many bytes are held.
  func holding(_ held: Int) -> RequestLimits {
    RequestLimits(body: body, batch: batch, answer: answer, explanation: explanation, held: held)
  }
}
