import CScheduling

/// How long a thread may run in one go while others wait for its core.
///
/// Linux gives the core to a thread that wakes up only when the one that runs has had its slice, and looks at that when a timer
/// ticks: with the usual slice a request waits for up to four milliseconds behind whatever computes, be it the log's writer, a
/// database or a batch. A thread that asks for short slices is let in at once (EEVDF: P. Zijlstra, 2023, Linux 6.6; own
/// slices since 6.12). It gets no larger share of the core than before, so that nobody else starves.
enum TimeSlice {
  /// A few requests' time.
  private static let short: UInt64 = 100_000

  /// Makes the calling thread's slices short. A system that has no such thing, or forbids it, serves as before.
  static func shorten() { _ = apus_set_time_slice(short) }
}
