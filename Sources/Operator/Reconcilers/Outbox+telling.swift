import ApusAPI
import ControllerRuntime
import Decisions
import KubernetesClient
import KubernetesModel
import Logging

/// Announcements whose Event could not be written are tried again this soon.
let untoldPause = 5.0

extension ClusterWriter {
  /// Writes announcements into the status before the operator does what they announce: an operator that dies in between
  /// leaves a Job, and nobody would say so. Returns the object as written. As with the status, a conflict voids the decision.
  func recordIntent<Object: ApusResource>(
    _ outbox: [PendingEvent], of observed: Object, _ object: JSONValue
  ) async throws -> Object {
    let written = try await patchStatus(
      ["outbox": .document(outbox)], of: object, Object.gvr, version: observed.metadata.resourceVersion)
    return try Object.decode(written)
  }
}

/// Makes Events of what a status says is still to be told.
struct Teller: Sendable {
  let events: any EventSink
  let logger: Logger

  /// What is still to be told afterwards. An Event that cannot be written at all is logged and given up: it must not hold
  /// up those behind it.
  func tell(_ pending: [PendingEvent], about object: JSONValue) async -> [PendingEvent] {
    for (index, event) in pending.enumerated() {
      do {
        try await events.tell(event, about: object.objectReference)
      } catch {
        guard !error.isTransient else { return Array(pending[index...]) }
        logger.warning("an event cannot be written", metadata: ["reason": "\(event.reason)", "error": "\(error)"])
      }
    }
    return []
  }

  /// Of an object that does not decode.
  static func outbox(of status: JSONValue) -> [PendingEvent] {
    (status["outbox"]?.array ?? []).compactMap { try? $0.decode(as: PendingEvent.self) }
  }
}
