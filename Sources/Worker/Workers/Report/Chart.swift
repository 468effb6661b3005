import Monitoring

/// A small line chart as inline SVG: both axes from 0 to 1 (or to the largest value), a grid, labelled lines.
struct Chart {
  struct Line {
    var name: String
    /// CSS class that gives the colour: `c0` … `c3`, or `guide` for a dashed grey line.
    var style: String
    var points: [(x: Double, y: Double)]
    var showsDots = false
  }

  var title: String
  var xTitle: String
  var yTitle: String
  var lines: [Line]
  var xRange: ClosedRange<Double> = 0...1
  var yRange: ClosedRange<Double> = 0...1

  private static let width = 340.0
  private static let height = 260.0
  private static let left = 46.0
  private static let right = 12.0
  private static let top = 12.0
  private static let bottom = 40.0

  var svg: String {
    let frame = lines.filter { $0.style != "guide" }
    let legend =
      frame.count > 1
      ? "<figcaption>"
        + frame.map { "<span class=\"key \($0.style)\"></span>\(escaped($0.name))" }.joined(separator: " &nbsp; ")
        + "</figcaption>"
      : ""
    return """
      <figure><h3>\(escaped(title))</h3>
      <svg viewBox="0 0 \(coordinate(Self.width)) \(coordinate(Self.height))" role="img" \
      aria-label="\(escaped(title))">
      \(grid)\(lines.map(draw).joined())
      <text class="axis" x="\(coordinate((Self.left + Self.width - Self.right) / 2))" \
      y="\(coordinate(Self.height - 6))" text-anchor="middle">\(escaped(xTitle))</text>
      <text class="axis" transform="translate(11 \(coordinate((Self.top + Self.height - Self.bottom) / 2))) rotate(-90)" \
      text-anchor="middle">\(escaped(yTitle))</text>
      </svg>\(legend)</figure>
      """
  }

  private var grid: String {
    (0...4).map { step in
      let share = Double(step) / 4
      let x = Self.left + share * (Self.width - Self.left - Self.right)
      let y = Self.height - Self.bottom - share * (Self.height - Self.top - Self.bottom)
      let xValue = xRange.lowerBound + share * (xRange.upperBound - xRange.lowerBound)
      let yValue = yRange.lowerBound + share * (yRange.upperBound - yRange.lowerBound)
      return """
        <path class="grid" d="M\(coordinate(x)) \(coordinate(Self.top))V\(coordinate(Self.height - Self.bottom))\
        M\(coordinate(Self.left)) \(coordinate(y))H\(coordinate(Self.width - Self.right))"/>\
        <text x="\(coordinate(x))" y="\(coordinate(Self.height - Self.bottom + 14))" text-anchor="middle">\
        \(Self.label(xValue, in: xRange))</text>\
        <text x="\(coordinate(Self.left - 5))" y="\(coordinate(y + 3))" text-anchor="end">\(Self.label(yValue, in: yRange))</text>
        """
    }.joined()
  }

  private func draw(_ line: Line) -> String {
    let places = line.points.map { point in
      "\(coordinate(x(point.x))) \(coordinate(y(point.y)))"
    }
    guard !places.isEmpty else { return "" }
    let dots =
      line.showsDots
      ? line.points.map { point in
        "<circle class=\"\(line.style)\" cx=\"\(coordinate(x(point.x)))\" cy=\"\(coordinate(y(point.y)))\" r=\"3\"/>"
      }.joined() : ""
    return "<path class=\"line \(line.style)\" d=\"M\(places.joined(separator: "L"))\"/>\(dots)"
  }

  private func x(_ value: Double) -> Double {
    Self.left + Self.share(value, xRange) * (Self.width - Self.left - Self.right)
  }

  private func y(_ value: Double) -> Double {
    Self.height - Self.bottom - Self.share(value, yRange) * (Self.height - Self.top - Self.bottom)
  }

  private static func share(_ value: Double, _ range: ClosedRange<Double>) -> Double {
    let length = range.upperBound - range.lowerBound
    return length > 0 ? min(max((value - range.lowerBound) / length, 0), 1) : 0
  }

  /// Whole numbers on long axes, two decimals on short ones.
  private static func label(_ value: Double, in range: ClosedRange<Double>) -> String {
    HTML.decimal(value, range.upperBound - range.lowerBound >= 8 ? 0 : 2)
  }
}
