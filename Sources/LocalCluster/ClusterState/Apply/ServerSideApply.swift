package import KubernetesModel

/// Server-side apply: the applied object is its manager's whole intent. Fields it names are set and owned, fields it named
/// before and no longer names are removed unless somebody else owns them, and a field that another manager owns with
/// another value is a conflict unless forced (after structured-merge-diff's updater).
package enum ServerSideApply {
  /// Errors: 409 with one cause for each field in conflict.
  package static func apply(
    _ intent: JSONValue, to live: JSONValue, by author: Author, force: Bool, schema: ObjectSchema, hasStatus: Bool,
    at now: ClusterTime
  ) throws(StatusError) -> JSONValue {
    var managed = ManagedFields(of: live)
    let liveBody = live.withoutManagedFields
    let intent = restricted(withoutNulls(intent), to: author.subresource, hasStatus: hasStatus)
    let set = ManagedFields.ownable(
      FieldSet(of: intent, schema: schema), subresource: author.subresource, hasStatus: hasStatus)
    let own = managed.index(of: author, .apply)
    let earlier = own.map { managed.entries[$0].fields } ?? FieldSet()

    var others = FieldSet()
    for index in managed.entries.indices where index != own { others = others.union(managed.entries[index].fields) }
    let merged = merge(intent, into: liveBody, schema)
    let result = removing(earlier, keeping: others.union(set), from: merged, schema) ?? .object([:])

    let (added, removed, modified) = FieldSet.changes(from: liveBody, to: result, schema: schema)
    try settle(&managed, own, changed: added.union(modified), force: force)
    for index in managed.entries.indices where index != own {
      managed.entries[index].fields = managed.entries[index].fields.subtracting(removed)
    }
    if let own {
      if managed.entries[own].fields != set || liveBody != result { managed.entries[own].time = now.text }
      managed.entries[own].fields = set
      managed.entries[own].apiVersion = author.apiVersion
    } else {
      managed.entries.append(
        ManagedFields.Entry(
          manager: author.manager, operation: .apply, apiVersion: author.apiVersion, time: now.text,
          subresource: author.subresource, fields: set))
    }
    managed.entries.removeAll(where: \.fields.isEmpty)
    return managed.written(to: result)
  }

  /// Takes changed fields from the other managers, or refuses.
  private static func settle(
    _ managed: inout ManagedFields, _ own: Int?, changed: FieldSet, force: Bool
  ) throws(StatusError) {
    var conflicts: [(manager: String, path: String)] = []
    for index in managed.entries.indices where index != own {
      let shared = managed.entries[index].fields.intersection(changed)
      guard !shared.isEmpty else { continue }
      conflicts += shared.pathTexts.map { (managed.entries[index].text, $0) }
      managed.entries[index].fields = managed.entries[index].fields.subtracting(shared)
    }
    guard !conflicts.isEmpty, !force else { return }
    throw conflict(conflicts)
  }

  private static func conflict(_ conflicts: [(manager: String, path: String)]) -> StatusError {
    var message: String
    if conflicts.count == 1 {
      message = "Apply failed with 1 conflict: conflict with \(conflicts[0].manager): \(conflicts[0].path)"
    } else {
      var lines: [String] = []
      for manager in Set(conflicts.map(\.manager)).sorted() {
        lines.append("conflicts with \(manager):")
        lines += conflicts.filter { $0.manager == manager }.map { "- \($0.path)" }
      }
      message = "Apply failed with \(conflicts.count) conflicts: " + lines.joined(separator: "\n")
    }
    let causes = conflicts.map { conflict -> JSONValue in
      [
        "reason": "FieldManagerConflict", "message": .string("conflict with \(conflict.manager)"),
        "field": .string(conflict.path),
      ]
    }
    return StatusError(code: 409, reason: "Conflict", message: message, details: ["causes": .array(causes)])
  }

  /// Through the object's own endpoint its status is not written; through `/status` nothing else.
  private static func restricted(_ intent: JSONValue, to subresource: String, hasStatus: Bool) -> JSONValue {
    var result = intent
    if subresource == "status" {
      var only: JSONValue = [:]
      for key in ["apiVersion", "kind", "status"] { only[key] = intent[key] }
      for key in ["name", "namespace"] {
        only.set(intent[path: "metadata", key], at: ["metadata", key])
      }
      return only
    }
    if hasStatus { result["status"] = nil }
    return result
  }

  private static func withoutNulls(_ value: JSONValue) -> JSONValue {
    switch value {
    case .object(let members): .object(members.filter { !$0.value.isNull }.mapValues(withoutNulls))
    case .array(let elements): .array(elements.map(withoutNulls))
    default: value
    }
  }

  static func merge(_ intent: JSONValue, into live: JSONValue, _ schema: ObjectSchema) -> JSONValue {
    switch (live, intent) {
    case (.object(var members), .object(let changes)) where !schema.isAtomic(intent):
      for (key, change) in changes {
        let shape = schema.shape(of: .field(key))
        members[key] = members[key].map { merge(change, into: $0, shape) } ?? change
      }
      return .object(members)
    case (.array(let present), .array(let wanted)) where !schema.isAtomic(intent):
      return .array(merge(wanted, into: present, schema))
    default: return intent
    }
  }

  /// The intent's order; elements only the live list has keep their place between the common ones.
  private static func merge(_ wanted: [JSONValue], into present: [JSONValue], _ schema: ObjectSchema) -> [JSONValue] {
    let wantedIdentities = wanted.enumerated().map { schema.identity(of: $1, at: $0) }
    let presentIdentities = present.enumerated().map { schema.identity(of: $1, at: $0) }
    let wantedSet = Set(wantedIdentities)
    let byIdentity = Dictionary(zip(presentIdentities, present), uniquingKeysWith: { first, _ in first })
    var result: [JSONValue] = []
    var emitted: Set<PathElement> = []
    var left = 0
    var right = 0
    while true {
      while left < present.count, emitted.contains(presentIdentities[left]) { left += 1 }
      if left < present.count, !wantedSet.contains(presentIdentities[left]) {
        result.append(present[left])
        left += 1
      } else if right < wanted.count {
        let identity = wantedIdentities[right]
        let element = byIdentity[identity].map { merge(wanted[right], into: $0, schema.items ?? .anything) }
        if emitted.insert(identity).inserted { result.append(element ?? wanted[right]) }
        right += 1
      } else {
        return result
      }
    }
  }

  /// Without the parts in `gone` that nobody in `owned` has; containers left empty by that go too. nil: nothing is left.
  private static func removing(
    _ gone: FieldSet, keeping owned: FieldSet, from value: JSONValue, _ schema: ObjectSchema
  ) -> JSONValue? {
    func reduced(_ element: PathElement, _ part: JSONValue) -> JSONValue? {
      let isOwned = owned.contains(element) || owned.children[element] != nil
      if gone.contains(element), !isOwned { return nil }
      guard let below = gone.children[element] else { return part }
      let rest = removing(below, keeping: owned[child: element], from: part, schema.shape(of: element))
      let isEmpty = rest == nil || rest == .object([:]) || rest == .array([])
      return isEmpty && !isOwned ? JSONValue?.none : rest ?? part
    }
    switch value {
    case .object(var members):
      for element in gone.members.union(gone.children.keys) {
        guard case .field(let key) = element, let part = members[key] else { continue }
        members[key] = reduced(element, part)
      }
      return .object(members)
    case .array(let elements):
      return .array(
        elements.enumerated().compactMap { reduced(schema.identity(of: $1, at: $0), $1) })
    default: return value
    }
  }
}
