import Foundation
import Testing
import Values

@Suite("Cron schedules")
struct CronTests {
  private static func schedule(_ cron: String, _ zone: String = "Etc/UTC") throws -> CronSchedule {
    CronSchedule(try CronExpression(cron), in: try #require(TimeZone(identifier: zone)))
  }

  private static func time(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

  @Test(
    "are due next at",
    arguments: [
      ("0 2 * * 0", "Etc/UTC", "2026-11-21T23:00:00Z", "2026-11-22T02:00:00Z"),
      ("0 2 * * SUN", "Etc/UTC", "2026-11-22T02:00:00Z", "2026-11-29T02:00:00Z"),
      ("0 */6 * * *", "Etc/UTC", "2026-11-21T23:59:59Z", "2026-11-22T00:00:00Z"),
      ("*/15 9-17 * * mon-fri", "Etc/UTC", "2026-11-20T17:45:00Z", "2026-11-23T09:00:00Z"),
      ("@daily", "America/New_York", "2026-11-21T23:00:00Z", "2026-11-22T05:00:00Z"),
      ("@monthly", "Etc/UTC", "2026-11-21T23:00:00Z", "2026-12-01T00:00:00Z"),
      ("5/20 * * * *", "Etc/UTC", "2026-11-21T23:26:00Z", "2026-11-21T23:45:00Z"),
      ("0 0 29 2 *", "Etc/UTC", "2026-11-21T23:00:00Z", "2028-02-29T00:00:00Z"),
      ("0 0 13 * 5", "Etc/UTC", "2026-11-21T00:00:00Z", "2026-11-27T00:00:00Z"),
      ("0 0 ? * 7", "Etc/UTC", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"),
      ("30 8 * * *", "Asia/Kolkata", "2026-11-21T00:00:00Z", "2026-11-21T03:00:00Z"),
      ("0 12 * * FRI-SUN", "Etc/UTC", "2026-11-21T13:00:00Z", "2026-11-22T12:00:00Z"),
      // The clock of Berlin jumps from 02:00 to 03:00 on 2026-03-29, at 01:00 UTC.
      ("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z"),
      ("30 2 * * *", "Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"),
      ("30 * * * *", "Europe/Berlin", "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"),
      // It goes back from 03:00 to 02:00 on 2026-10-25, at 01:00 UTC: 02:30 comes twice.
      ("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z"),
      ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
      ("30 * * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
    ])
  func next(cron: String, zone: String, after: String, expected: String) throws {
    #expect(try Self.schedule(cron, zone).next(after: Self.time(after)) == Self.time(expected))
  }

  @Test(
    "were due last at",
    arguments: [
      ("0 2 * * 0", "Etc/UTC", "2026-11-21T23:00:00Z", "2026-11-15T02:00:00Z"),
      ("0 2 * * 0", "Etc/UTC", "2026-11-22T02:00:00Z", "2026-11-22T02:00:00Z"),
      ("30 2 * * *", "Europe/Berlin", "2026-10-25T01:45:00Z", "2026-10-25T00:30:00Z"),
      ("0 0 29 2 *", "Etc/UTC", "2026-11-21T23:00:00Z", "2024-02-29T00:00:00Z"),
    ])
  func previous(cron: String, zone: String, notAfter: String, expected: String) throws {
    #expect(try Self.schedule(cron, zone).previous(notAfter: Self.time(notAfter)) == Self.time(expected))
  }

  @Test("next and previous agree, hour by hour through a year with both changes of the clock")
  func inverse() throws {
    for cron in ["30 2 * * *", "*/20 */3 * * *", "15 1,2,3 * * 0"] {
      let schedule = try Self.schedule(cron, "Europe/Berlin")
      var moment = try Self.time("2026-01-01T00:00:00Z")
      let end = try Self.time("2026-12-31T00:00:00Z")
      while moment < end {
        let due = try #require(schedule.next(after: moment))
        #expect(due > moment)
        #expect(schedule.previous(notAfter: due) == due)
        moment = due.advanced(bySeconds: 3600 * 5)
      }
    }
  }

  @Test(
    "are refused with what is wrong",
    arguments: [
      ("0 2 * *", "has 4 fields, not 5"),
      ("60 * * * *", "60 in the field minute is out of bounds; write a value from 0 to 59"),
      ("* 24 * * *", "field hour"),
      ("* * 0 * *", "field day of month"),
      ("* * * 13 *", "field month"),
      ("* * * * 8", "field day of week"),
      ("*/0 * * * *", "write a step of 1 or more"),
      ("5-1 * * * *", "runs over the end of the field; write 5-59,0-1, or 1-5 if that is meant"),
      ("0 22-6 * * *", "write 22-23,0-6"),
      ("0 2 * * FRI-MON", "write 5-6,0-1"),
      ("0 2 1 NOV-FEB *", "write 11-12,1-2"),
      ("0 2 * * 1#2", "'1#2' in the field day of week cannot be read"),
      ("0 2 L * *", "cannot be read"),
      ("0 0 2 * * ?", "has 6 fields, not 5"),
      ("@reboot", "is not known"),
      ("a * * * *", "'a' in the field minute cannot be read"),
      ("1,,2 * * * *", "cannot be read"),
      ("0 0 30 2 *", "names days that no month of it has"),
      ("@never", "'@never' is not known"),
      ("TZ=Etc/UTC 0 0 * * *", "write it in timeZone"),
      ("", "has 0 fields"),
      ("99999999999999999999 * * * *", "cannot be read"),
      ("+5 * * * *", "cannot be read"),
    ])
  func refused(cron: String, expected: String) {
    #expect {
      _ = try CronExpression(cron)
    } throws: { error in
      "\(error)".contains(expected)
    }
  }
}
