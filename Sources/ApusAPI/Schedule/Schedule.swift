import Foundation
package import Values

/// A cron expression of five fields and the IANA time zone it is meant in.
package struct Schedule: Codable, Sendable, Equatable {
  package var cron: String
  package var timeZone: String

  package init(cron: String, timeZone: String = "Etc/UTC") {
    self.cron = cron
    self.timeZone = timeZone
  }
}

extension Schedule {
  /// The schedule, ready to be asked.
  ///
  /// Errors: `CronError` that names the expression's field or the time zone.
  package func compiled() throws(CronError) -> CronSchedule {
    let expression = try CronExpression(cron)
    guard let zone = TimeZone(identifier: timeZone) else {
      throw CronError(
        "'\(timeZone)' is not a time zone", mend: "write an IANA name such as Etc/UTC or Europe/Berlin in timeZone")
    }
    return CronSchedule(expression, in: zone)
  }
}
