import ApusAPI
import KubernetesModel

extension ScheduleInForce {
  /// What an object follows from now on. A line, a time zone or a resume that is new holds from now on; one that was known
  /// holds since it was, so that an operator that was away makes up for what it missed.
  ///
  /// - Parameters:
  ///   - schedule: what the spec says; nil while it is suspended or not a schedule.
  ///   - known: what the status says.
  ///   - isNew: whether no operator has seen the object yet. What an older release has seen and not noted is not new.
  static func following(
    _ schedule: Schedule?, known: ScheduleInForce?, of object: ObjectMeta, isNew: Bool, at now: Timestamp
  ) -> ScheduleInForce? {
    guard let schedule, (try? schedule.compiled()) != nil else { return nil }
    if var known, known.isOf(schedule) {
      known.since.correct(at: now)
      return known
    }
    // As it was created, so it is still: it has been meant since then.
    let isAsCreated = isNew && (object.generation ?? 1) == 1
    let since = isAsCreated ? object.creationTimestamp ?? now : now
    return ScheduleInForce(schedule, since: since.corrected(at: now))
  }

  /// The first instant that counts and that no run has taken care of; it may lie in the past.
  func firstOpen(after handled: Timestamp?) -> Timestamp? {
    Schedule(cron: cron, timeZone: timeZone).next(after: max(since, handled ?? since))
  }
}
