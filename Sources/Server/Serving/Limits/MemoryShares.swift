package import Foundation

/// How the memory of the server's container is shared out among what clients can make it keep; the rest is for models and for
/// the process itself.
package struct MemoryShares: Sendable, Equatable {
  /// Bytes held for clients (`RequestLimits.held`).
  package let held: Int
  /// Bytes held for those who use the admin port.
  package let admin: Int
  /// Bytes of predictions and labels that wait to be stored.
  package let log: Int

  /// - Parameter limit: Bytes that the container may use; nil: as many as there are.
  package init(limit: Int?) {
    log = limit.map { min(max($0 / 5, 8 << 20), Self.mostLog) } ?? Self.mostLog
    let limit = limit ?? Self.plenty
    held = min(max(limit / 8 * 3, 24 << 20), 512 << 20)
    admin = min(max(limit / 8, 16 << 20), 128 << 20)
  }

  private static let mostLog = 256 << 20

  private static let plenty = 1 << 30

  /// The limit that the kernel holds this process to (cgroup v2, v1); nil: none.
  package static func containerLimit(root: URL = URL(filePath: "/sys/fs/cgroup")) -> Int? {
    for name in ["memory.max", "memory/memory.limit_in_bytes"] {
      guard let text = try? String(contentsOf: root.appending(path: name), encoding: .utf8) else { continue }
      // Version 1 writes a number near 2^63 where there is none.
      return Int(text.trimmingCharacters(in: .whitespacesAndNewlines)).flatMap { $0 > 0 && $0 < 1 << 50 ? $0 : nil }
    }
    return nil
  }
}
