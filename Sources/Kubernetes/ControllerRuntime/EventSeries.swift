public import KubernetesModel

/// Something to tell people about an object.
public struct Announcement: Sendable, Hashable {
  public enum Severity: String, Sendable {
    case normal = "Normal"
    case warning = "Warning"
  }

  public var regarding: ObjectReference
  public var severity: Severity
  /// CamelCase, what is the matter: `TrainingStarted`.
  public var reason: String
  /// CamelCase, what was done: `Train`.
  public var action: String
  /// A sentence, at most 1024 bytes are kept.
  public var note: String

  public init(
    _ regarding: ObjectReference, _ severity: Severity = .normal, reason: String, action: String, note: String
  ) {
    self.regarding = regarding
    self.severity = severity
    self.reason = reason
    self.action = action
    self.note = note
  }
}

/// Turns announcements into Events: repetitions of one announcement become a series of one Event, and no object gets more
/// than a burst of 25 and then one in five minutes (the limits of client-go). Pure: time comes in.
///
/// The note is part of what makes two announcements the same, since the API does not let it be changed afterwards.
struct EventSeries: Sendable {
  enum Step: Sendable, Equatable {
    case create(Event)
    /// Of an Event that is there: count and time of the last occurrence.
    case `continue`(ObjectKey, Event.Series)
    case drop
  }

  private struct Known {
    var key: ObjectKey
    var count: Int
    var last: Timestamp
  }

  private struct Bucket {
    var tokens: Double
    var filled: Timestamp
  }

  private let reporter: String
  private let instance: String
  private var known: [Announcement: Known] = [:]
  private var buckets: [String: Bucket] = [:]

  /// A series that has been silent for this long is over.
  private static let window = 360.0
  private static let burst = 25.0
  private static let refillSeconds = 300.0
  private static let capacity = 4096

  init(reporter: String, instance: String) {
    self.reporter = reporter
    self.instance = instance
  }

  mutating func step(_ announcement: Announcement, at now: Timestamp) -> Step {
    var announcement = announcement
    announcement.regarding.resourceVersion = nil
    forget(before: now.advanced(bySeconds: -Self.window))
    guard hasToken(for: announcement.regarding, at: now) else { return .drop }
    if var series = known[announcement] {
      // Told again because nobody knows whether it was written: it still counts once.
      if series.last != now { series.count += 1 }
      series.last = now
      known[announcement] = series
      return .continue(series.key, Event.Series(count: series.count, lastObservedTime: MicroTime(now)))
    }
    let event = event(announcement, at: now)
    known[announcement] = Known(key: event.key, count: 1, last: now)
    return .create(event)
  }

  /// The Event could not be made, or is gone: the next one starts anew.
  mutating func abandon(_ announcement: Announcement) {
    var announcement = announcement
    announcement.regarding.resourceVersion = nil
    known[announcement] = nil
  }

  private mutating func forget(before limit: Timestamp) {
    guard known.count > 64 || known.values.contains(where: { $0.last < limit }) else { return }
    known = known.filter { $0.value.last >= limit }
    if known.count > Self.capacity { known = [:] }
    if buckets.count > Self.capacity { buckets = [:] }
  }

  private mutating func hasToken(for object: ObjectReference, at now: Timestamp) -> Bool {
    let key = object.uid ?? "\(object.kind ?? "")/\(object.namespace ?? "")/\(object.name ?? "")"
    var bucket = buckets[key] ?? Bucket(tokens: Self.burst, filled: now)
    bucket.tokens = min(Self.burst, bucket.tokens + max(0, now.seconds(since: bucket.filled)) / Self.refillSeconds)
    bucket.filled = now
    defer { buckets[key] = bucket }
    guard bucket.tokens >= 1 else { return false }
    bucket.tokens -= 1
    return true
  }

  private func event(_ announcement: Announcement, at now: Timestamp) -> Event {
    let regarding = announcement.regarding
    let name = regarding.name ?? "unknown"
    // Unique by object, content and time, so that a repeated create is found to exist already, also one by the next
    // process. The time comes first and has one length: `kubectl describe` shows events that only have an eventTime in the
    // order of their names.
    let order = Figures.hexadecimal(UInt64(max(0, now.secondsSince1970 * 1_000_000)))
    let content =
      "\(regarding.uid ?? "")/\(announcement.reason)/\(announcement.action)/\(announcement.note)/\(now.secondsSince1970)"
    var event = Event(
      metadata: ObjectMeta(
        name: "\(ObjectName.bounded(name, limit: 200)).\(order)\(StableHash.hexadecimal(content.utf8))",
        namespace: regarding.namespace ?? "default"))
    event.eventTime = MicroTime(now)
    event.type = announcement.severity.rawValue
    event.reason = String(announcement.reason.prefix(128))
    event.action = String(announcement.action.prefix(128))
    event.note = Self.cut(announcement.note, to: 1024)
    event.regarding = regarding
    event.reportingController = reporter
    event.reportingInstance = String(instance.prefix(128))
    return event
  }

  private static func cut(_ text: String, to limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var bytes = Array(text.utf8.prefix(limit - 3))
    while let last = bytes.last, last & 0xC0 == 0x80 { bytes.removeLast() }
    if let last = bytes.last, last >= 0xC0 { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self) + "…"
  }
}
