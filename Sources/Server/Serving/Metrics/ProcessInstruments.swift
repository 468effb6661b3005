import Exposition
import Foundation

/// The process's own figures under their conventional names, read from `/proc` at each scrape.
struct ProcessInstruments: Sendable {
  private let cpuSeconds: Counter
  private let residentBytes: Gauge
  private let openDescriptors: Gauge

  init(registry: MetricsRegistry) {
    cpuSeconds = registry.counter(ServingMetricTable.cpuSeconds).with()
    residentBytes = registry.gauge(ServingMetricTable.residentBytes).with()
    openDescriptors = registry.gauge(ServingMetricTable.openDescriptors).with()
    registry.gauge(ServingMetricTable.startTime).with().set(Self.startTime)
  }

  func register(on registry: MetricsRegistry) {
    registry.beforeScrape { self.read() }
  }

  private func read() {
    var usage = rusage()
    if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
      cpuSeconds.advance(to: Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime))
    }
    if let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
      let pages = text.split(separator: " ").dropFirst().first.flatMap({ Double($0) })
    {
      residentBytes.set(pages * Double(sysconf(Int32(_SC_PAGESIZE))))
    }
    if let entries = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
      openDescriptors.set(Double(entries.count))
    }
  }

  private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

  /// Field 22 of `/proc/self/stat` counts clock ticks since boot; the fields are counted from after the name's bracket.
  private static var startTime: Double {
    guard let stat = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
      let uptime = try? String(contentsOfFile: "/proc/uptime", encoding: .utf8),
      let fields = stat.split(separator: ")").last?.split(separator: " "), fields.count > 19,
      let ticks = Double(fields[19]), let up = uptime.split(separator: " ").first.flatMap({ Double($0) })
    else { return Date().timeIntervalSince1970 }
    return Date().timeIntervalSince1970 - up + ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
