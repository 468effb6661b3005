import ApusAPI
import Decisions
import KubernetesModel

/// The status of an object about which no decision can be made: it cannot be read as its kind, or the cluster would not keep
/// what is written. Works on JSON. Everything else in the status stays as it is.
struct StalledStatus: Sendable {
  /// Members of the status, to be merged into it.
  let status: JSONValue
  let isNews: Bool

  /// Of an object that cannot be read as its kind.
  init(_ object: JSONValue, _ error: ResourceError, at now: Timestamp) {
    self.init(object, .invalidSpec, error.description, at: now)
    let generation = object[path: "metadata", "generation"]?.integer
    guard let generation else { return }
    var status = status
    status["observedGeneration"] = .integer(Int64(generation))
    self = StalledStatus(status: status, isNews: isNews)
  }

  /// - Parameter reason: the condition's and the Event's.
  init(_ object: JSONValue, _ reason: Reason, _ message: String, at now: Timestamp) {
    var conditions: [Condition] =
      (object[path: "status", "conditions"]?.array ?? []).compactMap { try? $0.decode(as: Condition.self) }
    let known = conditions[ConditionType.stalled.rawValue]
    let generation = object[path: "metadata", "generation"]?.integer
    for (type, value) in [(ConditionType.stalled, Condition.Status.yes), (.ready, .no)] {
      conditions.set(
        type.rawValue, value, reason: reason.rawValue, message: message, generation: generation, at: now)
    }
    let isNews = known?.message != conditions[ConditionType.stalled.rawValue]?.message
    conditions.clear(ConditionType.reconciling.rawValue)
    var status: JSONValue = ["conditions": .document(conditions)]
    var outbox = Teller.outbox(of: object["status"] ?? [:])
    if isNews {
      outbox.append(PendingEvent(type: .warning, reason: reason.rawValue, message: message, at: MicroTime(now)))
    }
    if !outbox.isEmpty { status["outbox"] = .document(outbox) }
    self.init(status: status, isNews: isNews)
  }

  private init(status: JSONValue, isNews: Bool) {
    self.status = status
    self.isNews = isNews
  }
}
