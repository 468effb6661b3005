import ApusAPI
import KubernetesModel

/// What a part of a decision does besides the status that it returns.
struct Effects: Sendable, Equatable {
  var apply: [DesiredObject] = []
  /// Jobs that must not try again.
  var stop: [Removal] = []
  var remove: [Removal] = []
  /// Each once.
  private(set) var announcements: [Announcement] = []
  /// Seconds; nil: only a change calls for another look.
  private(set) var requeueAfter: Double?

  mutating func announce(_ kind: Announcement.Kind, _ reason: Reason, _ message: String, regarding job: String? = nil) {
    announce(kind, reason.rawValue, message, regarding: job)
  }

  mutating func announce(_ kind: Announcement.Kind, _ reason: String, _ message: String, regarding job: String? = nil) {
    announce(Announcement(kind, reason, message, regarding: job))
  }

  private mutating func announce(_ announcement: Announcement) {
    if !announcements.contains(announcement) { announcements.append(announcement) }
  }

  /// Another look in this many seconds at the latest.
  mutating func lookAgain(in seconds: Double) { requeueAfter = min(requeueAfter ?? .infinity, max(seconds, 1)) }

  /// `other` comes after this.
  mutating func add(_ other: Effects) {
    apply += other.apply
    stop += other.stop
    remove += other.remove
    other.announcements.forEach { announce($0) }
    if let seconds = other.requeueAfter { lookAgain(in: seconds) }
  }
}

/// One step of a decision.
protocol DecisionPass: Sendable {
  var effects: Effects { get set }
}

extension DecisionPass {
  mutating func announce(_ kind: Announcement.Kind, _ reason: Reason, _ message: String, regarding job: String? = nil) {
    effects.announce(kind, reason, message, regarding: job)
  }

  mutating func announce(_ kind: Announcement.Kind, _ reason: String, _ message: String, regarding job: String? = nil) {
    effects.announce(kind, reason, message, regarding: job)
  }

  /// Another look in this many seconds at the latest.
  mutating func lookAgain(in seconds: Double) { effects.lookAgain(in: seconds) }
}
