import Exposition
import Testing

@Suite("What Accept says")
struct AcceptedTypesTests {
  /// As older and newer Prometheus, browsers and curl send them.
  private static let formats: [(String?, isOpen: Bool)] = [
    (nil, false), ("", false), ("*/*", false), ("text/*", false), ("application/*", true),
    (
      "application/openmetrics-text; version=1.0.0,application/openmetrics-text; version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      true
    ),
    (
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      true
    ),
    ("application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", false),
    ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false),
    // The weight decides, wherever it stands.
    ("application/openmetrics-text;q=0.1, text/plain;q=0.2", false),
    ("text/plain;q=0.1, application/openmetrics-text;q=0.2", true),
    ("application/openmetrics-text;q=0, */*", false), ("text/plain;q=0, */*;q=0.001", true),
    ("application/openmetrics-text;q=0.0", false), ("text/plain;q=0,application/openmetrics-text;q=0", false),
    // Of one type, the closest range decides.
    ("text/*;q=0.9, text/plain;q=0.1, application/openmetrics-text;q=0.5", true),
    ("text/plain;q=0.1, text/plain;version=0.0.4;q=0.9, application/openmetrics-text;q=0.5", false),
    ("*/*;q=0.9, application/openmetrics-text;q=0.1", false), ("*/*, application/openmetrics-text", true),
    ("APPLICATION/OpenMetrics-Text; Version=\"1.0.0\"", true), ("image/png, application/json", false),
    // What cannot be read is left out.
    ("application/openmetrics-text;q=2", false), ("application/openmetrics-text;q=x,text/plain;q=0.1", false),
    (",,;,text", false), ("*/plain", false), ("a/b;x=\",application/openmetrics-text\"", false),
    ("application/openmetrics-text;q=0.5555,text/plain;q=0.1", false),
  ]

  @Test("the format of metrics", arguments: formats)
  func format(_ header: String?, isOpen: Bool) {
    let type = ExpositionFormat(accepting: header).contentType
    #expect(type.hasPrefix(isOpen ? "application/openmetrics-text" : "text/plain"), "\(header ?? "nil"): \(type)")
  }

  @Test("a sum never takes in what it could not get rid of")
  func finite() {
    let registry = MetricsRegistry()
    let histogram = registry.histogram("a_seconds", help: "a", bounds: [1]).with()
    var tally = HistogramTally(for: histogram)
    let (counter, gauge) = (registry.counter("b_total", help: "b").with(), registry.gauge("c", help: "c").with())
    for value in [Double.nan, .infinity, -.infinity, 0.5] {
      histogram.observe(value)
      tally.observe(value)
      counter.increment(by: value)
      counter.advance(to: value)
      gauge.add(value)
    }
    histogram.add(&tally)
    #expect(histogram.snapshot.counts == [2, 2] && histogram.snapshot.sum == 1 && histogram.snapshot.count == 2)
    #expect(counter.value == 0.5 && gauge.value == 0.5)
  }
}
