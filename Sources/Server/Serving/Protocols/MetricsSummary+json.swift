extension MetricsSummary {
  /// `{"metrics": [{"name", "labels", "value"} or {"name", "labels", "count", "mean", "p50", "p95", "p99"}]}`
  var json: JSONText {
    var text = JSONText(capacity: 4096)
    text.raw(#"{"metrics":"#)
    text.array(lines) { text, line in
      text.raw(#"{"name":"#)
      text.string(line.name)
      text.raw(#","labels":"#)
      text.string(line.labels)
      switch line.value {
      case .number(let value):
        text.raw(#","value":"#)
        text.number(value)
      case .distribution(let count, let mean, let p50, let p95, let p99):
        text.raw(#","count":"#)
        text.integer(count)
        text.raw(#","mean":"#)
        text.number(mean)
        text.raw(#","p50":"#)
        text.number(p50 ?? .nan)
        text.raw(#","p95":"#)
        text.number(p95 ?? .nan)
        text.raw(#","p99":"#)
        text.number(p99 ?? .nan)
      }
      text.raw("}")
    }
    text.raw("}")
    return text
  }
}
