/// The first Wasserstein distance of two samples (L. Vaserstein, 1969): the area between their distribution functions,
/// in the unit of the values. Equals `scipy.stats.wasserstein_distance(first, second)`. An empty sample gives 0.
/// - Parameters: Both ascending, without NaN.
package func wassersteinDistance(sorted first: [Double], _ second: [Double]) -> Double {
  guard let firstLeast = first.first, let secondLeast = second.first else { return 0 }
  var (i, j) = (0, 0)
  var previous = min(firstLeast, secondLeast)
  var area = 0.0
  while i < first.count || j < second.count {
    let value: Double
    if j == second.count || (i < first.count && first[i] <= second[j]) { value = first[i] } else { value = second[j] }
    let distance = abs(Double(i) / Double(first.count) - Double(j) / Double(second.count))
    area += distance * (value - previous)
    while i < first.count, first[i] == value { i += 1 }
    while j < second.count, second[j] == value { j += 1 }
    previous = value
  }
  return area
}
