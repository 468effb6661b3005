import Synchronization
import Telemetry

/// A store that keeps rows in memory and fails as it is told.
final class FickleStore: PredictionWriter, LabelWriter, StorePreparation {
  struct State {
    var isAway = false
    /// Whether it refuses whatever comes, as a database without rights does.
    var isLocked = false
    /// Whether calls wait until this is false again.
    var isHanging = false
    /// Calls, those that hang included.
    var begun = 0
    var refused: Set<String> = []
    var predictions: [String: PredictionRecord] = [:]
    var labels: [String: String] = [:]
    var calls = 0
  }

  let state = Mutex(State())

  func append(_ predictions: [PredictionRecord], of model: ModelKey) async throws(TelemetryError) {
    state.withLock { $0.begun += 1 }
    while state.withLock({ $0.isHanging }) { try? await Task.sleep(for: .milliseconds(1)) }
    try state.withLock { (state) throws(TelemetryError) in
      state.calls += 1
      if state.isAway { throw .unavailable(store: "test", reason: "away") }
      if state.isLocked { throw .misconfigured(store: "test", reason: "locked") }
      if predictions.contains(where: { state.refused.contains($0.requestID) }) {
        throw .refused(store: "test", statement: "store predictions", reason: "no")
      }
      for record in predictions { state.predictions[record.requestID] = record }
    }
  }

  func prepare() async throws(TelemetryError) {
    if state.withLock({ $0.isAway }) { throw .unavailable(store: "test", reason: "away") }
  }

  func append(_ labels: [LabelRecord], of model: ModelKey) async throws(TelemetryError) {
    try state.withLock { (state) throws(TelemetryError) in
      if state.isAway { throw .unavailable(store: "test", reason: "away") }
      for label in labels { state.labels[label.requestID] = label.label }
    }
  }
}
