/// What a path leads to. The raw value is the label `endpoint` of the metrics.
package enum Endpoint: String, Sendable, CaseIterable {
  case health
  case ready
  case predict
  case predictBatch = "predict_batch"
  case feedback
  case modelInfo = "model_info"
  case metrics
  case metricsSummary = "metrics_summary"
  case reload = "model_reload"
  case logs
  /// No such path.
  case none

  /// Which port a request came in by.
  package enum Face: Sendable {
    /// Open to clients.
    case `public`
    /// For the operator and for people with access to the pod.
    case admin
  }

  package enum Method: String, Sendable {
    case get = "GET"
    case post = "POST"
  }

  /// Position among all cases, without a search, as every request asks for it.
  var position: Int {
    switch self {
    case .health: 0
    case .ready: 1
    case .predict: 2
    case .predictBatch: 3
    case .feedback: 4
    case .modelInfo: 5
    case .metrics: 6
    case .metricsSummary: 7
    case .reload: 8
    case .logs: 9
    case .none: 10
    }
  }

  package var method: Method {
    switch self {
    case .predict, .predictBatch, .feedback, .reload: .post
    default: .get
    }
  }

  /// `path` without its query.
  package static func at(_ path: some StringProtocol, face: Face) -> Endpoint {
    switch path {
    case "/predict": .predict
    case "/predict/batch": .predictBatch
    case "/feedback": .feedback
    case "/health": .health
    case "/ready": .ready
    case "/model/info": .modelInfo
    case "/metrics": .metrics
    case "/metrics/summary": .metricsSummary
    case "/model/reload": face == .admin ? .reload : .none
    case "/logs": face == .admin ? .logs : .none
    default: .none
    }
  }
}
