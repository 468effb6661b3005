import Synchronization
import Telemetry

/// A store that keeps rows in memory and fails as it is told.
final class FickleStore: PredictionWriter, LabelWriter, StorePreparation {
  struct State {
    var isAway = false
    /// Whether it refuses whatever comes, as a database without rights does.
    var isLocked = false
    /// Whether calls wait until the store goes on.
    fileprivate(set) var isHanging = false
    fileprivate var waiting: [CheckedContinuation<Void, Never>] = []
    /// Calls, those that hang included.
    var begun = 0
    var refused: Set<String> = []
    var predictions: [String: PredictionRecord] = [:]
    var labels: [String: String] = [:]
    var calls = 0
  }

  let state = Mutex(State())

  func hang() { state.withLock { $0.isHanging = true } }

  func goOn() {
    let waiting = state.withLock { state in
      defer { (state.isHanging, state.waiting) = (false, []) }
      return state.waiting
    }
    for call in waiting { call.resume() }
  }

  private func waitWhileHanging() async {
    await withCheckedContinuation { call in
      let isHanging = state.withLock { state in
        if state.isHanging { state.waiting.append(call) }
        return state.isHanging
      }
      if !isHanging { call.resume() }
    }
  }

  func append(_ predictions: [PredictionRecord], of model: ModelKey) async throws(TelemetryError) {
    state.withLock { $0.begun += 1 }
    await waitWhileHanging()
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
