public import KubernetesModel

/// One call of the Kubernetes API, as a value: what kube-rs calls a request without I/O. Everything about URLs and content
/// types is decided here; `ClusterClient` only sends.
public struct APIRequest: Sendable, Equatable {
  public enum Verb: String, Sendable {
    case get, list, watch, create, update, patch, apply, delete
  }

  public var verb: Verb
  /// What is asked for, for messages and metrics.
  public var target: APITarget
  /// Without the query, percent-encoded.
  public var path: String
  public var query: [QueryItem]
  public var contentType: String?
  public var body: [UInt8]
  /// On the monotonic clock of the client's `TimeSource`: the request is not sent after it, nor still under way. nil: the
  /// client's own time-outs only.
  public var deadline: Duration?
  /// Of each object only the metadata is wanted. A server that cannot do that gives whole objects.
  public var isMetadataOnly = false
  /// What of each object of a list or a watch nobody looks at: it is left out as the answer is read.
  public var unread = JSONPaths()

  public struct QueryItem: Sendable, Equatable {
    public var name: String
    public var value: String
  }

  /// Path and query, to be put behind the server's address.
  public var pathAndQuery: String {
    guard !query.isEmpty else { return path }
    return path + "?"
      + query.map { "\($0.name.percentEncoded)=\($0.value.percentEncoded)" }.joined(separator: "&")
  }

  init(
    _ verb: Verb, _ target: APITarget, query: [QueryItem] = [], contentType: String? = nil, body: [UInt8] = []
  ) {
    self.verb = verb
    self.target = target
    self.path = target.path
    self.query = query
    self.contentType = contentType
    self.body = body
  }

  public var isWrite: Bool {
    switch verb {
    case .get, .list, .watch: false
    case .create, .update, .patch, .apply, .delete: true
    }
  }
}

extension APIRequest {
  /// The media types that are asked for, the best one first.
  var accepted: String {
    guard isMetadataOnly else { return "application/json" }
    let form = verb == .list ? "PartialObjectMetadataList" : "PartialObjectMetadata"
    return "application/json;as=\(form);g=meta.k8s.io;v=v1,application/json"
  }

  /// As it stands in the answer to a list.
  var unreadInList: JSONPaths { verb == .list ? unread.within("items") : JSONPaths() }

  /// As it stands in a watch's events.
  var unreadInEvents: JSONPaths { unread.within("object") }

  /// Whether the deadline leaves room for waiting.
  func allowsPause(of pause: Duration, at now: Duration) -> Bool { deadline.map { now + pause < $0 } ?? true }
}

/// An object, a collection or a subresource.
public struct APITarget: Sendable, Hashable, CustomStringConvertible {
  public var resource: GroupVersionResource
  /// nil: cluster-wide, or all namespaces.
  public var namespace: String?
  /// nil: the collection.
  public var name: String?
  public var subresource: String?

  public init(
    _ resource: GroupVersionResource, namespace: String? = nil, name: String? = nil, subresource: String? = nil
  ) {
    self.resource = resource
    self.namespace = namespace?.isEmpty == true ? nil : namespace
    self.name = name
    self.subresource = subresource
  }

  public var path: String {
    var path = resource.group.isEmpty ? "/api/" : "/apis/\(resource.group.percentEncoded)/"
    path += resource.version.percentEncoded
    if let namespace { path += "/namespaces/\(namespace.percentEncoded)" }
    path += "/\(resource.resource.percentEncoded)"
    if let name { path += "/\(name.percentEncoded)" }
    if let subresource { path += "/\(subresource)" }
    return path
  }

  /// `deployments.apps/income in default`
  public var description: String {
    var text = "\(resource)"
    if let name { text += "/\(name)" }
    if let subresource { text += "/\(subresource)" }
    if let namespace { text += " in \(namespace)" }
    return text
  }
}

/// Which objects a list or a watch is about.
public struct Selection: Sendable, Hashable {
  /// nil: all namespaces, or cluster-wide objects.
  public var namespace: String?
  /// As in `kubectl -l`.
  public var labels: String?
  /// As in `kubectl --field-selector`.
  public var fields: String?

  public init(namespace: String? = nil, labels: String? = nil, fields: String? = nil) {
    self.namespace = namespace
    self.labels = labels
    self.fields = fields
  }

  var query: [APIRequest.QueryItem] {
    [("labelSelector", labels), ("fieldSelector", fields)].compactMap { name, value in
      value.map { APIRequest.QueryItem(name: name, value: $0) }
    }
  }
}

/// How a patch is to be read.
public enum PatchType: String, Sendable {
  /// RFC 6902: a list of operations.
  case json = "application/json-patch+json"
  /// RFC 7386.
  case merge = "application/merge-patch+json"
  case strategicMerge = "application/strategic-merge-patch+json"
}

/// What happens to the objects that a deleted object owns.
public enum DeletionPropagation: String, Sendable {
  case background = "Background"
  case foreground = "Foreground"
  case orphan = "Orphan"
}

