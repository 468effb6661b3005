import JSON
package import Schema

/// One key of a Secret in the resource's own namespace.
public struct SecretKeyReference: Codable, Sendable, Hashable {
  public var name: String
  public var key: String

  public init(name: String, key: String) {
    self.name = name
    self.key = key
  }
}

/// A Secret in the resource's own namespace.
public struct SecretReference: Codable, Sendable, Hashable {
  public var name: String

  public init(name: String) { self.name = name }
}

extension Schema {
  package static let secretKey = Schema.object(
    "One key of a Secret in the resource's namespace.",
    [
      .required("name", .objectName("The Secret.")),
      .required("key", .string("Its key.", minimum: 1, pattern: "^[-._a-zA-Z0-9]+$", form: "a key of a Secret")),
    ])

  package static let secret = Schema.object(
    "A Secret in the resource's namespace.", [.required("name", .objectName("The Secret."))])
}
