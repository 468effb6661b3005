/// The two text formats that Prometheus asks for.
package enum ExpositionFormat: Sendable {
  /// Text format 0.0.4.
  case prometheus
  /// OpenMetrics 1.0.0.
  case openMetrics

  /// By a request's `Accept` header; text format where it does not prefer the other one.
  package init(accepting header: String?) {
    self = AcceptedTypes(header).preferred(among: Self.offers) == 0 ? .prometheus : .openMetrics
  }

  private static let offers = [
    AcceptedTypes.Offer("text/plain", parameters: ["version": "0.0.4"]),
    AcceptedTypes.Offer("application/openmetrics-text", parameters: ["version": "1.0.0"]),
  ]

  package var contentType: String {
    switch self {
    case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
    case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
    }
  }
}

struct ExpositionWriter {
  let format: ExpositionFormat
  private var text = ""

  init(format: ExpositionFormat) { self.format = format }

  /// Bytes that were written and not taken.
  var size: Int { text.utf8.count }

  mutating func take() -> String {
    defer { text = "" }
    return text
  }

  mutating func end() {
    if format == .openMetrics { text += "# EOF\n" }
  }

  /// Of a collected family only the head.
  mutating func write(_ family: MetricsRegistry.Family) {
    switch family {
    case .counter(let family):
      header(openName(family.name), family.help, .counter)
      for (values, child) in family.sorted { sample(family.name, family.labels, values, child.value) }
    case .collected(let family):
      header(family.kind == .counter ? openName(family.name) : family.name, family.help, family.kind)
    case .gauge(let family):
      header(family.name, family.help, .gauge)
      for (values, child) in family.sorted { sample(family.name, family.labels, values, child.value) }
    case .histogram(let family):
      header(family.name, family.help, .histogram)
      for (values, child) in family.sorted {
        let snapshot = child.snapshot
        for (bound, count) in zip(child.bounds + [.infinity], snapshot.counts) {
          sample(
            family.name + "_bucket", family.labels + ["le"], values + [Self.bound(bound, format)], Double(count))
        }
        sample(family.name + "_sum", family.labels, values, snapshot.sum)
        sample(family.name + "_count", family.labels, values, Double(snapshot.count))
      }
    }
  }

  mutating func write(_ values: [String], _ value: Double, of family: CollectedFamily) {
    sample(family.name, family.labels, values, value)
  }

  /// OpenMetrics names a counter's family without the suffix of its samples.
  private func openName(_ name: String) -> String {
    format == .openMetrics && name.hasSuffix("_total") ? String(name.dropLast(6)) : name
  }

  private mutating func header(_ name: String, _ help: String, _ kind: MetricKind) {
    text += "# HELP \(name) \(help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n"))\n"
    text += "# TYPE \(name) \(kind.rawValue)\n"
  }

  private mutating func sample(_ name: String, _ labels: [String], _ values: [String], _ value: Double) {
    text += name
    if !labels.isEmpty {
      text += "{"
      Self.write(labels, values, to: &text)
      text += "}"
    }
    text += " " + Self.number(value) + "\n"
  }

  /// `endpoint="predict",code="200"`
  static func labels(_ names: [String], _ values: [String]) -> String {
    var text = ""
    write(names, values, to: &text)
    return text
  }

  private static func write(_ names: [String], _ values: [String], to text: inout String) {
    for (index, name) in names.enumerated() {
      text += (index == 0 ? "" : ",") + name + "=\"" + escaped(values[index]) + "\""
    }
  }

  /// By bytes: CR LF is one Character, and a combining mark makes another Character of the quote before it.
  private static func escaped(_ value: String) -> String {
    guard value.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return value }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(value.utf8.count + 8)
    for byte in value.utf8 {
      switch byte {
      case 0x5C: bytes += [0x5C, 0x5C]
      case 0x22: bytes += [0x5C, 0x22]
      case 0x0A: bytes += [0x5C, 0x6E]
      default: bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
    if let integer = Int64(exactly: value), abs(integer) < 1 << 53 { return String(integer) }
    return value.description
  }

  /// OpenMetrics wants bounds as floating-point numbers.
  private static func bound(_ value: Double, _ format: ExpositionFormat) -> String {
    format == .openMetrics && value.isFinite ? value.description : number(value)
  }
}