extension APIRequest {
  public static func get(_ target: APITarget) -> APIRequest { APIRequest(.get, target) }

  /// One page. `resourceVersion` may only be given with the first one.
  public static func list(
    _ resource: GroupVersionResource, _ selection: Selection = Selection(), limit: Int? = nil,
    continuation: String? = nil, resourceVersion: String? = nil
  ) -> APIRequest {
    var query = selection.query
    if let limit { query.append(QueryItem(name: "limit", value: String(limit))) }
    if let continuation {
      query.append(QueryItem(name: "continue", value: continuation))
    } else if let resourceVersion {
      query.append(QueryItem(name: "resourceVersion", value: resourceVersion))
    }
    return APIRequest(.list, APITarget(resource, namespace: selection.namespace), query: query)
  }

  public static func watch(
    _ resource: GroupVersionResource, _ selection: Selection = Selection(), resourceVersion: String?,
    timeoutSeconds: Int
  ) -> APIRequest {
    var query = selection.query
    query.append(QueryItem(name: "watch", value: "1"))
    query.append(QueryItem(name: "allowWatchBookmarks", value: "true"))
    query.append(QueryItem(name: "timeoutSeconds", value: String(timeoutSeconds)))
    if let resourceVersion { query.append(QueryItem(name: "resourceVersion", value: resourceVersion)) }
    return APIRequest(.watch, APITarget(resource, namespace: selection.namespace), query: query)
  }

  /// A streaming list: all present objects as events, then a bookmark that says so, then a watch. Servers of 1.27 and
  /// later know it, as long as their feature `WatchList` is on.
  public static func streamingList(
    _ resource: GroupVersionResource, _ selection: Selection = Selection(), timeoutSeconds: Int
  ) -> APIRequest {
    var request = watch(resource, selection, resourceVersion: nil, timeoutSeconds: timeoutSeconds)
    request.query.append(QueryItem(name: "sendInitialEvents", value: "true"))
    request.query.append(QueryItem(name: "resourceVersionMatch", value: "NotOlderThan"))
    return request
  }

  /// What the server is: `major`, `minor`, `gitVersion`.
  static var serverVersion: APIRequest {
    var request = APIRequest(.get, APITarget(GroupVersionResource(group: "", version: "", resource: "version")))
    request.path = "/version"
    return request
  }

  public static func create(_ target: APITarget, _ object: JSONValue, manager: String) -> APIRequest {
    APIRequest(
      .create, target, query: [QueryItem(name: "fieldManager", value: manager)], contentType: "application/json",
      body: object.bytes)
  }

  public static func update(_ target: APITarget, _ object: JSONValue, manager: String) -> APIRequest {
    APIRequest(
      .update, target, query: [QueryItem(name: "fieldManager", value: manager)], contentType: "application/json",
      body: object.bytes)
  }

  public static func patch(_ target: APITarget, _ type: PatchType, _ patch: JSONValue, manager: String) -> APIRequest {
    APIRequest(
      .patch, target, query: [QueryItem(name: "fieldManager", value: manager)], contentType: type.rawValue,
      body: patch.bytes)
  }

  /// Server-side apply. What is sent is what the manager wants to own; `managedFields` must not be in it.
  public static func apply(_ target: APITarget, _ object: JSONValue, manager: String, force: Bool) -> APIRequest {
    var object = object
    if object["metadata"]?["managedFields"] != nil { object.set(nil, at: ["metadata", "managedFields"]) }
    return APIRequest(
      .apply, target,
      query: [
        QueryItem(name: "fieldManager", value: manager), QueryItem(name: "force", value: force ? "true" : "false"),
      ], contentType: "application/apply-patch+yaml", body: object.bytes)
  }

  /// - Parameter uid: only this very object, not another one of the same name.
  public static func delete(
    _ target: APITarget, uid: String? = nil, resourceVersion: String? = nil,
    propagation: DeletionPropagation = .background, gracePeriodSeconds: Int? = nil
  ) -> APIRequest {
    var options: JSONValue = [
      "apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": .string(propagation.rawValue),
    ]
    if let uid { options.set(.string(uid), at: ["preconditions", "uid"]) }
    if let resourceVersion { options.set(.string(resourceVersion), at: ["preconditions", "resourceVersion"]) }
    if let gracePeriodSeconds { options["gracePeriodSeconds"] = .integer(Int64(gracePeriodSeconds)) }
    return APIRequest(.delete, target, contentType: "application/json", body: options.bytes)
  }
}

extension String {
  /// RFC 3986: all but unreserved characters.
  var percentEncoded: String {
    let isPlain: (UInt8) -> Bool = { byte in
      (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || "-._~".utf8.contains(byte)
    }
    guard !utf8.allSatisfy(isPlain) else { return self }
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in utf8 {
      if isPlain(byte) {
        bytes.append(byte)
      } else {
        bytes += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
