package import KubernetesModel

/// Who owns which fields of an object: `metadata.managedFields`, decoded.
package struct ManagedFields: Sendable, Equatable {
  package enum Operation: String, Sendable { case apply = "Apply", update = "Update" }

  package struct Entry: Sendable, Equatable {
    package var manager: String
    package var operation: Operation
    package var apiVersion: String
    package var time: String
    /// Empty: the object itself.
    package var subresource: String
    package var fields: FieldSet

    /// As conflict messages name a manager.
    var text: String {
      let name = "\"\(manager)\"" + (subresource.isEmpty ? "" : " with subresource \"\(subresource)\"")
      guard operation == .update else { return name }
      return "\(name) using \(apiVersion)" + (time.isEmpty ? "" : " at \(time)")
    }
  }

  package var entries: [Entry]

  package init(of object: JSONValue) {
    entries = (object[path: "metadata", "managedFields"]?.array ?? []).compactMap { entry in
      guard let operation = entry["operation"]?.string.flatMap(Operation.init(rawValue:)) else { return nil }
      return Entry(
        manager: entry["manager"]?.string ?? "", operation: operation, apiVersion: entry["apiVersion"]?.string ?? "",
        time: entry["time"]?.string ?? "", subresource: entry["subresource"]?.string ?? "",
        fields: FieldSet(json: entry["fieldsV1"] ?? [:]))
    }
  }

  /// The `managedFields` list; nil when nobody owns anything.
  var json: JSONValue? {
    let order = entries.filter { !$0.fields.isEmpty }.sorted {
      ($0.operation.rawValue, $0.time, $0.manager, $0.subresource)
        < ($1.operation.rawValue, $1.time, $1.manager, $1.subresource)
    }
    guard !order.isEmpty else { return nil }
    return .array(
      order.map { entry in
        var json: JSONValue = [
          "manager": .string(entry.manager), "operation": .string(entry.operation.rawValue),
          "apiVersion": .string(entry.apiVersion), "fieldsType": "FieldsV1", "fieldsV1": entry.fields.json,
        ]
        if !entry.time.isEmpty { json["time"] = .string(entry.time) }
        if !entry.subresource.isEmpty { json["subresource"] = .string(entry.subresource) }
        return json
      })
  }

  func written(to object: JSONValue) -> JSONValue {
    var result = object
    result.set(json, at: ["metadata", "managedFields"])
    return result
  }

  func index(of author: Author, _ operation: Operation) -> Int? {
    entries.firstIndex {
      $0.manager == author.manager && $0.operation == operation && $0.subresource == author.subresource
        && (operation == .apply || $0.apiVersion == author.apiVersion)
    }
  }
}

/// Who writes, through which version and endpoint.
package struct Author: Sendable, Equatable {
  package var manager: String
  package var apiVersion: String
  /// Empty: the object itself.
  package var subresource: String

  package init(manager: String, apiVersion: String, subresource: String = "") {
    self.manager = manager
    self.apiVersion = apiVersion
    self.subresource = subresource
  }
}

extension ManagedFields {
  /// Fields that the server owns; nobody is recorded for them.
  private static let serverOwned: Set<String> = [
    "name", "namespace", "creationTimestamp", "selfLink", "uid", "clusterName", "generation", "managedFields",
    "resourceVersion", "deletionTimestamp", "deletionGracePeriodSeconds",
  ]

  /// The part of a set that a write through this endpoint can own.
  static func ownable(_ set: FieldSet, subresource: String, hasStatus: Bool) -> FieldSet {
    var ignored = FieldSet()
    ignored.insert(.field("apiVersion"))
    ignored.insert(.field("kind"))
    ignored.insert(.field("metadata"))
    var metadata = FieldSet()
    for name in serverOwned { metadata.insert(.field(name)) }
    var result = set.subtracting(ignored)
    result[child: .field("metadata")] = result[child: .field("metadata")].subtractingBelow(metadata)
    let status = PathElement.field("status")
    if subresource == "status" {
      var only = FieldSet()
      if result.contains(status) { only.insert(status) }
      only[child: status] = result[child: status]
      return only
    }
    guard hasStatus else { return result }
    var statusItself = FieldSet()
    statusItself.insert(status)
    return result.subtractingBelow(statusItself)
  }

  /// Records a create, update or patch: what it changed is now its author's, and no longer the others'.
  mutating func recordUpdate(
    by author: Author, from old: JSONValue, to new: JSONValue, schema: ObjectSchema, hasStatus: Bool,
    at now: ClusterTime
  ) {
    let (added, removed, modified) = FieldSet.changes(
      from: old.withoutManagedFields, to: new.withoutManagedFields, schema: schema)
    let taken = Self.ownable(added.union(modified), subresource: author.subresource, hasStatus: hasStatus)
    let gone = removed
    guard !taken.isEmpty || !gone.isEmpty else { return }
    let own = index(of: author, .update)
    for index in entries.indices where index != own {
      // Added fields stay shared with an owner of the same value; a changed value has one owner.
      entries[index].fields = entries[index].fields.subtracting(modified).subtracting(gone)
    }
    if let own {
      entries[own].fields = entries[own].fields.subtracting(gone).union(taken)
      entries[own].time = now.text
    } else {
      entries.append(
        Entry(
          manager: author.manager, operation: .update, apiVersion: author.apiVersion, time: now.text,
          subresource: author.subresource, fields: taken))
    }
    entries.removeAll(where: \.fields.isEmpty)
  }
}

extension JSONValue {
  var withoutManagedFields: JSONValue {
    var copy = self
    copy.set(nil, at: ["metadata", "managedFields"])
    return copy
  }
}
