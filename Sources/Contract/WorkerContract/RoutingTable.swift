import JSON
package import Schema

/// What a server is to serve: mirrored from `ModelDeployment.status.traffic` to a ConfigMap (key `routing.json`) that
/// the pods mount, and pushed to them by `POST /model/reload` with the same document as body.
public struct RoutingTable: Codable, Sendable, Equatable {
  public var namespace: String
  public var model: String
  /// Which model of that name: predictions and labels are stored as its own. Nil: written by an operator that does not know.
  public var identity: ModelIdentity?
  /// Grows with every change; a server never goes back to an older one.
  public var revision: Int
  public var entries: [Entry]
  public var logging: LoggingRules

  /// The key of the ConfigMap, and the file's name in the mount.
  public static let fileName = "routing.json"
  /// The key beside it that holds the operator's public keys.
  public static let keysFileName = "operator-keys.json"

  public init(
    namespace: String, model: String, identity: ModelIdentity? = nil, revision: Int, entries: [Entry],
    logging: LoggingRules = .init()
  ) {
    self.namespace = namespace
    self.model = model
    self.identity = identity
    self.revision = revision
    self.entries = entries
    self.logging = logging
  }

  public struct Entry: Codable, Sendable, Equatable {
    public var version: String
    public var digest: String
    /// Percent of requests, 0…100; the weights of all entries add up to 100. 0 with role `warm` is kept loaded only.
    public var weight: Int
    public var role: Role

    public init(version: String, digest: String, weight: Int, role: Role) {
      self.version = version
      self.digest = digest
      self.weight = weight
      self.role = role
    }
  }

  public enum Role: String, Codable, Sendable, CaseIterable {
    case production
    case canary
    /// Predicts every request, answers none.
    case shadow
    /// Loaded, so that a rollback takes seconds.
    case warm
  }
}

extension RoutingTable.Entry: SchemaDescribed {
  package static let schema = Schema.object(
    "One version and its share of requests.",
    [
      .required("version", .version("The version.")),
      .required("digest", .string("SHA-256 of its manifest.", maximum: 128)),
      .required("weight", .integer("Percent of requests.", minimum: 0, maximum: 100)),
      .required("role", .enumeration(RoutingTable.Role.self, "What it is for.")),
    ])
}
