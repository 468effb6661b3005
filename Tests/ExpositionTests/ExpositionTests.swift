import Exposition
import Testing

@Suite("Exposition of metrics")
struct ExpositionTests {
  @Test("Text format, everything at 0 from the start")
  func text() {
    let registry = MetricsRegistry()
    let requests = registry.counter("apus_requests_total", help: "Requests.", labels: ["code"])
    _ = requests.with("200")
    requests.with("4\"0\\0\n").increment(by: 2)
    registry.gauge("apus_loaded", help: "A \\ and\na line").with().set(-1.5)
    let latency = registry.histogram("apus_latency_seconds", help: "Latency.", labels: ["path"], bounds: [0.1, 1])
    for value in [0.05, 0.1, 0.5, 7] { latency.with("/p").observe(value) }
    #expect(
      registry.text() == #"""
        # HELP apus_latency_seconds Latency.
        # TYPE apus_latency_seconds histogram
        apus_latency_seconds_bucket{path="/p",le="0.1"} 2
        apus_latency_seconds_bucket{path="/p",le="1"} 3
        apus_latency_seconds_bucket{path="/p",le="+Inf"} 4
        apus_latency_seconds_sum{path="/p"} 7.65
        apus_latency_seconds_count{path="/p"} 4
        # HELP apus_loaded A \\ and\na line
        # TYPE apus_loaded gauge
        apus_loaded -1.5
        # HELP apus_requests_total Requests.
        # TYPE apus_requests_total counter
        apus_requests_total{code="200"} 0
        apus_requests_total{code="4\"0\\0\n"} 2

        """#)
    #expect(registry.problems.isEmpty)
  }

  @Test(
    "Labels are escaped by bytes, whatever Characters these make",
    arguments: [
      ("a\r\nb", "a\r\\nb"), ("\"\u{301}", "\\\"\u{301}"),
      ("\\\u{20dd}", "\\\\\u{20dd}"), ("\n\u{200d}", "\\n\u{200d}"), ("é|ö", "é|ö"),
    ])
  func labels(_ value: String, _ written: String) {
    let registry = MetricsRegistry()
    registry.gauge("apus_loaded", help: "A.", labels: ["class"]).with(value).set(1)
    let line = "apus_loaded{class=\"\(written)\"} 1\n"
    #expect(Array(registry.text().utf8.suffix(line.utf8.count)) == Array(line.utf8))
  }

  @Test("Thousands of samples come in parts of tens of kilobytes, which are the whole text together")
  func parts() {
    let registry = MetricsRegistry()
    registry.gauge("apus_a", help: "First.").with().set(1)
    registry.collected("apus_many", help: "Many.", kind: .gauge, labels: ["name", "other"]) {
      (0..<5000).reversed().map { (values: ["object-\($0)", "x"], value: Double($0)) }
    }
    registry.counter("apus_z_total", help: "Last.").with().increment()
    for format in [ExpositionFormat.prometheus, .openMetrics] {
      let parts = Array(registry.parts(format))
      #expect(parts.count > 2 && parts.allSatisfy { $0.utf8.count < 80_000 })
      let text = parts.reduce("", +)
      #expect(text == registry.text(format))
      #expect(text.split(separator: "\n").filter { $0.hasPrefix("apus_many{") }.count == 5000)
      #expect(text.contains("apus_many{name=\"object-4999\",other=\"x\"} 4999\n"))
      #expect(text.hasSuffix(format == .openMetrics ? "apus_z_total 1\n# EOF\n" : "apus_z_total 1\n"))
    }
  }

  @Test("OpenMetrics where it is asked for")
  func openMetrics() {
    let registry = MetricsRegistry()
    _ = registry.counter("apus_requests_total", help: "Requests.")
    _ = registry.histogram("apus_latency_seconds", help: "Latency.", bounds: [1])
    let format = ExpositionFormat(accepting: "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    #expect(
      registry.text(format) == #"""
        # HELP apus_latency_seconds Latency.
        # TYPE apus_latency_seconds histogram
        apus_latency_seconds_bucket{le="1.0"} 0
        apus_latency_seconds_bucket{le="+Inf"} 0
        apus_latency_seconds_sum 0
        apus_latency_seconds_count 0
        # HELP apus_requests Requests.
        # TYPE apus_requests counter
        apus_requests_total 0
        # EOF

        """#)
    #expect(ExpositionFormat(accepting: nil).contentType == "text/plain; version=0.0.4; charset=utf-8")
  }

  @Test("Many threads lose no count")
  func concurrency() async {
    let registry = MetricsRegistry()
    let counter = registry.counter("a_total", help: "a").with()
    let histogram = registry.histogram("b_seconds", help: "b").with()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          for _ in 0..<1000 {
            counter.increment()
            histogram.observe(0.2)
          }
        }
      }
    }
    counter.increment(by: -5)
    #expect(counter.value == 8000)
    #expect(histogram.snapshot.count == 8000)
  }

  @Test("A name asked for twice is one family; with other labels it is a problem")
  func twice() {
    let registry = MetricsRegistry()
    registry.counter("a_total", help: "a").with().increment()
    registry.counter("a_total", help: "a").with().increment()
    _ = registry.gauge("a_total", help: "a", labels: ["x"])
    #expect(registry.text().contains("a_total 2\n"))
    #expect(registry.problems.count == 1)
  }

  @Test("What is set at the scrape")
  func scrape() {
    let registry = MetricsRegistry()
    let gauge = registry.gauge("depth", help: "d").with()
    registry.beforeScrape { gauge.set(7) }
    #expect(registry.text().contains("depth 7\n"))
  }

  @Test(
    "Names are linted",
    arguments: [
      ("apus_requests", MetricKind.counter, 1), ("apus_latency_ms", .histogram, 1), ("apus_total", .gauge, 1),
      ("0apus", .gauge, 1), ("apus_x_count", .gauge, 1), ("apus_requests_total", .counter, 0),
      ("apus_age_seconds", .gauge, 0), ("apus_missing_percent", .gauge, 1),
    ])
  func lint(_ name: String, _ kind: MetricKind, _ problems: Int) {
    #expect(MetricName.problems(name, kind: kind, labels: []).count == problems)
    #expect(MetricName.problems("a", kind: .gauge, labels: ["le", "a-b", "__x", "ok"]).count == 3)
  }
}
