/// Whether the disk takes rows.
struct DiskWatch: Sendable, Equatable {
  /// Whether it refused the last rows.
  private(set) var isRefusing = false
  /// Since when rows have waited for the disk to take them, or to come to them. Nil: none wait, or it refused them.
  private(set) var waitingSince: Duration?

  /// Whether rows have waited longer than `patience`.
  func isStuck(at now: Duration, patience: Duration) -> Bool { waitingSince.map { now - $0 > patience } ?? false }

  mutating func recordAppend() {
    isRefusing = false
    waitingSince = nil
  }

  mutating func recordRefusal() {
    isRefusing = true
    waitingSince = nil
  }

  mutating func record(areRowsWaiting: Bool, at now: Duration) {
    waitingSince = areRowsWaiting ? waitingSince ?? now : nil
  }
}
