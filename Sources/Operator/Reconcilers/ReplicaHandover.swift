import ApusAPI
import Decisions
import KubernetesClient
import KubernetesModel

/// Gives the number of a Deployment's replicas over to an autoscaler.
///
/// What an applier no longer sends and nobody else owns is taken out of the object, and the default comes back: one
/// replica. So a second manager takes the field with the number that runs before the operator stops sending it
/// (Kubernetes documentation, Server-Side Apply, "Transferring ownership"). The autoscaler takes it from that one with its
/// first change, and the manager never writes again.
struct ReplicaHandover: Sendable {
  /// The manager in between.
  static let manager = "\(ApusGroup.fieldManager)-replicas"

  let api: any KubernetesAPI

  /// Returns at once where nothing is to be given over. To be called before `desired` is applied.
  ///
  /// - Parameters:
  ///   - live: the Deployment as the cache has it.
  ///   - owner: in whose name; another's Deployment is left alone.
  /// Errors: a conflict where the Deployment was changed meanwhile; the next reconcile sees how.
  func perform(for desired: DesiredObject, live: JSONValue?, owner: OwnerReference?) async throws(KubernetesError) {
    let mark = ApusAnnotations.replicasBy
    guard desired.resource == Resource.deployments, let live,
      let marked = desired.manifest[path: "metadata", "annotations", mark],
      live[path: "metadata", "annotations", mark] != marked
    else { return }
    let target = APITarget(desired.resource, namespace: desired.namespace, name: desired.name)
    // Caches have no managed fields.
    guard let found = try await api.find(target), owns(found),
      ObjectIdentity(found)?.controller?.uid == owner?.uid,
      let running = found[path: "spec", "replicas"]?.integer
    else { return }
    var intent: JSONValue = [
      "apiVersion": desired.manifest["apiVersion"] ?? .null, "kind": desired.manifest["kind"] ?? .null,
      "metadata": ["name": .string(desired.name), "namespace": .string(desired.namespace)],
      // An autoscaler does not touch what is scaled to nothing.
      "spec": ["replicas": .integer(Int64(max(running, 1)))],
    ]
    // Only what was just seen: a number that somebody has set since must not be set back.
    intent.set(found[path: "metadata", "resourceVersion"], at: ["metadata", "resourceVersion"])
    intent.set(found[path: "metadata", "uid"], at: ["metadata", "uid"])
    _ = try await api.perform(.apply(target, intent, manager: Self.manager, force: true))
  }

  /// Whether the operator's applies hold the field.
  private func owns(_ deployment: JSONValue) -> Bool {
    (deployment[path: "metadata", "managedFields"]?.array ?? []).contains { entry in
      entry["manager"]?.string == api.fieldManager && entry["operation"] == "Apply"
        && entry[path: "fieldsV1", "f:spec", "f:replicas"] != nil
    }
  }
}
