internal import Foundation
internal import Glibc
import Values

/// Questions to `/proc`.
enum ProcessTable {
  /// Clock ticks since boot at which the process started; nil when there is none.
  static func startTicks(of pid: pid_t) -> UInt64? {
    // The second field is the program's name in brackets, which may itself hold spaces and brackets.
    field(22, of: pid).flatMap { UInt64($0) }
  }

  static func session(of pid: pid_t) -> pid_t? { field(6, of: pid).flatMap { pid_t($0) } }

  /// A letter as in `ps`: `Z` has ended and nobody has asked for its exit code yet. nil: there is no such process.
  static func state(of pid: pid_t) -> String? { field(3, of: pid) }

  private static func field(_ number: Int, of pid: pid_t) -> String? {
    guard let text = KernelFile.text("/proc/\(pid)/stat") else { return nil }
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    return fields.indices.contains(number - 3) ? String(fields[number - 3]) : nil
  }

  static var all: [pid_t] {
    ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
  }

  /// Ends all processes of a session, also those that made a group of their own.
  static func kill(session: pid_t) {
    for pid in all where pid != session && self.session(of: pid) == session { Glibc.kill(pid, SIGKILL) }
  }

  /// Ends every process that carries one of these container marks in its environment, also those that left the session.
  /// Returns their number.
  @discardableResult
  static func kill(marked isOurs: (String) -> Bool) -> Int {
    var count = 0
    let prefix = ContainerMark.variable + "="
    for pid in all where pid != getpid() {
      guard let bytes = KernelFile.contents("/proc/\(pid)/environ") else { continue }
      let mark = bytes.split(separator: 0).lazy.map { String(decoding: $0, as: UTF8.self) }.first {
        $0.hasPrefix(prefix)
      }
      if let mark, isOurs(String(mark.dropFirst(prefix.count))), Glibc.kill(pid, SIGKILL) == 0 { count += 1 }
    }
    return count
  }

  /// How many processes the kernel has ended for lack of memory since boot.
  static var outOfMemoryKills: Int {
    guard let text = KernelFile.text("/proc/vmstat") else { return 0 }
    return text.split(separator: "\n")
      .first { $0.hasPrefix("oom_kill ") }
      .flatMap { Int($0.dropFirst("oom_kill ".count)) } ?? 0
  }
}

/// The environment variable by which a process is known to belong to a container of one cluster.
enum ContainerMark {
  static let variable = "APUS_CONTAINER"

  static func cluster(state: String) -> String { state + ":" }

  static func value(state: String, pod: String, container: String) -> String {
    "\(cluster(state: state))\(pod)/\(container)"
  }
}

/// What is written down about a running process, so that it can be ended after this one was killed.
struct ProcessRecord: Codable, Sendable, Equatable {
  var pid: pid_t
  var startTicks: UInt64

  private static let file = "process.json"

  func write(in folder: String) {
    try? JSONEncoder().encode(self).write(to: URL(fileURLWithPath: folder + "/" + Self.file), options: .atomic)
  }

  static func remove(from folder: String) { try? FileManager.default.removeItem(atPath: folder + "/" + file) }

  static func read(from folder: String) -> ProcessRecord? {
    FileManager.default.contents(atPath: folder + "/" + file)
      .flatMap { try? JSONDecoder().decode(ProcessRecord.self, from: $0) }
  }

  /// Ends the process and its group if it still is the one that was recorded.
  func endLeftover() {
    guard ProcessTable.startTicks(of: pid) == startTicks else { return }
    kill(-pid, SIGKILL)
    ProcessTable.kill(session: pid)
  }
}
