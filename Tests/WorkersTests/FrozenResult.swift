/// The part of a run's result that an operator of release 0.1.0 reads about a check, as its types stood then. A copy,
/// so that today's types can change: what these cannot decode, such an operator takes for a failed run.
struct FrozenRunResult: Decodable {
  var contract: String
  var run: String
  var checked: Check?

  struct Check: Decodable {
    var version: String
    var rows: Int
    var conclusive: Bool
    var drift: Drift
    var predictionDrift: PredictionDrift?
    var quality: Quality
    var performance: Performance
    var report: String?
  }

  enum Severity: String, Decodable {
    case none
    case warning
    case critical
  }

  struct Drift: Decodable {
    var severity: Severity
    var features: Int
    var critical: Int
    var warning: Int
    var share: Double
    var worst: [Feature]

    struct Feature: Decodable {
      var feature: String
      var severity: Severity
      var psi: Double
      var pValue: Double
      var effect: Double
    }
  }

  struct PredictionDrift: Decodable {
    var drifted: Bool
    var severity: Severity
    var psi: Double
    var pValue: Double
    var meanConfidence: Double
    var referenceMeanConfidence: Double
  }

  struct Quality: Decodable {
    var severity: Severity
    var failed: [Failed]

    struct Failed: Decodable {
      var check: String
      var feature: String?
      var severity: Severity
      var value: Double
      var limit: Double
    }
  }

  struct Performance: Decodable {
    var coverage: Double
    var labelled: Int
    var metrics: Metrics?
    var p95Latency: Double?
    var positiveRate: Double?
    var meanConfidence: Double?

    struct Metrics: Decodable {
      var accuracy: Double
      var precision: Double
      var recall: Double
      var f1: Double
      var rocAUC: Double
      var brier: Double
    }
  }
}
