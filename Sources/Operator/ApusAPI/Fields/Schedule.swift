import Foundation
package import KubernetesModel

/// A cron expression of five fields and the IANA time zone it is meant in.
package struct Schedule: Codable, Sendable, Hashable {
  package var cron: String
  package var timeZone: String

  /// Where none is stated.
  package static let usualZone = "Etc/UTC"

  package init(cron: String, timeZone: String = Schedule.usualZone) {
    self.cron = cron
    self.timeZone = timeZone
  }
}

extension Schedule {
  /// The schema with a default of its own for each place.
  static func schema(cron: String) -> Schema {
    Schema.object(
      "A cron expression and the time zone it is meant in.",
      [
        .optional(
          "cron",
          .string(
            "Minute, hour, day of month, month, day of week; or @hourly, @daily, @weekly, @monthly, @yearly.",
            minimum: 6,
            maximum: 256, default: cron)),
        .optional("timeZone", .string("IANA name of the time zone.", minimum: 1, maximum: 64, default: usualZone)),
      ]
    ).with(default: [:])
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

extension Schedule {
  func problems(at path: String) -> [Problem] {
    do {
      _ = try compiled()
      return []
    } catch {
      let isZone = (try? CronExpression(cron)) != nil
      return [Problem("\(path).\(isZone ? "timeZone" : "cron")", error.reason, mend: error.mend)]
    }
  }
}
