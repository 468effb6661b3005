/// A condition did not hold before its deadline.
package struct DeadlineExceeded: Error, CustomStringConvertible {
  package var description: String

  package init(description: String) { self.description = description }
}

/// Returns the first value that `condition` gives, asking again every `interval`; throws when `deadline` has passed.
/// The deadline is far beyond what anything takes, also on a busy machine: it only ends what will never be.
/// This is the one place in the tests that pauses: never to let time pass, only between two looks.
package func eventually<Value>(
  _ what: String, within deadline: Duration = .seconds(90), every interval: Duration = .milliseconds(20),
  isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Value?
) async throws -> Value {
  let clock = ContinuousClock()
  let end = clock.now.advanced(by: deadline)
  while true {
    if let value = try await condition() { return value }
    guard clock.now < end else { throw DeadlineExceeded(description: "\(what): not within \(deadline)") }
    try await Task.sleep(for: interval)
  }
}
