import KubernetesModel

/// Rules of built-in kinds that a schema cannot say.
enum BuiltInRules {
  static func faults(of object: JSONValue, old: JSONValue?, _ definition: ServedDefinition) -> [FieldFault] {
    switch definition.groupResource.description {
    case "pods":
      return podFaults(object["spec"] ?? [:], at: "spec") + changedPodFaults(object, old)
    case "deployments.apps", "replicasets.apps":
      return workloadFaults(object) + immutable(object, old, [["spec", "selector"]])
    case "jobs.batch":
      return jobFaults(object)
        + immutable(object, old, fixedOfJob(object))
    case "services": return serviceFaults(object, old)
    case "configmaps", "secrets":
      guard old?["immutable"]?.bool == true else { return dataFaults(object) }
      var found: [FieldFault] = []
      if object["immutable"]?.bool != true {
        found.append(.forbidden("immutable", "field is immutable when `immutable` is set"))
      }
      for key in ["data", "binaryData"] where object[key] != old?[key] {
        found.append(.forbidden(key, "field is immutable when `immutable` is set"))
      }
      return found
    case "rolebindings.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io":
      guard let old, old["roleRef"] != object["roleRef"] else { return [] }
      return [.invalid("roleRef", object["roleRef"] ?? .null, "cannot change roleRef")]
    case "customresourcedefinitions.apiextensions.k8s.io":
      return CustomResource.faults(of: object)
        + immutable(object, old, [["spec", "group"], ["spec", "scope"], ["spec", "names", "plural"]])
    default: return []
    }
  }

  private static func value(_ object: JSONValue?, _ path: [String]) -> JSONValue? {
    var value = object
    for key in path { value = value?[key] }
    return value
  }

  private static func immutable(_ object: JSONValue, _ old: JSONValue?, _ paths: [[String]]) -> [FieldFault] {
    guard let old else { return [] }
    return paths.filter { value(object, $0) != value(old, $0) }.map {
      .invalid($0.joined(separator: "."), value(object, $0) ?? .null, "field is immutable")
    }
  }

  private static func podFaults(_ spec: JSONValue, at path: String) -> [FieldFault] {
    var found: [FieldFault] = []
    let containers = spec["containers"]?.array ?? []
    if containers.isEmpty { found.append(.required("\(path).containers")) }
    let volumes = Set((spec["volumes"]?.array ?? []).compactMap { $0["name"]?.string })
    for (key, list) in [("containers", containers), ("initContainers", spec["initContainers"]?.array ?? [])] {
      for (index, container) in list.enumerated() {
        let place = "\(path).\(key)[\(index)]"
        let name = container["name"]?.string ?? ""
        if !NameSyntax.isLabelName(name) {
          found.append(
            .invalid(
              "\(place).name", .string(name),
              "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
            ))
        }
        if container["image"]?.string ?? "" == "" { found.append(.required("\(place).image")) }
        for (mountIndex, mount) in (container["volumeMounts"]?.array ?? []).enumerated() {
          if let volume = mount["name"]?.string, !volumes.contains(volume) {
            found.append(
              FieldFault(
                path: "\(place).volumeMounts[\(mountIndex)].name", reason: "FieldValueNotFound",
                detail: "Not found: \"\(volume)\""))
          }
        }
      }
    }
    return found
  }

  /// Of a pod's spec only images, the deadline, tolerations and the node's name (once) may change.
  private static func changedPodFaults(_ object: JSONValue, _ old: JSONValue?) -> [FieldFault] {
    guard let old else { return [] }
    func fixed(_ pod: JSONValue) -> JSONValue {
      var spec = pod["spec"] ?? [:]
      for key in ["activeDeadlineSeconds", "tolerations", "terminationGracePeriodSeconds", "schedulingGates"] {
        spec[key] = nil
      }
      if old[path: "spec", "nodeName"] == nil { spec["nodeName"] = nil }
      for key in ["containers", "initContainers"] {
        guard let containers = spec[key]?.array else { continue }
        spec[key] = .array(
          containers.map { container in
            var container = container
            container["image"] = nil
            return container
          })
      }
      return spec
    }
    guard fixed(object) != fixed(old) else { return [] }
    return [
      .forbidden(
        "spec",
        "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
      )
    ]
  }

