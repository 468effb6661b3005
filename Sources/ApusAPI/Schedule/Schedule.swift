/// A cron expression of five fields and the IANA time zone it is meant in.
package struct Schedule: Codable, Sendable, Equatable {
  package var cron: String
  package var timeZone: String

  package init(cron: String, timeZone: String = "Etc/UTC") {
    self.cron = cron
    self.timeZone = timeZone
  }
}
