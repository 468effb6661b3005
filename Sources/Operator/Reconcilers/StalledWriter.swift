import ApusAPI
import Decisions
import KubernetesClient
import KubernetesModel

/// Says in the status of an object, and to people, why nothing is decided about it.
struct StalledWriter: Sendable {
  let writer: ClusterWriter
  let teller: Teller
  let time: TimeSource
  let resource: GroupVersionResource

  /// The object does not even have the form of its kind: older servers let that through.
  func refuse(_ object: JSONValue, _ error: ResourceError) async throws {
    try await write(StalledStatus(object, error, at: time.wall()), object)
  }

  /// Nothing is decided, and no alert sent, while the cluster would not keep what is written. Gives the seconds until the next
  /// look.
  func wait(_ hold: InstalledDefinitions.Hold, _ object: JSONValue) async throws -> Double {
    if case .older(let message) = hold {
      try await write(StalledStatus(object, .crdsOlder, message, at: time.wall()), object)
    }
    return hold.pause
  }

  private func write(_ stalled: StalledStatus, _ object: JSONValue) async throws {
    if stalled.isNews { try await writer.patchStatus(stalled.status, of: object, resource) }
    _ = try await tell(Teller.outbox(of: stalled.status), about: object)
  }

  /// Whether nothing is left to be told. What has been told is taken out of the status, whoever has written it meanwhile.
  func tell(_ outbox: [PendingEvent], about object: JSONValue) async throws -> Bool {
    let left = await teller.tell(outbox, about: object)
    if left.count < outbox.count {
      try await writer.patchStatus(["outbox": left.isEmpty ? .null : .document(left)], of: object, resource)
    }
    return left.isEmpty
  }
}
