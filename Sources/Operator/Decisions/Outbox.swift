import ApusAPI
package import KubernetesModel

extension [PendingEvent] {
  /// Adds what was announced at this moment, in its order. What is pending already is decided anew, after an attempt that
  /// did not come to its end: it is told once.
  package mutating func add(_ announcements: [Announcement], at moment: Timestamp) {
    var time = moment
    for announcement in announcements where !contains(where: { $0.tells(announcement) }) {
      if let last, last.at.time >= time { time = last.at.time.advanced(bySeconds: 1e-6) }
      append(
        PendingEvent(
          type: announcement.kind == .warning ? .warning : .normal, reason: announcement.reason,
          message: announcement.message, at: MicroTime(time), regarding: announcement.regarding))
    }
    if count > PendingEvent.limit { removeFirst(count - PendingEvent.limit) }
  }

  /// Takes back announcements of what was not done.
  mutating func withdraw(_ announcements: [Announcement]) {
    removeAll { pending in announcements.contains { pending.tells($0) } }
  }
}

extension PendingEvent {
  /// Whether it tells the same, in whatever words where both are about one Job.
  fileprivate func tells(_ announcement: Announcement) -> Bool {
    guard type == (announcement.kind == .warning ? .warning : .normal), reason == announcement.reason else {
      return false
    }
    return regarding.map { $0 == announcement.regarding } ?? (message == announcement.message)
  }

  /// Whether it is about this Job. Release 0.1.0 wrote no `regarding`: of its entries the head of the message is read, here and
  /// nowhere else, until release 0.3.0. By then none of them can still be pending.
  func concerns(_ job: String) -> Bool { regarding.map { $0 == job } ?? message.hasPrefix("\(job): ") }
}
