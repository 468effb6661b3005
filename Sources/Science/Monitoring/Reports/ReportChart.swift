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
          "<rect class=\"\(kind)\" x=\"\(coordinate(x + 0.5 + inset))\" y=\"\(coordinate(room - tall))\" "
          + "width=\"\(coordinate(max(0.5, step - 1 - 2 * inset)))\" height=\"\(coordinate(tall))\">\(title)</rect>"
      }
    }
    if isLabelled {
      let ends = axisEnds(chart.labels)
      shapes +=
        "<line x1=\"0\" y1=\"\(coordinate(room))\" x2=\"\(coordinate(width))\" y2=\"\(coordinate(room))\"/>"
      shapes += "<text x=\"0\" y=\"\(coordinate(height - 3))\">\(escaped(ends.0))</text>"
      shapes +=
        "<text x=\"\(coordinate(width))\" y=\"\(coordinate(height - 3))\" text-anchor=\"end\">\(escaped(ends.1))</text>"
    }
    return drawing(shapes, width, height)
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
      shapes +=
        "<text x=\"\(coordinate(start - 6))\" y=\"\(coordinate(y + 13))\" text-anchor=\"end\">"
        + "\(escaped(String(short)))"
      shapes += "<title>\(escaped(label))</title></text>"
      for (kind, share, offset) in [("ref", chart.reference[index], 2.0), ("win", chart.window[index], 10.0)] {
        let long = max(share > 0 ? 1 : 0, (width - start - 50) * share / most)
        shapes +=
          "<rect class=\"\(kind)\" x=\"\(coordinate(start))\" y=\"\(coordinate(y + offset))\" "
          + "width=\"\(coordinate(long))\" height=\"7\"/>"
        shapes +=
          "<text class=\"share\" x=\"\(coordinate(start + long + 4))\" y=\"\(coordinate(y + offset + 7))\">"
          + "\(percentText(share))</text>"
      }
    }
    let height = Double(chart.labels.count) * 20 + 2
    return drawing(shapes, width, height)
  }

  private static func drawing(_ shapes: String, _ width: Double, _ height: Double) -> String {
    let (width, height) = (coordinate(width), coordinate(height))
    return "<svg viewBox=\"0 0 \(width) \(height)\" width=\"\(width)\" height=\"\(height)\" "
      + "role=\"img\" aria-label=\"training and window\">\(shapes)</svg>"
  }
}
