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
  case openAPI = "openapi"
  case reload = "model_reload"
  case logs
  // The Open Inference Protocol, version 2.
  case inferenceServer = "v2"
  case inferenceLive = "v2_live"
  case inferenceReady = "v2_ready"
  case inferenceModel = "v2_model"
  case inferenceModelReady = "v2_model_ready"
  case infer = "v2_infer"
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
    case .openAPI: 8
    case .reload: 9
    case .logs: 10
    case .inferenceServer: 11
    case .inferenceLive: 12
    case .inferenceReady: 13
    case .inferenceModel: 14
    case .inferenceModelReady: 15
    case .infer: 16
    case .none: 17
    }
  }

  package var method: Method {
    switch self {
    case .predict, .predictBatch, .feedback, .reload, .infer: .post
    default: .get
    }
  }

  /// The methods that a path takes, for `Allow`. Whatever can be read can be asked for its head only.
  var allow: String { method == .get ? "GET, HEAD, OPTIONS" : "POST, OPTIONS" }

  /// Whether it answers without a token where tokens are asked for: probes bring none, nor does a scrape of the admin port.
  func isOpen(on face: Face) -> Bool {
    switch self {
    case .health, .ready, .inferenceLive, .inferenceReady: true
    case .metrics: face == .admin
    default: false
    }
  }
}
