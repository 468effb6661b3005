package import KubernetesModel

/// Everything the API server knows. A request goes in, an answer and change events come out; nothing here reads a clock,
/// a socket or a file. It is a value: a dry run is a copy that is thrown away.
package struct ClusterState: Sendable {
  /// The newest resource version.
  package internal(set) var revision: Int
  /// Objects in their storage form.
  package internal(set) var objects: [GroupResource: [ObjectPlace: JSONValue]] = [:]
  /// The newest changes, oldest first, at most `historyLimit` of them.
  package internal(set) var history: [ChangeEvent] = []
  /// Watches from before this version cannot be served any more (410).
  package internal(set) var compactedRevision: Int
  package internal(set) var catalog = Catalog()
  /// Each living object, by UID.
  var living: [String: ObjectID] = [:]
  /// Who names an owner, by the owner's UID.
  var dependents: [String: Set<ObjectID>] = [:]
  /// What garbage collection has to look at.
  var unsettled: Set<ObjectID> = []
  /// UIDs of owners that are gone, whose dependents have not been dealt with.
  var goneOwners: Set<String> = []
  let historyLimit: Int
  /// Set on the copy a dry run works on: what it stores gets no version of its own.
  var isDryRun = false

  /// An empty cluster with its namespaces `default` and `kube-system` and one node.
  package init(historyLimit: Int = 5_000, node: JSONValue? = nil, _ circumstances: Circumstances) {
    self.historyLimit = historyLimit
    revision = 1
    compactedRevision = 0
    var circumstances = circumstances
    furnish(node: node, &circumstances)
  }

  /// A state from its stored objects. Watches from before `revision` get 410.
  package init(historyLimit: Int = 5_000, restoring stored: [StoredObject], revision: Int) {
    self.historyLimit = historyLimit
    self.revision = revision
    compactedRevision = revision
    for entry in stored {
      objects[entry.id.resource, default: [:]][entry.id.place] = entry.object
      index(entry.id, entry.object)
      unsettled.insert(entry.id)
    }
    for object in (objects[Self.customDefinitions] ?? [:]).values {
      if let definition = CustomResource.definition(of: object) { catalog.add(definition) }
    }
  }

  /// Every object, for a snapshot.
  package var storedObjects: [StoredObject] {
    objects.flatMap { resource, members in
      members.map { StoredObject(id: ObjectID(resource: resource, place: $0), object: $1) }
    }
  }

  static let customDefinitions = GroupResource(group: "apiextensions.k8s.io", resource: "customresourcedefinitions")
  static let namespaces = GroupResource(group: "", resource: "namespaces")
  static let pods = GroupResource(group: "", resource: "pods")
}

/// Where an object is inside its collection; `namespace` is empty for cluster-wide ones.
package struct ObjectPlace: Hashable, Sendable, Comparable {
  package var namespace: String
  package var name: String

  package init(namespace: String, name: String) {
    self.namespace = namespace
    self.name = name
  }

  package static func < (left: Self, right: Self) -> Bool {
    (left.namespace, left.name) < (right.namespace, right.name)
  }
}

package struct ObjectID: Hashable, Sendable {
  package var resource: GroupResource
  package var place: ObjectPlace

  package init(resource: GroupResource, place: ObjectPlace) {
    self.resource = resource
    self.place = place
  }
}

package struct StoredObject: Sendable {
  package var id: ObjectID
  package var object: JSONValue

  package init(id: ObjectID, object: JSONValue) {
    self.id = id
    self.object = object
  }
}

/// One change of one object, in storage form.
package struct ChangeEvent: Sendable {
  package enum Kind: String, Sendable { case added = "ADDED", modified = "MODIFIED", deleted = "DELETED" }

  package var revision: Int
  package var kind: Kind
  package var id: ObjectID
  /// Its last form where it was deleted, with the version of the deletion.
  package var object: JSONValue
  package var previous: JSONValue?
}

extension ClusterState {
  func object(_ id: ObjectID) -> JSONValue? { objects[id.resource]?[id.place] }

  /// nil: there is no such object.
  package func uid(of resource: GroupResource, namespace: String, name: String) -> String? {
    objects[resource]?[ObjectPlace(namespace: namespace, name: name)]?[path: "metadata", "uid"]?.string
  }

  /// Stores an object under a new resource version and tells the watchers.
  @discardableResult
  mutating func put(_ id: ObjectID, _ object: JSONValue) -> JSONValue {
    revision += 1
    var stored = object
    let previous = self.object(id)
    let version = isDryRun ? previous?[path: "metadata", "resourceVersion"] : .string(String(revision))
    stored.set(version, at: ["metadata", "resourceVersion"])
    if let previous { unindex(id, previous) }
    objects[id.resource, default: [:]][id.place] = stored
    index(id, stored)
    if stored[path: "metadata", "ownerReferences"] != nil || stored[path: "metadata", "deletionTimestamp"] != nil {
      unsettled.insert(id)
    }
    if id.resource == Self.customDefinitions { serve(stored) }
    record(previous == nil ? .added : .modified, id, stored, previous)
    return stored
  }

