/// Why the cluster makes no pod from a template, and what a person can set.
struct PodRefusal: Sendable, Hashable {
  /// In the cluster's own words, without the name that the refused pod would have had, which is another one each time.
  let words: String
  /// What they say. It shapes the words for people, and decides nothing.
  let cause: Cause

  enum Cause: Sendable, Hashable {
    /// Members of `resources` that a ResourceQuota has no room for: `limits.memory`.
    case quota(name: String, exceeded: [String])
    case quotaOfPriorityClass
    /// What a ResourceQuota asks every pod to say.
    case quotaAsks(name: String, [ContainerResource])
    /// A LimitRange's bound: `isMissing` where the pod states nothing.
    case aboveMaximum(resource: String, isMissing: Bool)
    case belowMinimum(resource: String, isMissing: Bool)
    /// A LimitRange's bound of limit by request.
    case limitToRequest(resource: String)
    /// Of OpenShift.
    case securityContextConstraint
    /// `volumes` nil: none is at fault; empty: which is not said.
    case podSecurity(level: String, volumes: [String]?, containers: [String])
    case webhookFails(name: String)
    case webhookDenies(name: String)
    case admissionPolicy(name: String)
    case noPriorityClass(name: String)
    case noRuntimeClass
    case noServiceAccount(name: String)
    /// A field of the pod, from `spec.` on.
    case invalidField(path: String)
    case unknown
  }

  /// A member of `resources`; container nil: the generated one.
  struct ContainerResource: Sendable, Hashable {
    var name: String
    var container: String?
  }

  /// `the cluster refuses the pod: exceeded quota: …; lower spec.training.resources.limits.memory, or raise …`
  func sentence(of pods: String, _ fields: PodFields) -> String {
    "the cluster refuses \(pods): \(words); \(mend(fields))"
  }

  func mend(_ fields: PodFields) -> String {
    switch cause {
    case .quota(let name, let exceeded):
      let raise = "raise ResourceQuota \(name)"
      return exceeded.isEmpty
        ? "\(raise), or delete what uses it up"
        : "lower \(exceeded.map { fields.resource($0) }.joined(separator: ", ")), or \(raise)"
    case .quotaOfPriorityClass:
      return "create a ResourceQuota for its priority class, or correct \(fields.template("priorityClassName"))"
    case .quotaAsks(let name, let resources):
      let paths = resources.map { fields.resource($0.name, of: $0.container) }
      return "set \(paths.joined(separator: ", ")), which ResourceQuota \(name) asks for"
    case .aboveMaximum(let resource, let isMissing):
      return
        "\(isMissing ? "set" : "lower") \(fields.resource("limits.\(resource)")), or change the namespace's LimitRange"
    case .belowMinimum(let resource, let isMissing):
      return
        "\(isMissing ? "set" : "raise") \(fields.resource("requests.\(resource)")), or change the namespace's LimitRange"
    case .limitToRequest(let resource):
      let paths = ["requests", "limits"].map { fields.resource("\($0).\(resource)") }
      return "bring \(paths.joined(separator: " and ")) closer together, or change the namespace's LimitRange"
    case .securityContextConstraint:
      return "set \(podUserSetting), so that the cluster chooses users and groups, or correct "
        + fields.template("securityContext")
    case .podSecurity(let level, let volumes, let containers):
      return securityMend(level, volumes, containers, fields)
    case .webhookFails(let name): return "repair the webhook \(name), or exempt the namespace from it"
    case .webhookDenies(let name): return policyMend("webhook \(name)", fields)
    case .admissionPolicy(let name): return policyMend("ValidatingAdmissionPolicy \(name)", fields)
    case .noPriorityClass(let name):
      return "create the PriorityClass \(name), or correct \(fields.template("priorityClassName"))"
    case .noRuntimeClass: return "create the RuntimeClass, or correct \(fields.template("runtimeClassName"))"
    case .noServiceAccount(let name): return "create the ServiceAccount \(name) in the namespace"
    case .invalidField(let path):
      if path.hasSuffix(".resources.requests") || path.contains(".resources.limits") {
        return "correct \(fields.resource("requests")) and \(fields.resource("limits"))"
      }
      return "correct \(fields.template).\(path.dropFirst("spec.".count))"
    case .unknown: return "correct \(fields.template)"
    }
  }

  private func policyMend(_ policy: String, _ fields: PodFields) -> String {
    "give \(fields.template) what the \(policy) asks for, or exempt the namespace from it"
  }

  private func securityMend(
    _ level: String, _ volumes: [String]?, _ containers: [String], _ fields: PodFields
  ) -> String {
    var places: [String] = []
    if let volumes {
      places += volumes.isEmpty ? [fields.template("volumes")] : volumes.map { fields.template("volumes[name=\($0)]") }
    }
    if !containers.isEmpty { places.append(fields.securityContext(of: containers)) }
    if places.isEmpty { places = [fields.template("securityContext")] }
    return "correct \(places.joined(separator: ", ")), or lower the namespace's label "
      + "pod-security.kubernetes.io/enforce (\(level))"
  }
}
