package import KubernetesModel

/// A user as the API server knows one (`UserInfo` of authentication.k8s.io).
package struct RequestUser: Sendable, Equatable {
  package var name: String
  package var uid: String?
  package var groups: [String]
  package var extra: [String: [String]]

  package init(name: String, uid: String? = nil, groups: [String], extra: [String: [String]] = [:]) {
    self.name = name
    self.uid = uid
    self.groups = groups
    self.extra = extra
  }

  /// Who runs the cluster.
  package static let owner = RequestUser(name: "apus", groups: ["system:masters", "system:authenticated"])
  /// Whoever has no token.
  package static let anonymous = RequestUser(name: "system:anonymous", groups: ["system:unauthenticated"])

  package var info: JSONValue {
    var info: JSONValue = ["username": .string(name), "groups": .array(groups.map(JSONValue.string))]
    if let uid { info["uid"] = .string(uid) }
    if !extra.isEmpty { info["extra"] = .object(extra.mapValues { .array($0.map(JSONValue.string)) }) }
    return info
  }
}