  /// Removes an object for good.
  @discardableResult
  mutating func remove(_ id: ObjectID) -> JSONValue? {
    guard var gone = objects[id.resource]?.removeValue(forKey: id.place) else { return nil }
    unindex(id, gone)
    revision += 1
    let previous = gone
    gone.set(.string(String(revision)), at: ["metadata", "resourceVersion"])
    if let uid = gone[path: "metadata", "uid"]?.string, dependents[uid] != nil { goneOwners.insert(uid) }
    unsettled.remove(id)
    // An owner or namespace that waits for this one looks again.
    for owner in gone[path: "metadata", "ownerReferences"]?.array ?? [] {
      if let place = owner["uid"]?.string.flatMap({ living[$0] }) { unsettled.insert(place) }
    }
    let namespace = ObjectID(
      resource: Self.namespaces, place: ObjectPlace(namespace: "", name: id.place.namespace))
    if !id.place.namespace.isEmpty, object(namespace)?[path: "metadata", "deletionTimestamp"] != nil {
      unsettled.insert(namespace)
    }
    if id.resource == Self.customDefinitions { stopServing(gone) }
    if catalog.definitions[id.resource]?.isCustom == true {
      let definition = ObjectID(
        resource: Self.customDefinitions, place: ObjectPlace(namespace: "", name: id.resource.description))
      if self.object(definition)?[path: "metadata", "deletionTimestamp"] != nil { unsettled.insert(definition) }
    }
    record(.deleted, id, gone, previous)
    return gone
  }

  private mutating func record(_ kind: ChangeEvent.Kind, _ id: ObjectID, _ object: JSONValue, _ previous: JSONValue?) {
    history.append(ChangeEvent(revision: revision, kind: kind, id: id, object: object, previous: previous))
    if history.count > historyLimit + historyLimit / 4 {
      let surplus = history.count - historyLimit
      compactedRevision = history[surplus - 1].revision
      history.removeFirst(surplus)
    }
  }

  private mutating func index(_ id: ObjectID, _ object: JSONValue) {
    if let uid = object[path: "metadata", "uid"]?.string { living[uid] = id }
    for owner in object[path: "metadata", "ownerReferences"]?.array ?? [] {
      if let uid = owner["uid"]?.string { dependents[uid, default: []].insert(id) }
    }
  }

  private mutating func unindex(_ id: ObjectID, _ object: JSONValue) {
    if let uid = object[path: "metadata", "uid"]?.string { living[uid] = nil }
    for owner in object[path: "metadata", "ownerReferences"]?.array ?? [] {
      guard let uid = owner["uid"]?.string else { continue }
      dependents[uid]?.remove(id)
      if dependents[uid]?.isEmpty == true { dependents[uid] = nil }
    }
  }

  private mutating func serve(_ object: JSONValue) {
    if let definition = CustomResource.definition(of: object) {
      catalog.add(definition)
    } else {
      stopServing(object)
    }
  }

  private mutating func stopServing(_ object: JSONValue) {
    guard let group = object[path: "spec", "group"]?.string,
      let plural = object[path: "spec", "names", "plural"]?.string
    else { return }
    catalog.remove(GroupResource(group: group, resource: plural))
  }
}

extension ClusterState {
  /// What is there from the start.
  private mutating func furnish(node: JSONValue?, _ circumstances: inout Circumstances) {
    for name in ["default", "kube-system", "kube-public", "kube-node-lease"] {
      addNamespace(name, &circumstances)
    }
    guard var node, let name = node[path: "metadata", "name"]?.string else { return }
    node["apiVersion"] = "v1"
    node["kind"] = "Node"
    node.set(.string(circumstances.uid()), at: ["metadata", "uid"])
    node.set(.string(circumstances.now.text), at: ["metadata", "creationTimestamp"])
    put(
      ObjectID(resource: GroupResource(group: "", resource: "nodes"), place: ObjectPlace(namespace: "", name: name)),
      node)
  }

  private mutating func addNamespace(_ name: String, _ circumstances: inout Circumstances) {
    put(
      ObjectID(resource: Self.namespaces, place: ObjectPlace(namespace: "", name: name)),
      [
        "apiVersion": "v1", "kind": "Namespace",
        "metadata": [
          "name": .string(name), "uid": .string(circumstances.uid()),
          "creationTimestamp": .string(circumstances.now.text),
          "labels": ["kubernetes.io/metadata.name": .string(name)],
        ],
        "spec": ["finalizers": ["kubernetes"]], "status": ["phase": "Active"],
      ])
    addServiceAccount(in: name, &circumstances)
  }

  /// Every namespace has a service account `default`.
  mutating func addServiceAccount(in namespace: String, _ circumstances: inout Circumstances) {
    put(
      ObjectID(
        resource: GroupResource(group: "", resource: "serviceaccounts"),
        place: ObjectPlace(namespace: namespace, name: "default")),
      [
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": [
          "name": "default", "namespace": .string(namespace), "uid": .string(circumstances.uid()),
          "creationTimestamp": .string(circumstances.now.text),
        ],
      ])
  }
}
