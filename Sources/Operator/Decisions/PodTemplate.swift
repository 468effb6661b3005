package import ApusAPI
package import KubernetesModel

/// People's partial pod templates: checked, then laid over the generated pod.
package enum PodTemplate {
  /// Why a template is refused: field, what is so, and what to do.
  package struct Problem: Sendable, Equatable {
    package var reason: Reason
    package var message: String

    init(_ message: String, reason: Reason = .templateRefused) {
      self.reason = reason
      self.message = message
    }
  }

  /// Reasons why a template is refused: it would lend its author rights that they may not have.
  package static func problems(_ template: JSONValue?, field: String, allowedHostPaths: [String]) -> [Problem] {
    guard let template, !template.isNull else { return [] }
    guard template.object != nil else { return [Problem("\(field): must be a partial pod template (an object)")] }
    let pod = template["spec"] ?? template
    guard pod.object != nil else { return [Problem("\(field).spec: must be a partial pod spec (an object)")] }
    return podProblems(pod, field: template["spec"] == nil ? field : "\(field).spec", allowedHostPaths)
  }

  private static func podProblems(_ pod: JSONValue, field: String, _ allowedHostPaths: [String]) -> [Problem] {
    var problems: [Problem] = []
    for name in ["serviceAccountName", "serviceAccount"] {
      if let account = pod[name]?.string, account != "default" {
        problems.append(Problem("\(field).\(name): a model may not run as '\(account)'; remove it"))
      }
    }
    if pod["automountServiceAccountToken"]?.bool == true {
      problems.append(Problem("\(field).automountServiceAccountToken: workers and servers get no token; remove it"))
    }
    for name in ["hostNetwork", "hostPID", "hostIPC"] where pod[name]?.bool == true {
      problems.append(Problem("\(field).\(name): may not be true; remove it"))
    }
    for (index, volume) in (pod["volumes"]?.array ?? []).enumerated() {
      if let path = volume[path: "hostPath", "path"]?.string, !isAllowed(path, by: allowedHostPaths) {
        problems.append(
          Problem(
            "\(field).volumes[\(index)].hostPath.path: '\(path)' is not below one of the operator's allowedHostPaths "
              + "(\(allowedHostPaths.isEmpty ? "none" : allowedHostPaths.joined(separator: ", "))); use a "
              + "persistentVolumeClaim or have it allowed", reason: .hostPathRefused))
      }
      if volume["projected"]?[path: "sources"]?.array?.contains(where: { $0["serviceAccountToken"] != nil }) == true {
        problems.append(Problem("\(field).volumes[\(index)].projected: service account tokens are refused"))
      }
    }
    for kind in ["containers", "initContainers", "ephemeralContainers"] {
      for (index, container) in (pod[kind]?.array ?? []).enumerated() {
        let security = container["securityContext"]
        for name in ["privileged", "allowPrivilegeEscalation"] where security?[name]?.bool == true {
          problems.append(Problem("\(field).\(kind)[\(index)].securityContext.\(name): may not be true; remove it"))
        }
        if let added = security?[path: "capabilities", "add"]?.array, !added.isEmpty {
          problems.append(
            Problem("\(field).\(kind)[\(index)].securityContext.capabilities.add: must be empty; remove it"))
        }
        if container["name"]?.string == nil {
          problems.append(Problem("\(field).\(kind)[\(index)].name: is required, lists are merged by it"))
        }
      }
    }
    return problems
  }

  /// Below one of the allowed folders, `..` not accepted.
  private static func isAllowed(_ path: String, by allowed: [String]) -> Bool {
    let parts = path.split(separator: "/")
    guard path.hasPrefix("/"), !parts.contains("..") else { return false }
    return allowed.contains { folder in
      let prefix = folder.split(separator: "/")
      return folder.hasPrefix("/") && parts.starts(with: prefix)
    }
  }

  /// The generated pod template with `overlay` laid over it as a strategic merge would: lists by `name`, volume mounts by
  /// `mountPath`. An overlay may be a pod template (`metadata`, `spec`) or a bare pod spec.
  package static func merged(_ generated: JSONValue, with overlay: JSONValue?) -> JSONValue {
    guard let overlay, let members = overlay.object, !members.isEmpty else { return generated }
    var template: JSONValue = members["spec"] == nil && members["metadata"] == nil ? ["spec": overlay] : overlay
    // The generated labels select the pods, the generated owner keeps them: people add to both, but take nothing away.
    let labels = generated[path: "metadata", "labels"]
    let mounts = mountsByContainer(template)
    template = withoutMounts(template)
    var merged = replacingSources(generated, by: template).merged(with: template)
    if let labels { merged["metadata"] = (merged["metadata"] ?? [:]).merged(with: ["labels": labels]) }
    return adding(mounts, to: merged)
  }

  /// A variable has either a value or one `valueFrom`, a volume one kind of source: what people name anew replaces the
  /// generated one as a whole, or two sources would stand side by side and the API server refuse the pod.
  private static func replacingSources(_ generated: JSONValue, by template: JSONValue) -> JSONValue {
    var copy = generated
    if let volumes = generated[path: "spec", "volumes"]?.array {
      copy.set(.array(replacing(volumes, by: template[path: "spec", "volumes"]?.array)), at: ["spec", "volumes"])
    }
    guard let containers = generated[path: "spec", "containers"]?.array else { return copy }
    let overlays = template[path: "spec", "containers"]?.array ?? []
    let replaced = containers.map { container -> JSONValue in
      guard let variables = container["env"]?.array,
        let overlay = overlays.first(where: { $0["name"] == container["name"] })
      else { return container }
      var replaced = container
      replaced["env"] = .array(replacing(variables, by: overlay["env"]?.array))
      return replaced
    }
    copy.set(.array(replaced), at: ["spec", "containers"])
    return copy
  }

  private static func replacing(_ named: [JSONValue], by overlay: [JSONValue]?) -> [JSONValue] {
    guard let overlay else { return named }
    return named.map { element in overlay.first { $0["name"] == element["name"] } ?? element }
  }

  private static func mountsByContainer(_ template: JSONValue) -> [String: [JSONValue]] {
    var mounts: [String: [JSONValue]] = [:]
    for container in template[path: "spec", "containers"]?.array ?? [] {
      guard let name = container["name"]?.string else { continue }
      mounts[name] = container["volumeMounts"]?.array ?? []
    }
    return mounts
  }

  private static func withoutMounts(_ template: JSONValue) -> JSONValue {
    guard let containers = template[path: "spec", "containers"]?.array else { return template }
    var copy = template
    let bare = containers.map { container in
      var bare = container
      bare["volumeMounts"] = nil
      return bare
    }
    copy.set(.array(bare), at: ["spec", "containers"])
    return copy
  }

  private static func adding(_ mounts: [String: [JSONValue]], to template: JSONValue) -> JSONValue {
    guard let containers = template[path: "spec", "containers"]?.array else { return template }
    var copy = template
    let full = containers.map { container -> JSONValue in
      guard let added = container["name"]?.string.flatMap({ mounts[$0] }), !added.isEmpty else { return container }
      let paths = Set(added.compactMap { $0["mountPath"]?.string })
      let kept = (container["volumeMounts"]?.array ?? []).filter { !paths.contains($0["mountPath"]?.string ?? "") }
      var full = container
      full["volumeMounts"] = .array(kept + added)
      return full
    }
    copy.set(.array(full), at: ["spec", "containers"])
    return copy
  }
}
