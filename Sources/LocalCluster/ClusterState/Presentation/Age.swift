/// How long ago, as kubectl writes it (`duration.HumanDuration` of Kubernetes' apimachinery).
enum Age {
  static func text(since start: ClusterTime, until now: ClusterTime) -> String {
    text(seconds: Int((now.microseconds - start.microseconds) / 1_000_000))
  }

  /// nil or unreadable: `<unknown>`.
  static func text(since start: String?, until now: ClusterTime) -> String {
    start.flatMap { ClusterTime($0) }.map { text(since: $0, until: now) } ?? "<unknown>"
  }

  static func text(seconds: Int) -> String {
    func pair(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
      small == 0 ? "\(large)\(largeUnit)" : "\(large)\(largeUnit)\(small)\(smallUnit)"
    }
    let minutes = seconds / 60
    let hours = seconds / 3600
    if seconds < -1 { return "<invalid>" }
    if seconds < 0 { return "0s" }
    if seconds < 120 { return "\(seconds)s" }
    if minutes < 10 { return pair(minutes, "m", seconds % 60, "s") }
    if minutes < 180 { return "\(minutes)m" }
    if hours < 8 { return pair(hours, "h", minutes % 60, "m") }
    if hours < 48 { return "\(hours)h" }
    if hours < 192 { return pair(hours / 24, "d", hours % 24, "h") }
    if hours < 17_520 { return "\(hours / 24)d" }
    if hours < 70_080 { return pair(hours / 8760, "y", hours / 24 % 365, "d") }
    return "\(hours / 8760)y"
  }
}
