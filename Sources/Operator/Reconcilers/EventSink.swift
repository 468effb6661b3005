package import ApusAPI
package import ControllerRuntime
package import KubernetesClient
package import KubernetesModel

/// Where announcements about objects go: Events of the cluster, or a test's list.
package protocol EventSink: Sendable {
  /// Telling the same once more changes nothing.
  func tell(_ event: PendingEvent, about object: ObjectReference) async throws(KubernetesError)
}

extension EventRecorder: EventSink {
  package func tell(_ event: PendingEvent, about object: ObjectReference) async throws(KubernetesError) {
    try await write(
      Announcement(
        object, event.type == .warning ? .warning : .normal, reason: event.reason, action: "Reconcile",
        note: event.message), at: event.at.time)
  }
}

extension JSONValue {
  /// Points to an object of the caches, for Events.
  var objectReference: ObjectReference {
    ObjectReference(
      apiVersion: self["apiVersion"]?.string, kind: self["kind"]?.string,
      namespace: self[path: "metadata", "namespace"]?.string, name: self[path: "metadata", "name"]?.string,
      uid: self[path: "metadata", "uid"]?.string, resourceVersion: self[path: "metadata", "resourceVersion"]?.string)
  }
}
