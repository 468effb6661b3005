import Foundation
import Synchronization

/// Watches the most memory that this process has ever had.
package final class MemoryMark: Sendable {
  private let limit: Int
  private let hasSpoken = Atomic(false)
  private let asked = Atomic(0)

  /// - Parameter limit: Bytes.
  package init(limit: Int) { self.limit = limit }

  /// The most bytes that were ever resident; 0 where the kernel does not say.
  package static var peak: Int {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
    return (Int(line.filter(\.isNumber)) ?? 0) << 10
  }

  /// What is wrong, told once. Looks once in so many calls, as a look costs more than an input.
  package func problem(onceIn calls: Int) -> String? {
    guard asked.wrappingAdd(1, ordering: .relaxed).oldValue.isMultiple(of: calls) else { return nil }
    let peak = Self.peak
    guard peak > limit, !hasSpoken.exchange(true, ordering: .relaxed) else { return nil }
    return "here or up to \(calls) inputs before, the process had \(peak >> 20) MiB, more than \(limit >> 20) MiB"
  }
}