  private static func workloadFaults(_ object: JSONValue) -> [FieldFault] {
    let spec = object["spec"] ?? [:]
    var found: [FieldFault] = []
    if let replicas = spec["replicas"]?.integer, replicas < 0 {
      found.append(.invalid("spec.replicas", spec["replicas"] ?? 0, "must be greater than or equal to 0"))
    }
    let selector = LabelQuery(object: spec["selector"] ?? [:])
    let labels = spec[path: "template", "metadata", "labels"] ?? [:]
    if selector.requirements.isEmpty {
      found.append(.invalid("spec.selector", spec["selector"] ?? [:], "empty selector is invalid for deployment"))
    } else if !selector.matches(labels.stringMap) {
      found.append(.invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"))
    }
    let pod = spec[path: "template", "spec"] ?? [:]
    found += podFaults(pod, at: "spec.template.spec")
    if let policy = pod["restartPolicy"], policy != "Always" {
      found.append(.unsupported("spec.template.spec.restartPolicy", policy, ["Always"]))
    }
    return found
  }

  private static func jobFaults(_ object: JSONValue) -> [FieldFault] {
    let spec = object["spec"] ?? [:]
    var found: [FieldFault] = []
    for key in ["parallelism", "completions", "backoffLimit", "activeDeadlineSeconds", "ttlSecondsAfterFinished"] {
      if let number = spec[key]?.integer, number < 0 {
        found.append(.invalid("spec.\(key)", spec[key] ?? 0, "must be greater than or equal to 0"))
      }
    }
    let pod = spec[path: "template", "spec"] ?? [:]
    found += podFaults(pod, at: "spec.template.spec")
    if let policy = pod["restartPolicy"], policy != "Never", policy != "OnFailure" {
      found.append(
        FieldFault(
          path: "spec.template.spec.restartPolicy", reason: "FieldValueRequired",
          detail: "Required value: valid values: \"OnFailure\", \"Never\""))
    }
    if let name = object[path: "metadata", "name"]?.string, name.utf8.count > 63 {
      found.append(.invalid("metadata.name", .string(name), "must be no more than 63 characters"))
    }
    return found
  }

  /// Completions of an indexed Job may follow its parallelism.
  private static func fixedOfJob(_ job: JSONValue) -> [[String]] {
    let fixed = [["spec", "selector"], ["spec", "template"], ["spec", "completionMode"]]
    let spec = job["spec"] ?? [:]
    let isElastic = spec["completionMode"] == "Indexed" && spec["completions"] == spec["parallelism"]
    return isElastic ? fixed : [["spec", "completions"]] + fixed
  }

  private static func serviceFaults(_ object: JSONValue, _ old: JSONValue?) -> [FieldFault] {
    var found: [FieldFault] = []
    let spec = object["spec"] ?? [:]
    if (spec["ports"]?.array ?? []).isEmpty, spec["clusterIP"] != "None", spec["type"] != "ExternalName" {
      found.append(.required("spec.ports"))
    }
    let ports = spec["ports"]?.array ?? []
    if ports.count > 1 {
      for (index, port) in ports.enumerated() where port["name"]?.string ?? "" == "" {
        found.append(.required("spec.ports[\(index)].name"))
      }
    }
    if let address = old?[path: "spec", "clusterIP"]?.string, !address.isEmpty, spec["clusterIP"]?.string != address {
      found.append(.invalid("spec.clusterIPs[0]", spec["clusterIP"] ?? "", "may not change once set"))
    }
    return found
  }

  private static func dataFaults(_ object: JSONValue) -> [FieldFault] {
    var found: [FieldFault] = []
    var size = 0
    for field in ["data", "binaryData"] {
      for (key, value) in object[field]?.object ?? [:] {
        size += value.string?.utf8.count ?? 0
        if key.wholeMatch(of: /[-._a-zA-Z0-9]+/) == nil || key == "." || key == ".." || key.utf8.count > 253 {
          found.append(
            .invalid(
              "\(field)[\(key)]", .string(key),
              "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
            ))
        }
      }
    }
    if size > 1_048_576 {
      found.append(
        FieldFault(path: "", reason: "FieldValueTooLong", detail: "Too long: may not be more than 1048576 bytes"))
    }
    return found
  }
}
