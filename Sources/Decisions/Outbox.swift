package import ApusAPI
package import KubernetesModel

extension [PendingEvent] {
  /// Adds what was announced at this moment, in its order. What is pending already is decided anew, after an attempt that
  /// did not come to its end: it is told once.
  package mutating func add(_ announcements: [Announcement], at moment: Timestamp) {
    var time = moment
    for announcement in announcements where !contains(where: { $0.announcement == announcement }) {
      if let last, last.at.time >= time { time = last.at.time.advanced(bySeconds: 1e-6) }
      append(
        PendingEvent(
          type: announcement.kind == .warning ? .warning : .normal, reason: announcement.reason,
          message: announcement.message, at: MicroTime(time)))
    }
    if count > PendingEvent.limit { removeFirst(count - PendingEvent.limit) }
  }
}

extension PendingEvent {
  package var announcement: Announcement {
    Announcement(type == .warning ? .warning : .normal, reason, message)
  }
}
