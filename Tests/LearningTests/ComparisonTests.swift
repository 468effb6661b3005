import Learning
import Statistics
import Tabular
import Testing
import Values
import WorkerContract

@Suite struct ComparisonTests {
  private let champion = ArtifactReference(version: "v1", digest: "sha256:0")

  /// Two models' scores for the same 400 rows; the first follows the labels more closely.
  private func pair(classes: Int = 2) throws -> (Predictions, Predictions) {
    var random = SeededGenerator(seed: 9)
    let labels = (0..<400).map { _ in random.index(below: classes) }
    func predictions(noise: Double) throws -> Predictions {
      var probabilities: [Float] = []
      for label in labels {
        let weights = (0..<classes).map { ($0 == label ? 1 : 0) + random.uniform() * noise }
        let sum = weights.reduce(0, +)
        probabilities += weights.map { Float($0 / sum) }
      }
      return try Predictions(
        classes: (0..<classes).map(String.init), positive: classes - 1, labels: labels, probabilities: probabilities)
    }
    return (try predictions(noise: 1.2), try predictions(noise: 3))
  }

  @Test("A clearly better challenger is told from its champion by every measure", arguments: MetricName.allCases)
  func better(metric: MetricName) throws {
    for classes in [2, 3] {
      let (good, bad) = try pair(classes: classes)
      let result = try Comparison(
        challenger: good, champion: bad, reference: champion, metric: metric, confidence: 0.95, seed: 1)
      let difference = try #require(ModelMetrics(good)[metric]) - #require(ModelMetrics(bad)[metric])
      #expect(abs(result.difference - difference) < 1e-9)
      #expect(result.lower < result.difference && result.difference < result.upper)
      #expect(result.pValue < 0.01)
      #expect(metric == .brier ? result.upper < 0 : result.lower > 0)
      #expect(result.rows == 400)
    }
  }

  @Test("A model against itself differs by nothing", arguments: MetricName.allCases)
  func same(metric: MetricName) throws {
    let (good, _) = try pair()
    let result = try Comparison(
      challenger: good, champion: good, reference: champion, metric: metric, confidence: 0.95, seed: 1)
    #expect(result.difference == 0 && result.lower == 0 && result.upper == 0)
    #expect(result.pValue == 1)
  }

  @Test("Different rows cannot be compared")
  func otherRows() throws {
    let (good, bad) = try pair()
    var moved = bad
    moved.labels.reverse()
    #expect(throws: LearningError.self) {
      _ = try Comparison(
        challenger: good, champion: moved, reference: champion, metric: .rocAUC, confidence: 0.95, seed: 1)
    }
  }

  @Test("The guarded level on which most was lost is reported; small levels are not judged")
  func segments() throws {
    let (good, bad) = try pair()
    // Rows 0 … 99 are level a, where the challenger is as bad as the champion is good; the last ten are level c.
    var challenger = good
    for row in 0..<100 { challenger.probabilities.swapAt(row * 2, row * 2 + 1) }
    let codes = (0..<400).map { Int32($0 < 100 ? 0 : $0 < 390 ? 1 : 2) }
    let column = Column.categorical(codes: codes, levels: ["a", "b", "c"])
    let watched = SegmentGuard(feature: "group", metric: .accuracy, maximumLoss: 0.02)
    let segments = Segment.all(of: column)
    #expect(segments.map(\.level) == ["a", "b", "c"])
    let worst = try #require(watched.worst(among: segments, challenger: challenger, champion: bad))
    #expect(worst.level == "a")
    #expect(worst.rows == 100)
    #expect(worst.challenger < worst.champion)
    #expect(watched.worst(among: [segments[2]], challenger: challenger, champion: bad) == nil)
  }

  @Test("A numeric feature is guarded by quarters, missing values apart")
  func quarters() {
    let segments = Segment.all(of: .numeric((0..<100).map { $0 == 7 ? .nan : Double($0) }))
    #expect(segments.count == 5)
    #expect(segments.reduce(0) { $0 + $1.rows.count } == 100)
    #expect(segments.contains { $0.level == "(missing)" && $0.rows == [7] })
  }
}
