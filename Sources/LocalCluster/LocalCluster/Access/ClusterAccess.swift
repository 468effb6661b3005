package import KubernetesModel

/// What built-in controllers, the pod runner and services need of the API server, in process. Objects are untyped at
/// this edge because the API server itself is.
package protocol ClusterAccess: Sendable {
  /// nil: not there. `namespace` is empty for cluster-wide resources.
  func get(_ resource: GroupVersionResource, namespace: String, name: String) async -> JSONValue?

  /// All objects of a namespace, or of all namespaces where it is nil, whose labels contain `labels`.
  func list(_ resource: GroupVersionResource, namespace: String?, labels: [String: String]) async -> [JSONValue]

  /// The object as stored: defaults, uid, resource version.
  func create(_ resource: GroupVersionResource, namespace: String, _ object: JSONValue) async throws(APIFailure)
    -> JSONValue

  /// Replaces the object, or with `subresource: "status"` its status. A stale resource version is a conflict (409).
  func update(_ resource: GroupVersionResource, subresource: String?, _ object: JSONValue) async throws(APIFailure)
    -> JSONValue

  /// Deletes with a UID precondition where `uid` is given. `gracePeriod` 0 removes a pod at once; else a pod that runs
  /// gets a deletion timestamp and the pod runner removes it when its processes are gone.
  func delete(
    _ resource: GroupVersionResource, namespace: String, name: String, uid: String?, gracePeriod: Int?,
    propagation: LocalPropagation
  ) async throws(APIFailure)

  /// Every object of the given resources as an `added` event first, then each change, in order, without a gap.
  func changes(of resources: [GroupVersionResource]) async -> AsyncStream<ClusterChange>
}

package enum LocalPropagation: String, Sendable {
  case background = "Background"
  case foreground = "Foreground"
  case orphan = "Orphan"
}

package struct ClusterChange: Sendable {
  package enum Kind: String, Sendable {
    case added = "ADDED"
    case modified = "MODIFIED"
    case deleted = "DELETED"
  }

  package var kind: Kind
  package var resource: GroupVersionResource
  package var object: JSONValue

  package init(kind: Kind, resource: GroupVersionResource, object: JSONValue) {
    self.kind = kind
    self.resource = resource
    self.object = object
  }
}

/// A refusal as the API server words it: HTTP code, CamelCase reason, message.
package struct APIFailure: Error, Sendable, Equatable, CustomStringConvertible {
  package var code: Int
  package var reason: String
  package var message: String

  package init(code: Int, reason: String, message: String) {
    self.code = code
    self.reason = reason
    self.message = message
  }

  package var description: String { message }
}

/// Where the API server gets a container's log from (`GET …/pods/NAME/log`).
package protocol PodLogs: Sendable {
  /// The log's bytes; with `follow` the stream stays open until the container ends or the reader goes away.
  func log(namespace: String, pod: String, options: LogOptions) async throws(APIFailure) -> AsyncStream<[UInt8]>
}

package struct LogOptions: Sendable, Equatable {
  package var container: String?
  package var follow = false
  package var previous = false
  package var tailLines: Int?
  package var sinceSeconds: Int?
  package var timestamps = false
  package var limitBytes: Int?

  package init() {}
}
