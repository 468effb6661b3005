/// A resource of the API as its path names it: `apis/apps/v1/deployments`. The core group is the empty string.
public struct GroupVersionResource: Hashable, Sendable, CustomStringConvertible {
  public var group: String
  public var version: String
  /// Lower case, plural: `deployments`.
  public var resource: String

  public init(group: String, version: String, resource: String) {
    self.group = group
    self.version = version
    self.resource = resource
  }

  /// `v1` or `apps/v1`, as objects write it.
  public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

  public var description: String { group.isEmpty ? resource : "\(resource).\(group)" }
}

/// A kind of object as its text names it.
public struct GroupVersionKind: Hashable, Sendable, CustomStringConvertible {
  public var group: String
  public var version: String
  public var kind: String

  public init(group: String, version: String, kind: String) {
    self.group = group
    self.version = version
    self.kind = kind
  }

  /// From the `apiVersion` and `kind` of an object.
  public init(apiVersion: String, kind: String) {
    let parts = apiVersion.split(separator: "/", maxSplits: 1).map(String.init)
    self.init(group: parts.count == 2 ? parts[0] : "", version: parts.last ?? "", kind: kind)
  }

  public var apiVersion: String { group.isEmpty ? version : "\(group)/\(version)" }

  public var description: String { "\(kind).\(apiVersion)" }
}
