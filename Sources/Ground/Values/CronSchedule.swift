package import FoundationEssentials

/// A cron expression in its time zone: when is it due?
///
/// Daylight saving time, as in Vixie's cron: an expression with fixed hours is due exactly once for each time of the day
/// it names. A time that the clock skips is due at the moment after the gap, a time that comes twice is due the first time.
/// An expression by interval (hour `*` or `*/n`) follows the clock: what is skipped is not due, what comes twice is due
/// twice.
package struct CronSchedule: Sendable, Equatable {
  package let expression: CronExpression
  package let zone: TimeZone

  package init(_ expression: CronExpression, in zone: TimeZone) {
    self.expression = expression
    self.zone = zone
  }

  /// The first moment later than `moment`; nil where none comes within ten years.
  package func next(after moment: Timestamp) -> Timestamp? {
    let start = moment.secondsSince1970
    let first = localDay(of: start) - 1
    for number in first...(first + Self.horizon) {
      if let due = instants(ofDay: number).filter({ $0 > start }).min() { return Timestamp(secondsSince1970: due) }
    }
    return nil
  }

  /// The last moment not later than `moment`; nil where none was within ten years.
  package func previous(notAfter moment: Timestamp) -> Timestamp? {
    let start = moment.secondsSince1970
    let last = localDay(of: start) + 1
    for number in stride(from: last, through: last - Self.horizon, by: -1) {
      if let due = instants(ofDay: number).filter({ $0 <= start }).max() { return Timestamp(secondsSince1970: due) }
    }
    return nil
  }

  /// Ten years of days: 29 February can be eight years away.
  private static let horizon = 3660
  private static let secondsPerDay = 86400.0

  private func offset(at seconds: Double) -> Double {
    Double(zone.secondsFromGMT(for: Date(timeIntervalSince1970: seconds)))
  }

  private func localDay(of seconds: Double) -> Int {
    Int(((seconds + offset(at: seconds)) / Self.secondsPerDay).rounded(.down))
  }

  /// The moments of one day of the zone at which the expression is due, in no order.
  private func instants(ofDay number: Int) -> [Double] {
    guard expression.matches(CivilDay(number: number)) else { return [] }
    let midnight = Double(number) * Self.secondsPerDay
    // No zone is more than a day away from UTC: where the offset is the same all around, every local time exists once.
    let before = offset(at: midnight - Self.secondsPerDay)
    let after = offset(at: midnight + 2 * Self.secondsPerDay)
    let isPlain =
      before == after && offset(at: midnight) == before && offset(at: midnight + Self.secondsPerDay) == before
    var found: [Double] = []
    for hour in expression.hours {
      for minute in expression.minutes {
        let local = midnight + Double(hour * 3600 + minute * 60)
        found += isPlain ? [local - before] : instants(ofLocal: local, before, after)
      }
    }
    return found
  }

  /// The moments that a wall clock of the zone calls `local`: one, two where the clock goes back, none where it jumps.
  private func instants(ofLocal local: Double, _ before: Double, _ after: Double) -> [Double] {
    let candidates = Set([local - before, local - after]).sorted()
    let real = candidates.filter { $0 + offset(at: $0) == local }
    if real.isEmpty { return expression.isByInterval ? [] : [endOfGap(around: candidates)] }
    return expression.isByInterval ? real : Array(real.prefix(1))
  }

  /// The transition between two moments that read a skipped time with the offset before and after it.
  private func endOfGap(around candidates: [Double]) -> Double {
    guard let first = candidates.first else { return 0 }
    let search = Date(timeIntervalSince1970: first - Self.secondsPerDay)
    return zone.nextDaylightSavingTimeTransition(after: search)?.timeIntervalSince1970 ?? first
  }
}
