import ApusAPI
import Decisions
import KubernetesModel

/// The condition of an object that can not be read as its kind. Works on JSON: there is no value to decide about.
struct SpecRefusal: Sendable {
  let status: JSONValue
  let isNews: Bool

  init(_ object: JSONValue, _ error: ResourceError, at now: Timestamp) {
    let message = error.description
    var conditions: [Condition] =
      (object[path: "status", "conditions"]?.array ?? []).compactMap { try? $0.decode(as: Condition.self) }
    let known = conditions[ConditionType.stalled.rawValue]
    let generation = object[path: "metadata", "generation"]?.integer
    for (type, value) in [(ConditionType.stalled, Condition.Status.yes), (.ready, .no)] {
      conditions.set(
        type.rawValue, value, reason: Reason.invalidSpec.rawValue, message: message, generation: generation, at: now)
    }
    isNews = known?.message != conditions[ConditionType.stalled.rawValue]?.message
    var status = object["status"] ?? [:]
    if status.isNull { status = [:] }
    status["conditions"] = .document(conditions)
    if let generation { status["observedGeneration"] = .integer(Int64(generation)) }
    if isNews {
      var outbox = Teller.outbox(of: status)
      outbox.append(
        PendingEvent(type: .warning, reason: Reason.invalidSpec.rawValue, message: message, at: MicroTime(now)))
      status["outbox"] = .document(outbox)
    }
    self.status = status
  }
}
