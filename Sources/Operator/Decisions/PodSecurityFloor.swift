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
    for name in pod { spec[name] = kept(before[name], spec[name], "spec.\(name)") }
    if before["securityContext"] != nil {
      spec["securityContext"] = context(
        before["securityContext"], podContext, in: spec["securityContext"], "spec.securityContext")
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
    let place = "spec.containers[].securityContext"
    var security = context(mine["securityContext"], containerContext, in: container["securityContext"], place)
    var capabilities = security["capabilities"] ?? [:]
    if capabilities.object == nil { capabilities = [:] }
    capabilities["add"] = kept(
      mine[path: "securityContext", "capabilities", "add"], capabilities["add"], "\(place).capabilities.add")
    if capabilities["drop"]?.array?.contains("ALL") != true {
      capabilities["drop"] = mine[path: "securityContext", "capabilities", "drop"]
    }
    security["capabilities"] = capabilities.object?.isEmpty == true ? nil : capabilities
    held["securityContext"] = security
    return held
  }

  /// A security context with these members as generated, and a user other than root.
  private static func context(
    _ mine: JSONValue?, _ names: [String], in theirs: JSONValue?, _ place: String
  ) -> JSONValue {
    var held: JSONValue = theirs?.object == nil ? mine ?? [:] : theirs ?? [:]
    for name in names { held[name] = kept(mine?[name], held[name], "\(place).\(name)") }
    if let user = held["runAsUser"], (user.integer ?? 0) < 1 { held["runAsUser"] = mine?["runAsUser"] }
    return held
  }

  /// What is generated, else what the template says, where that is among the values that every template may have: it takes nothing
  /// away, and without it pods would be another's.
  private static func kept(_ mine: JSONValue?, _ theirs: JSONValue?, _ path: String) -> JSONValue? {
    guard mine == nil, let theirs, isHarmless(theirs, path) else { return mine }
    return theirs
  }

  private static func isHarmless(_ value: JSONValue, _ path: String) -> Bool {
    if let field = TemplateField.at(path) {
      guard case .only(let values) = field.rule else { return false }
      return values.contains(value)
    }
    guard let members = value.object, !members.isEmpty else { return false }
    return members.allSatisfy { isHarmless($0.value, "\(path).\($0.key)") }
  }
}
