/// What of a request, and of its answer, may be how large.
package struct RequestLimits: Sendable {
  /// Bytes of a body.
  package var body: Int
  /// Rows of a batch and items of feedback.
  package var batch: Int
  /// Bytes of an answer.
  package var answer: Int
  /// Steps of the explanations of a request: leaves × depth² of the trees, for each row. Some nanoseconds each.
  package var explanation: Int
  /// Bytes held for clients at the same time: bodies that arrive, answers that are made or wait to be read.
  package var held: Int

  package init(
    body: Int = 8 << 20, batch: Int = 10_000, answer: Int = 64 << 20, explanation: Int = 1_000_000_000,
    held: Int = 256 << 20
  ) {
    self.body = body
    self.batch = batch
    self.answer = min(answer, held)
    self.explanation = explanation
    self.held = held
  }
}
