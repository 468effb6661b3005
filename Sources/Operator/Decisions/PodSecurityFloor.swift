import KubernetesModel

/// What no template takes away from a generated pod. Templates that would are refused before (`TemplateField`); this holds
/// for those that somebody has allowed, and for whatever that list may lack.
enum PodSecurityFloor {
  /// Members of a pod's spec that stay as generated, whether they are set there or not.
  private static let pod = [
    "automountServiceAccountToken", "hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace",
  ]
  private static let podContext = ["runAsNonRoot", "seccompProfile"]
  private static let containerContext = [
    "allowPrivilegeEscalation", "privileged", "procMount", "readOnlyRootFilesystem", "runAsNonRoot", "seccompProfile",
  ]

  /// `merged` with the security of `generated`. Containers of people's own are left as they are.
  static func holding(_ generated: JSONValue, in merged: JSONValue) -> JSONValue {
    guard let before = generated["spec"], before.object != nil, var spec = merged["spec"], spec.object != nil else {
      return merged
    }
    for name in pod { spec[name] = before[name] }
    if before["securityContext"] != nil {
      spec["securityContext"] = context(before["securityContext"], podContext, in: spec["securityContext"])
    }
    let own = before["containers"]?.array ?? []
    if let containers = spec["containers"]?.array {
      spec["containers"] = .array(
        containers.map { container in
          guard let mine = own.first(where: { $0["name"] == container["name"] }), mine["securityContext"] != nil else {
            return container
          }
          return holding(mine, container)
        })
    }
    var held = merged
    held["spec"] = spec
    return held
  }

  private static func holding(_ mine: JSONValue, _ container: JSONValue) -> JSONValue {
    var held = container
    var security = context(mine["securityContext"], containerContext, in: container["securityContext"])
    var capabilities = security["capabilities"] ?? [:]
    if capabilities.object == nil { capabilities = [:] }
    capabilities["add"] = mine[path: "securityContext", "capabilities", "add"]
    if capabilities["drop"]?.array?.contains("ALL") != true {
      capabilities["drop"] = mine[path: "securityContext", "capabilities", "drop"]
    }
    security["capabilities"] = capabilities.object?.isEmpty == true ? nil : capabilities
    held["securityContext"] = security
    return held
  }

  /// A security context with these members as generated, and a user other than root.
  private static func context(_ mine: JSONValue?, _ names: [String], in theirs: JSONValue?) -> JSONValue {
    var held: JSONValue = theirs?.object == nil ? mine ?? [:] : theirs ?? [:]
    for name in names { held[name] = mine?[name] }
    if let user = held["runAsUser"], (user.integer ?? 0) < 1 { held["runAsUser"] = mine?["runAsUser"] }
    return held
  }
}
