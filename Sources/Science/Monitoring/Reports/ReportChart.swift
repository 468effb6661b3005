import WorkerContract

/// Drawings in SVG; colours come from the page's style.
enum ReportChart {
  /// Both sides' bars over each other, for a table's cell.
  static func small(_ chart: DriftFinding.Chart) -> String {
    bars(chart, width: 120, height: 28, isLabelled: false)
  }

  /// Both sides' bars over each other, with the ends of the axis.
  static func histogram(_ chart: DriftFinding.Chart) -> String {
    bars(chart, width: 320, height: 110, isLabelled: true)
  }

  private static func bars(_ chart: DriftFinding.Chart, width: Double, height: Double, isLabelled: Bool) -> String {
    guard !chart.labels.isEmpty else { return "<p class=\"note\">no values</p>" }
    let most = max(1e-9, (chart.reference + chart.window).max() ?? 0)
    let step = width / Double(chart.labels.count)
    let room = isLabelled ? height - 16 : height
    var shapes = ""
    for (index, label) in chart.labels.enumerated() {
      let x = Double(index) * step
      for (kind, share, inset) in [("ref", chart.reference[index], 0.0), ("win", chart.window[index], step * 0.22)] {
        let tall = room * share / most
        let title =
          isLabelled
          ? "<title>\(escaped(label)): \(kind == "ref" ? "training" : "window") \(percentText(share))</title>" : ""
        shapes +=
          "<rect class=\"\(kind)\" x=\"\(fixed(x + 0.5 + inset))\" y=\"\(fixed(room - tall))\" "
          + "width=\"\(fixed(max(0.5, step - 1 - 2 * inset)))\" height=\"\(fixed(tall))\">\(title)</rect>"
      }
    }
    if isLabelled {
      let ends = axisEnds(chart.labels)
      shapes += "<line x1=\"0\" y1=\"\(fixed(room))\" x2=\"\(fixed(width))\" y2=\"\(fixed(room))\"/>"
      shapes += "<text x=\"0\" y=\"\(fixed(height - 3))\">\(escaped(ends.0))</text>"
      shapes += "<text x=\"\(fixed(width))\" y=\"\(fixed(height - 3))\" text-anchor=\"end\">\(escaped(ends.1))</text>"
    }
    return
      "<svg viewBox=\"0 0 \(fixed(width)) \(fixed(height))\" width=\"\(fixed(width))\" height=\"\(fixed(height))\" "
      + "role=\"img\" aria-label=\"training and window\">\(shapes)</svg>"
  }

  /// The first bar's lower and the last bar's upper end; labels read `low to high`.
  private static func axisEnds(_ labels: [String]) -> (String, String) {
    let first = labels.first?.split(separator: " ").first ?? ""
    let last = labels.last?.split(separator: " ").last ?? ""
    return (String(first), labels.count > 1 ? String(last) : "")
  }

  /// A row for each level: training above, window below.
  static func levels(_ chart: DriftFinding.Chart) -> String {
    guard !chart.labels.isEmpty else { return "<p class=\"note\">no values</p>" }
    let width = 320.0
    let start = 118.0
    let most = max(1e-9, (chart.reference + chart.window).max() ?? 0)
    var shapes = ""
    for (index, label) in chart.labels.enumerated() {
      let y = Double(index) * 20
      let short = label.count > 18 ? label.prefix(17) + "…" : label[...]
      shapes += "<text x=\"\(fixed(start - 6))\" y=\"\(fixed(y + 13))\" text-anchor=\"end\">\(escaped(String(short)))"
      shapes += "<title>\(escaped(label))</title></text>"
      for (kind, share, offset) in [("ref", chart.reference[index], 2.0), ("win", chart.window[index], 10.0)] {
        let long = max(share > 0 ? 1 : 0, (width - start - 50) * share / most)
        shapes +=
          "<rect class=\"\(kind)\" x=\"\(fixed(start))\" y=\"\(fixed(y + offset))\" width=\"\(fixed(long))\" height=\"7\"/>"
        shapes +=
          "<text class=\"share\" x=\"\(fixed(start + long + 4))\" y=\"\(fixed(y + offset + 7))\">\(percentText(share))</text>"
      }
    }
    let height = Double(chart.labels.count) * 20 + 2
    return
      "<svg viewBox=\"0 0 \(fixed(width)) \(fixed(height))\" width=\"\(fixed(width))\" height=\"\(fixed(height))\" "
      + "role=\"img\" aria-label=\"training and window\">\(shapes)</svg>"
  }

  /// A coordinate with at most one decimal.
  private static func fixed(_ value: Double) -> String {
    let tenths = (value * 10).rounded() / 10
    return tenths == tenths.rounded() ? String(Int(tenths)) : String(tenths)
  }
}
