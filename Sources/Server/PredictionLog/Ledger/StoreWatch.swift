import Values

/// Whether the store takes rows, by its last answer, and when it is asked again.
struct StoreWatch: Sendable {
  /// Nil: it has not answered yet.
  private var lastWasGood: Bool?
  /// Failures since it took rows. That it is there does not count: it may be there and take none.
  private var failures = 0
  private var askAgain: Duration?
  private var lastAnswer: Duration?

  private static let pause = DoublingPause(first: .milliseconds(500), longest: .seconds(30))
  /// A store that nothing was brought to for so long is asked whether it is there.
  private static let probeInterval = Duration.seconds(10)

  /// Whether it has answered, and well. Time does not change that.
  var isUp: Bool { lastWasGood == true }

  /// Whether it may be asked: it is up, or the pause after its last failure is over.
  func mayAsk(at now: Duration) -> Bool { askAgain.map { $0 <= now } ?? true }

  /// Whether it is asked if it is there, where nothing else has told for a while.
  func isProbeDue(at now: Duration) -> Bool {
    guard mayAsk(at: now) else { return false }
    return askAgain != nil || lastAnswer.map { now - $0 > Self.probeInterval } ?? true
  }

  mutating func askAtOnce() { askAgain = nil }

  /// - Parameter hasRows: Whether it took rows.
  /// - Returns: Whether that is news.
  mutating func recordAnswer(hasRows: Bool, at now: Duration) -> Bool {
    defer { lastWasGood = true }
    askAgain = nil
    lastAnswer = now
    if hasRows { failures = 0 }
    return lastWasGood != true
  }

  /// - Returns: Whether that is news.
  mutating func recordFailure(at now: Duration) -> Bool {
    defer { lastWasGood = false }
    askAgain = now + Self.pause.after(failures: failures)
    failures += 1
    lastAnswer = now
    return lastWasGood != false
  }
}
