import CProcess
import Foundation

/// How the process deals with memory. With glibc's own choices the buffers of one large request stay with the process: thresholds
/// grow with what is freed, and each thread keeps an arena.
enum Allocator {
  /// Before anything else.
  static func economise() {
    // One for each event loop, and not eight for each core of the machine.
    mallopt(M_ARENA_MAX, CInt(max(4, ProcessInfo.processInfo.activeProcessorCount)))
    // Setting them at all ends their growth. What is larger is the system's again as soon as it is freed; what requests of the
    // usual size need stays.
    mallopt(M_MMAP_THRESHOLD, 512 << 10)
    mallopt(M_TRIM_THRESHOLD, 4 << 20)
    giveBack()
  }

  /// Gives back what lies free between blocks in use, each time that it has grown by so much.
  private static func giveBack() {
    Task.detached(priority: .background) {
      var last = 0
      while !Task.isCancelled {
        try await Task.sleep(for: .seconds(10))
        let free = Int(mallinfo2().fordblks)
        if free > last + growth { malloc_trim(0) }
        last = free
      }
    }
  }

  private static let growth = 16 << 20
}
