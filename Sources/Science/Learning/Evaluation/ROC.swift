/// The receiver operating characteristic of scores for one class; its area is `Statistics.areaUnderCurve`.
package enum ROC {
  /// A point of the curve.
  package struct Point: Codable, Sendable, Equatable {
    package var falsePositiveRate: Double
    package var truePositiveRate: Double
  }

  /// The curve from (0, 0) to (1, 1), thinned to at most `limit` points.
  package static func curve(scores: [Double], positives: [Bool], limit: Int = 101) -> [Point] {
    let positiveCount = Double(positives.count { $0 })
    let negativeCount = Double(positives.count) - positiveCount
    guard positiveCount > 0, negativeCount > 0 else { return [] }
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    var points = [Point(falsePositiveRate: 0, truePositiveRate: 0)]
    var hits = 0.0
    var alarms = 0.0
    for (position, row) in order.enumerated() {
      if positives[row] { hits += 1 } else { alarms += 1 }
      let isLastOfEquals = position + 1 == order.count || scores[order[position + 1]] != scores[row]
      if isLastOfEquals {
        points.append(Point(falsePositiveRate: alarms / negativeCount, truePositiveRate: hits / positiveCount))
      }
    }
    guard points.count > limit else { return points }
    let step = Double(points.count - 1) / Double(limit - 1)
    return (0..<limit).map { points[Int((Double($0) * step).rounded())] }
  }
}
