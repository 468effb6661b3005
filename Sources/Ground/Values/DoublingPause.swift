/// A pause that doubles with each failure in a row, up to a longest one. Who counts the failures, when they are forgotten and
/// whether chance shortens the pause is the caller's policy.
package struct DoublingPause: Sendable, Equatable {
  /// After the first failure.
  package var first: Duration
  package var longest: Duration

  package init(first: Duration, longest: Duration) {
    self.first = first
    self.longest = longest
  }

  /// - Parameter count: Failures before this one; below 0 counts as 0.
  package func after(failures count: Int) -> Duration {
    var (pause, left) = (first, count)
    // A loop, as a shift runs over for a count that an outage of days reaches. It ends where the pause no longer grows.
    while left > 0, pause > .zero, pause < longest {
      pause *= 2
      left -= 1
    }
    return min(pause, longest)
  }
}
