import Foundation

/// How many threads this container may keep busy. XGBoost would start one for each of the node's processors and slow
/// itself down where a limit allows fewer.
package enum CPUQuota {
  /// The limit of the control group (version 2), rounded up, at most the machine's processors.
  package static func threads(
    file: String = "/sys/fs/cgroup/cpu.max", processors: Int = ProcessInfo.processInfo.activeProcessorCount
  ) -> Int {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8), let limit = parse(text) else {
      return processors
    }
    return max(1, min(processors, limit))
  }

  /// `150000 100000` (microseconds of each period) is 2; nil where there is no limit.
  static func parse(_ text: String) -> Int? {
    let parts = text.split(whereSeparator: \.isWhitespace).map(String.init)
    guard parts.count == 2, let quota = Double(parts[0]), let period = Double(parts[1]), quota > 0, period > 0 else {
      return nil
    }
    return Int(exactly: (quota / period).rounded(.up))
  }
}
