package import ControllerRuntime
package import Decisions
package import KubernetesModel

/// Where announcements about objects go: Events of the cluster, or a test's list.
package protocol EventSink: Sendable {
  func announce(_ announcement: Decisions.Announcement, about object: ObjectReference)
}

extension EventRecorder: EventSink {
  package func announce(_ announcement: Decisions.Announcement, about object: ObjectReference) {
    record(
      ControllerRuntime.Announcement(
        object, announcement.kind == .warning ? .warning : .normal, reason: announcement.reason, action: "Reconcile",
        note: announcement.message))
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
