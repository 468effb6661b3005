import KubernetesModel

/// What every object's metadata has to keep to.
enum MetadataRules {
  static func faults(of object: JSONValue, old: JSONValue?, _ definition: ServedDefinition) -> [FieldFault] {
    var found: [FieldFault] = []
    if old == nil { found += nameFaults(object, definition) }
    for (key, value) in object[path: "metadata", "labels"]?.object ?? [:] {
      if !NameSyntax.isQualifiedName(key) {
        found.append(
          .invalid(
            "metadata.labels", .string(key),
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
          ))
      }
      if let text = value.string, !NameSyntax.isLabelValue(text) {
        found.append(
          .invalid(
            "metadata.labels", value,
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
          ))
      }
    }
    for key in (object[path: "metadata", "annotations"]?.object ?? [:]).keys
    where !NameSyntax.isQualifiedName(key.lowercased()) {
      found.append(
        .invalid(
          "metadata.annotations", .string(key),
          "a qualified name must consist of alphanumeric characters, '-', '_' or '.'"))
    }
    let size = (object[path: "metadata", "annotations"]?.stringMap ?? [:]).reduce(0) {
      $0 + $1.key.utf8.count + $1.value.utf8.count
    }
    if size > 262_144 {
      found.append(
        FieldFault(
          path: "metadata.annotations", reason: "FieldValueTooLong",
          detail: "Too long: may not be more than 262144 bytes"))
    }
    found += ownerFaults(object)
    if let old, old[path: "metadata", "deletionTimestamp"] != nil {
      let before = Set(old.finalizers)
      let new = object.finalizers.filter { !before.contains($0) }
      if !new.isEmpty {
        found.append(
          .forbidden(
            "metadata.finalizers",
            "no new finalizers can be added if the object is being deleted, found new finalizers \(new)"))
      }
    }
    return found
  }

  private static func nameFaults(_ object: JSONValue, _ definition: ServedDefinition) -> [FieldFault] {
    let name = object[path: "metadata", "name"]?.string ?? ""
    if name.isEmpty { return [.required("metadata.name", "name or generateName is required")] }
    let value = JSONValue.string(name)
    switch definition.groupResource.description {
    case "services":
      return name.utf8.count <= 63 && name.wholeMatch(of: /[a-z]([-a-z0-9]*[a-z0-9])?/) != nil
        ? []
        : [
          .invalid(
            "metadata.name", value,
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
          )
        ]
    case "namespaces":
      return NameSyntax.isLabelName(name)
        ? []
        : [
          .invalid(
            "metadata.name", value,
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
          )
        ]
    default:
      if definition.group == "rbac.authorization.k8s.io" {
        return name == "." || name == ".." || name.contains("/") || name.contains("%")
          ? [.invalid("metadata.name", value, "may not be '.', '..' or contain '/' or '%'")] : []
      }
      if name.utf8.count > 253 { return [.invalid("metadata.name", value, "must be no more than 253 characters")] }
      return NameSyntax.isSubdomain(name)
        ? []
        : [
          .invalid(
            "metadata.name", value,
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
          )
        ]
    }
  }

  private static func ownerFaults(_ object: JSONValue) -> [FieldFault] {
    var found: [FieldFault] = []
    let owners = object[path: "metadata", "ownerReferences"]?.array ?? []
    for (index, owner) in owners.enumerated() {
      for key in ["apiVersion", "kind", "name", "uid"] where owner[key]?.string ?? "" == "" {
        found.append(.invalid("metadata.ownerReferences[\(index)].\(key)", owner[key] ?? "", "must not be empty"))
      }
    }
    let controllers = owners.filter { $0["controller"]?.bool == true }
    if controllers.count > 1 {
      found.append(
        .invalid("metadata.ownerReferences", .array(owners), "Only one reference can have Controller set to true"))
    }
    return found
  }
}
