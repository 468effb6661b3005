/// The area under the ROC curve: the chance that a positive scores above a negative, ties half
/// (`sklearn.metrics.roc_auc_score`). Nil where one of the classes is missing. O(n log n).
package func areaUnderCurve(scores: [Double], positives: [Bool]) -> Double? {
  let positiveCount = positives.reduce(0) { $0 + ($1 ? 1 : 0) }
  let negativeCount = positives.count - positiveCount
  guard positiveCount > 0, negativeCount > 0 else { return nil }
  let ranks = midRanks(scores)
  var sum = 0.0
  for (rank, isPositive) in zip(ranks, positives) where isPositive { sum += rank }
  let (m, n) = (Double(positiveCount), Double(negativeCount))
  return (sum - m * (m + 1) / 2) / (m * n)
}

/// Ranks from 1; equal values share their mean rank. Equals `scipy.stats.rankdata(values)`.
package func midRanks(_ values: [Double]) -> [Double] {
  let order = values.indices.sorted { values[$0] < values[$1] }
  var ranks = [Double](repeating: 0, count: values.count)
  var start = 0
  while start < order.count {
    var end = start + 1
    while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
    let rank = Double(start + end + 1) / 2
    for position in start..<end { ranks[order[position]] = rank }
    start = end
  }
  return ranks
}
