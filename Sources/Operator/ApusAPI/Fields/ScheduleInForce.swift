package import KubernetesModel

/// The schedule that an object follows, and since when. Instants before that moment do not count: neither those of a line that
/// was written only then, nor those of the time in which nothing was scheduled.
package struct ScheduleInForce: Codable, Sendable, Equatable {
  package var cron: String
  package var timeZone: String
  package var since: Timestamp

  package init(_ schedule: Schedule, since: Timestamp) {
    cron = schedule.cron
    timeZone = schedule.timeZone
    self.since = since
  }

  package func isOf(_ schedule: Schedule) -> Bool { cron == schedule.cron && timeZone == schedule.timeZone }
}

extension ScheduleInForce: SchemaDescribed {
  package static let schema = Schema.object(
    "The schedule in force; absent while nothing is scheduled.",
    [
      .required("cron", .string("As in the spec.", maximum: 1024)),
      .required("timeZone", .string("As in the spec.", maximum: 256)),
      .required("since", .timestamp("Instants before it do not count.")),
    ])
}
