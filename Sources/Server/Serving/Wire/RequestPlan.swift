/// What is to become of a request, decided by its head alone: before any of its body is read, it is known whether the body is
/// wanted and how large it may be.
struct RequestPlan: Sendable {
  enum Step: Sendable {
    /// The head is enough to answer; what follows it is dropped.
    case answer(Answer)
    /// The endpoint is asked without a body; what follows the head is dropped.
    case ask
    /// The endpoint is asked with the body.
    case read(ContentCoding)
  }

  let call: Call
  let step: Step
  /// The answer is sent without its body.
  let isHead: Bool
  /// Whether the client waits to be told to send its body.
  let expectsContinue: Bool
  /// Whether the connection ends with this request.
  let closes: Bool
  /// Whether the client believes that it does unless it is told otherwise, as HTTP/1.0 has it.
  let expectsClose: Bool
  /// What web pages need to see.
  let crossOrigin: [(name: String, value: String)]
}
