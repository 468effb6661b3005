import KubernetesModel

/// Defaults of built-in kinds that depend on other fields; the plain ones are in the tables.
enum BuiltInDefaults {
  /// A new object, completed.
  static func created(_ object: JSONValue, _ resource: ServedResource, _ now: ClusterTime) -> JSONValue {
    var result = completed(object, resource)
    switch resource.definition.groupResource.description {
    case "pods": result["status"] = ["phase": "Pending", "qosClass": .string(qualityOfService(result))]
    case "namespaces":
      result.set(["kubernetes"], at: ["spec", "finalizers"])
      result["status"] = ["phase": "Active"]
    case "persistentvolumeclaims": result["status"] = ["phase": "Pending"]
    case "jobs.batch": result = selectedByUID(result)
    case "deployments.apps": result["status"] = [:]
    case "replicasets.apps": result["status"] = ["replicas": 0]
    default: break
    }
    return result
  }

  static func updated(_ object: JSONValue, from live: JSONValue, _ resource: ServedResource) -> JSONValue {
    var result = completed(object, resource)
    let kind = resource.definition.groupResource.description
    if kind == "jobs.batch" {
      for path in [["spec", "selector"], ["spec", "template", "metadata", "labels"]] where value(result, path) == nil {
        result.set(value(live, path), at: path)
      }
    }
    if kind == "services" {
      for key in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] where result[path: "spec", key] == nil {
        result.set(live[path: "spec", key], at: ["spec", key])
      }
    }
    if kind == "pods", result[path: "spec", "nodeName"] == nil {
      result.set(live[path: "spec", "nodeName"], at: ["spec", "nodeName"])
    }
    if kind == "namespaces", result[path: "spec", "finalizers"] == nil {
      result.set(live[path: "spec", "finalizers"], at: ["spec", "finalizers"])
    }
    return result
  }

  private static func completed(_ object: JSONValue, _ resource: ServedResource) -> JSONValue {
    var result = object
    switch resource.definition.groupResource.description {
    case "pods": result["spec"] = result["spec"].map(podSpec)
    case "deployments.apps", "replicasets.apps":
      result.set(result[path: "spec", "template", "spec"].map(podSpec), at: ["spec", "template", "spec"])
      if result[path: "spec", "strategy", "type"] == nil, resource.definition.kind == "Deployment" {
        result.set("RollingUpdate", at: ["spec", "strategy", "type"])
      }
      if result[path: "spec", "strategy", "type"] == "RollingUpdate" {
        for key in ["maxSurge", "maxUnavailable"] {
          let path = ["spec", "strategy", "rollingUpdate", key]
          if value(result, path) == nil { result.set("25%", at: path) }
        }
      }
    case "jobs.batch":
      result.set(result[path: "spec", "template", "spec"].map(podSpec), at: ["spec", "template", "spec"])
      if result[path: "spec", "completions"] == nil, result[path: "spec", "parallelism"] == nil {
        result.set(1, at: ["spec", "completions"])
      }
      if result[path: "spec", "parallelism"] == nil { result.set(1, at: ["spec", "parallelism"]) }
    case "services":
      result.set(result[path: "spec", "ports"].map(servicePorts), at: ["spec", "ports"])
      if result[path: "spec", "type"] == "ExternalName" { result.set(nil, at: ["spec", "internalTrafficPolicy"]) }
    case "secrets": result = withEncodedData(result)
    case "namespaces":
      result.set(result[path: "metadata", "name"], at: ["metadata", "labels", "kubernetes.io/metadata.name"])
    case "customresourcedefinitions.apiextensions.k8s.io":
      result = CustomResource.named(result)
      if result[path: "spec", "conversion"] == nil { result.set(["strategy": "None"], at: ["spec", "conversion"]) }
    case "rolebindings.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io":
      if let subjects = result["subjects"]?.array {
        result["subjects"] = .array(
          subjects.map { subject in
            var subject = subject
            if subject["apiGroup"] == nil, subject["kind"] != "ServiceAccount" {
              subject["apiGroup"] = "rbac.authorization.k8s.io"
            }
            return subject
          })
      }
    default: break
    }
    return result
  }

  private static func value(_ object: JSONValue, _ path: [String]) -> JSONValue? {
    var value: JSONValue? = object
    for key in path { value = value?[key] }
    return value
  }

  private static func podSpec(_ spec: JSONValue) -> JSONValue {
    var result = spec
    for key in ["containers", "initContainers"] {
      guard let containers = spec[key]?.array else { continue }
      result[key] = .array(
        containers.map { container in
          var container = container
          if container["imagePullPolicy"] == nil, let image = container["image"]?.string {
            let tag = image.split(separator: "/").last?.split(separator: ":").dropFirst().first
            let isLatest = !image.contains("@") && (tag == nil || tag == "latest")
            container["imagePullPolicy"] = isLatest ? "Always" : "IfNotPresent"
          }
          return container
        })
    }
    if let account = spec["serviceAccountName"], spec["serviceAccount"] == nil { result["serviceAccount"] = account }
    return result
  }

  private static func servicePorts(_ ports: JSONValue) -> JSONValue {
    .array(
      (ports.array ?? []).map { port in
        var port = port
        if port["targetPort"] == nil { port["targetPort"] = port["port"] }
        return port
      })
  }

  /// `stringData` goes into `data`, in base64.
  private static func withEncodedData(_ secret: JSONValue) -> JSONValue {
    guard let plain = secret["stringData"]?.object else { return secret }
    var result = secret
    for (key, value) in plain {
      if let text = value.string { result.set(.string(Base64.encode(Array(text.utf8))), at: ["data", key]) }
    }
    result["stringData"] = nil
    return result
  }

  /// A Job's pods carry its UID, so that no other Job's pods are taken for its own.
  private static func selectedByUID(_ job: JSONValue) -> JSONValue {
    guard job[path: "spec", "manualSelector"]?.bool != true, let uid = job[path: "metadata", "uid"],
      let name = job[path: "metadata", "name"]
    else { return job }
    var result = job
    let labels = ["spec", "template", "metadata", "labels"]
    for prefix in ["", "batch.kubernetes.io/"] {
      result.set(uid, at: labels + [prefix + "controller-uid"])
      result.set(name, at: labels + [prefix + "job-name"])
    }
    if result[path: "spec", "selector"] == nil {
      result.set(["matchLabels": ["batch.kubernetes.io/controller-uid": uid]], at: ["spec", "selector"])
    }
    // A Job without labels shows those of its pods.
    if (result[path: "metadata", "labels"]?.object ?? [:]).isEmpty {
      result.set(value(result, labels), at: ["metadata", "labels"])
    }
    return result
  }

  private static func qualityOfService(_ pod: JSONValue) -> String {
    let resources = (pod[path: "spec", "containers"]?.array ?? []).map { $0["resources"] ?? [:] }
    let kinds = ["cpu", "memory"]
    if resources.allSatisfy({ ($0["limits"]?.object ?? [:]).isEmpty && ($0["requests"]?.object ?? [:]).isEmpty }) {
      return "BestEffort"
    }
    let isGuaranteed = resources.allSatisfy { resource in
      kinds.allSatisfy { kind in
        guard let limit = resource[path: "limits", kind] else { return false }
        return (resource[path: "requests", kind] ?? limit) == limit
      }
    }
    return isGuaranteed ? "Guaranteed" : "Burstable"
  }
}
