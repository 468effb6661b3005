import CMalloc

/// How the process deals with memory. glibc's own choices suit programs that run for seconds: an arena for each thread, and
/// thresholds that grow with what is freed, so that the buffers of one long list stay with the process for ever.
enum Allocator {
  /// Before anything else. Measured with 130,000 objects: 35 MB less after the first list, at no cost in time.
  static func economise() {
    mallopt(M_ARENA_MAX, 2)
    // Setting them at all ends their growth.
    mallopt(M_MMAP_THRESHOLD, 128 << 10)
    mallopt(M_TRIM_THRESHOLD, 128 << 10)
  }

  /// Gives back to the system what lists have left behind: whenever `lists` has grown, looked at every two seconds.
  static func giveBack(after lists: @escaping @Sendable () -> Int) {
    Task.detached(priority: .background) {
      var seen = 0
      while !Task.isCancelled {
        try await Task.sleep(for: .seconds(2))
        let now = lists()
        guard now != seen else { continue }
        seen = now
        malloc_trim(0)
      }
    }
  }
}
