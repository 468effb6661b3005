package import KubernetesModel

/// A field selector: `metadata.name=web,status.phase!=Running`.
package struct FieldSelector: Sendable, Equatable {
  package struct Term: Sendable, Equatable {
    package var path: String
    package var value: String
    package var isEqual: Bool
  }

  package var terms: [Term]

  package init() { terms = [] }

  /// Errors: 400 for a text that is none, or a field that the resource does not offer.
  package init(parsing text: String, for resource: GroupResource, isCustom: Bool) throws(StatusError) {
    terms = []
    for part in text.split(separator: ",") {
      let isEqual = part.firstRange(of: "!=") == nil
      let sign = isEqual ? (part.firstRange(of: "==") == nil ? "=" : "==") : "!="
      guard let range = part.firstRange(of: sign) else {
        throw .badRequest("invalid field selector: '\(part)'; can't understand '\(part)'")
      }
      let path = String(part[..<range.lowerBound])
      guard Self.offers(path, resource, isCustom) else {
        throw .badRequest(Self.refusal(of: path, resource, isCustom))
      }
      terms.append(Term(path: path, value: String(part[range.upperBound...]), isEqual: isEqual))
    }
  }

  /// Kinds with fields of their own word it in their own way.
  private static func refusal(of path: String, _ resource: GroupResource, _ isCustom: Bool) -> String {
    if resource.resource == "jobs", !isCustom { return "field label \"\(path)\" not supported for Job" }
    let own = ["pods", "events", "secrets", "nodes", "namespaces", "services"]
    guard !isCustom, !own.contains(resource.resource) else { return "field label not supported: \(path)" }
    return "\"\(path)\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
  }

  private static func offers(_ path: String, _ resource: GroupResource, _ isCustom: Bool) -> Bool {
    if path == "metadata.name" || path == "metadata.namespace" { return true }
    if isCustom { return false }
    return switch resource.resource {
    case "pods":
      [
        "spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName", "status.phase",
        "status.podIP", "status.nominatedNodeName",
      ].contains(path)
    case "events":
      path.hasPrefix("involvedObject.") || path.hasPrefix("regarding.")
        || ["reason", "type", "source", "reportingComponent", "reportingController"].contains(path)
    case "secrets": path == "type"
    case "jobs": path == "status.successful"
    case "replicasets": path == "status.replicas"
    case "nodes": path == "spec.unschedulable"
    case "namespaces": path == "status.phase"
    default: false
    }
  }

  /// The exact name asked for, where there is one: a lookup instead of a scan.
  var name: String? { terms.first { $0.path == "metadata.name" && $0.isEqual }?.value }

  package func matches(_ object: JSONValue) -> Bool {
    terms.allSatisfy { term in (Self.text(at: term.path, of: object) == term.value) == term.isEqual }
  }

  /// Events are stored in the core form.
  private static func text(at path: String, of object: JSONValue) -> String {
    var path = path
    if path.hasPrefix("regarding.") { path = "involvedObject." + path.dropFirst("regarding.".count) }
    if path == "reportingController" { path = "reportingComponent" }
    if path == "source", object["source"]?.object != nil { path = "source.component" }
    var value: JSONValue? = object
    for key in path.split(separator: ".") { value = value?[String(key)] }
    switch value {
    case .string(let text)?: return text
    case .bool(let flag)?: return flag ? "true" : "false"
    case .integer(let number)?: return String(number)
    case nil where path == "spec.unschedulable": return "false"
    default: return ""
    }
  }
}
