package import KubernetesModel

/// A refusal in the API's own form: an object of kind Status. The module's only error.
package struct StatusError: Error, Sendable, Equatable, CustomStringConvertible {
  package var code: Int
  /// CamelCase, one of the API's well-known reasons.
  package var reason: String
  package var message: String
  package var details: JSONValue?

  package init(code: Int, reason: String, message: String, details: JSONValue? = nil) {
    self.code = code
    self.reason = reason
    self.message = message
    self.details = details
  }

  package var description: String { message }

  /// The Status object that clients read.
  package var object: JSONValue {
    var status: JSONValue = [
      "kind": "Status", "apiVersion": "v1", "metadata": [:], "status": "Failure",
      "message": .string(message), "reason": .string(reason), "code": .integer(Int64(code)),
    ]
    if let details { status["details"] = details }
    return status
  }
}

extension StatusError {
  static func notFound(_ resource: GroupResource, _ name: String) -> Self {
    Self(
      code: 404, reason: "NotFound", message: "\(resource) \"\(name)\" not found",
      details: details(resource.group, resource.resource, name))
  }

  static let unknownPath = Self(
    code: 404, reason: "NotFound", message: "the server could not find the requested resource", details: [:])

  static func alreadyExists(_ resource: GroupResource, _ name: String) -> Self {
    Self(
      code: 409, reason: "AlreadyExists", message: "\(resource) \"\(name)\" already exists",
      details: details(resource.group, resource.resource, name))
  }

  static func conflict(_ resource: GroupResource, _ name: String, _ why: String) -> Self {
    Self(
      code: 409, reason: "Conflict", message: "Operation cannot be fulfilled on \(resource) \"\(name)\": \(why)",
      details: details(resource.group, resource.resource, name))
  }

  static func stale(_ resource: GroupResource, _ name: String) -> Self {
    conflict(
      resource, name,
      "the object has been modified; please apply your changes to the latest version and try again")
  }

  package static let unauthorized = Self(code: 401, reason: "Unauthorized", message: "Unauthorized")

  package static func badRequest(_ message: String) -> Self { Self(code: 400, reason: "BadRequest", message: message) }

  static func forbidden(_ resource: GroupResource, _ name: String, _ why: String) -> Self {
    Self(
      code: 403, reason: "Forbidden", message: "\(resource) \"\(name)\" is forbidden: \(why)",
      details: details(resource.group, resource.resource, name))
  }

  /// Nothing is made in a namespace that is going away. The cause says so to programs.
  static func terminating(_ resource: GroupResource, _ name: String, namespace: String) -> Self {
    var error = forbidden(
      resource, name, "unable to create new content in namespace \(namespace) because it is being terminated")
    error.details?["causes"] = [
      [
        "reason": "NamespaceTerminating", "message": .string("namespace \(namespace) is being terminated"),
        "field": "metadata.namespace",
      ]
    ]
    return error
  }

  static let methodNotAllowed = Self(
    code: 405, reason: "MethodNotAllowed",
    message: "the server does not allow this method on the requested resource", details: [:])

  static func unsupportedMediaType(_ type: String) -> Self {
    Self(
      code: 415, reason: "UnsupportedMediaType",
      message: "the body of the request was in an unknown format - accepted media types include: \(type)")
  }

  /// A JSON patch whose operations cannot be done; as in the API server, without a word about which.
  static let patchDoesNotFit = Self(
    code: 422, reason: "Invalid", message: "the server rejected our request due to an error in our request",
    details: [:])

  static func expired(_ message: String) -> Self { Self(code: 410, reason: "Expired", message: message) }

  /// 422 with one cause for each field; the message is worded as the real server's.
  static func invalid(_ kind: GroupVersionKind, _ name: String, _ faults: [FieldFault]) -> Self {
    let shown = faults.map(\.text)
    let list = shown.count == 1 ? shown[0] : "[" + shown.joined(separator: ", ") + "]"
    let qualified = kind.group.isEmpty ? kind.kind : "\(kind.kind).\(kind.group)"
    var details = details(kind.group, kind.kind, name)
    details["causes"] = .array(
      faults.map {
        ["reason": .string($0.reason), "message": .string($0.detail), "field": .string($0.path)]
      })
    return Self(
      code: 422, reason: "Invalid", message: "\(qualified) \"\(name)\" is invalid: \(list)", details: details)
  }

  private static func details(_ group: String, _ kind: String, _ name: String) -> JSONValue {
    var details: JSONValue = ["name": .string(name), "kind": .string(kind)]
    if !group.isEmpty { details["group"] = .string(group) }
    return details
  }
}

/// One thing wrong with one field, worded as the API server's `field.Error`.
package struct FieldFault: Sendable, Equatable {
  package var path: String
  /// `FieldValueInvalid`, `FieldValueRequired`, …
  package var reason: String
  /// Without the path: `Invalid value: 3: must be …`.
  package var detail: String

  package var text: String { path.isEmpty ? detail : "\(path): \(detail)" }

  static func required(_ path: String, _ why: String = "") -> Self {
    Self(path: path, reason: "FieldValueRequired", detail: "Required value" + (why.isEmpty ? "" : ": \(why)"))
  }

  static func invalid(_ path: String, _ value: JSONValue, _ why: String) -> Self {
    Self(path: path, reason: "FieldValueInvalid", detail: "Invalid value: \(value.faultText): \(why)")
  }

  static func wrongType(_ path: String, _ value: JSONValue, expected: String) -> Self {
    let subject = path.isEmpty ? "" : path + " in body"
    return Self(
      path: path, reason: "FieldValueTypeInvalid",
      // The API server shows the type in the value's place.
      detail: "Invalid value: \"\(value.typeName)\": \(subject) must be of type \(expected): \"\(value.typeName)\"")
  }

  static func unsupported(_ path: String, _ value: JSONValue, _ allowed: [String]) -> Self {
    Self(
      path: path, reason: "FieldValueNotSupported",
      detail: "Unsupported value: \(value.faultText): supported values: "
        + allowed.map { "\"\($0)\"" }.joined(separator: ", "))
  }

  static func duplicate(_ path: String, _ value: JSONValue) -> Self {
    Self(path: path, reason: "FieldValueDuplicate", detail: "Duplicate value: \(value.faultText)")
  }

  static func forbidden(_ path: String, _ why: String) -> Self {
    Self(path: path, reason: "FieldValueForbidden", detail: "Forbidden: \(why)")
  }
}

extension JSONValue {
  /// As Go's `%v` with strings quoted.
  var faultText: String { text }

  /// The name JSON schema has for this value's type.
  var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .integer: "integer"
    case .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}

/// A resource without its version: what storage, and most messages, are keyed by.
package struct GroupResource: Hashable, Sendable, CustomStringConvertible {
  package var group: String
  package var resource: String

  package init(group: String, resource: String) {
    self.group = group
    self.resource = resource
  }

  package var description: String { group.isEmpty ? resource : "\(resource).\(group)" }
}
