import KubernetesModel

/// The columns of built-in resources, as `kubectl get` knows them. The name's column is added by `ObjectTable`.
enum BuiltInColumns {
  typealias Row = @Sendable (JSONValue, ClusterTime) -> [JSONValue]
  typealias Column = ObjectTable.Column

  static func columns(for resource: GroupResource) -> ([Column], Row) {
    switch resource.description {
    case "pods":
      (
        named("Ready", "Status", "Restarts", "Age") + wide("IP", "Node", "Nominated Node", "Readiness Gates"),
        PodRow.cells
      )
    case "deployments.apps":
      (
        named("Ready") + counted("Up-to-date", "Available") + named("Age") + wide("Containers", "Images", "Selector"),
        { object, now in
          let status = object["status"] ?? [:]
          let ready = "\(status["readyReplicas"]?.integer ?? 0)/\(object[path: "spec", "replicas"]?.integer ?? 0)"
          return [
            .string(ready), status["updatedReplicas"] ?? 0, status["availableReplicas"] ?? 0, age(object, now),
          ] + template(object)
        }
      )
    case "replicasets.apps":
      (
        counted("Desired", "Current", "Ready") + named("Age") + wide("Containers", "Images", "Selector"),
        { object, now in
          [
            object[path: "spec", "replicas"] ?? 0, object[path: "status", "replicas"] ?? 0,
            object[path: "status", "readyReplicas"] ?? 0, age(object, now),
          ] + template(object)
        }
      )
    case "jobs.batch":
      (named("Status", "Completions", "Duration", "Age") + wide("Containers", "Images", "Selector"), JobRow.cells)
    case "cronjobs.batch":
      (
        named("Schedule", "Timezone", "Suspend") + counted("Active") + named("Last Schedule", "Age"),
        { object, now in
          [
            object[path: "spec", "schedule"] ?? "", object[path: "spec", "timeZone"] ?? "<none>",
            text(object[path: "spec", "suspend"]), .integer(Int64(object[path: "status", "active"]?.array?.count ?? 0)),
            .string(
              object[path: "status", "lastScheduleTime"]?.string.map { Age.text(since: $0, until: now) } ?? "<none>"),
            age(object, now),
          ]
        }
      )
    case "services": (named("Type", "Cluster-IP", "External-IP", "Port(s)", "Age") + wide("Selector"), service)
    case "configmaps":
      (
        counted("Data") + named("Age"),
        { object, now in
          let count = (object["data"]?.object?.count ?? 0) + (object["binaryData"]?.object?.count ?? 0)
          return [.integer(Int64(count)), age(object, now)]
        }
      )
    case "secrets":
      (
        named("Type") + counted("Data") + named("Age"),
        { object, now in
          [object["type"] ?? "Opaque", .integer(Int64(object["data"]?.object?.count ?? 0)), age(object, now)]
        }
      )
    case "events": (EventRow.columns, EventRow.cells)
    case "namespaces":
      (named("Status", "Age"), { object, now in [object[path: "status", "phase"] ?? "", age(object, now)] })
    case "serviceaccounts":
      (
        counted("Secrets") + named("Age"),
        { object, now in [.integer(Int64(object["secrets"]?.array?.count ?? 0)), age(object, now)] }
      )
    case "persistentvolumeclaims":
      (
        named("Status", "Volume", "Capacity", "Access Modes", "StorageClass", "VolumeAttributesClass", "Age")
          + wide("VolumeMode"), claim
      )
    case "nodes":
      (
        named("Status", "Roles", "Age", "Version")
          + wide("Internal-IP", "External-IP", "OS-Image", "Kernel-Version", "Container-Runtime"), NodeRow.cells
      )
    case "leases.coordination.k8s.io":
      (
        named("Holder", "Age"),
        { object, now in [object[path: "spec", "holderIdentity"] ?? "", age(object, now)] }
      )
    case "endpoints": (named("Endpoints", "Age"), endpoints)
    case "customresourcedefinitions.apiextensions.k8s.io", "roles.rbac.authorization.k8s.io",
      "clusterroles.rbac.authorization.k8s.io":
      (named("Created At"), { object, _ in [object[path: "metadata", "creationTimestamp"] ?? ""] })
    case "rolebindings.rbac.authorization.k8s.io", "clusterrolebindings.rbac.authorization.k8s.io":
      (
        named("Role", "Age"),
        { object, now in
          let role = object["roleRef"] ?? [:]
          return [.string("\(role["kind"]?.string ?? "")/\(role["name"]?.string ?? "")"), age(object, now)]
        }
      )
    case "poddisruptionbudgets.policy":
      (
        named("Min Available", "Max Unavailable") + counted("Allowed Disruptions") + named("Age"),
        { object, now in
          [
            text(object[path: "spec", "minAvailable"]), text(object[path: "spec", "maxUnavailable"]),
            object[path: "status", "disruptionsAllowed"] ?? 0, age(object, now),
          ]
        }
      )
    case "horizontalpodautoscalers.autoscaling":
      (
        named("Reference", "Targets", "MinPods", "MaxPods", "Replicas", "Age"),
        { object, now in
          let target = object[path: "spec", "scaleTargetRef"] ?? [:]
          return [
            .string("\(target["kind"]?.string ?? "")/\(target["name"]?.string ?? "")"), "<unknown>",
            text(object[path: "spec", "minReplicas"]), text(object[path: "spec", "maxReplicas"]),
            text(object[path: "status", "currentReplicas"] ?? 0), age(object, now),
          ]
        }
      )
    default: (named("Age"), { object, now in [age(object, now)] })
    }
  }

  static func named(_ names: String...) -> [Column] { names.map { Column(name: $0) } }
  static func counted(_ names: String...) -> [Column] { names.map { Column(name: $0, type: "integer") } }
  static func wide(_ names: String...) -> [Column] { names.map { Column(name: $0, priority: 1) } }

  static func age(_ object: JSONValue, _ now: ClusterTime) -> JSONValue {
    .string(Age.text(since: object[path: "metadata", "creationTimestamp"]?.string, until: now))
  }

  static func text(_ value: JSONValue?) -> JSONValue { .string(value.map { $0.string ?? $0.text } ?? "N/A") }

  /// Containers, images and selector of a pod template.
  static func template(_ object: JSONValue) -> [JSONValue] {
    let containers = object[path: "spec", "template", "spec", "containers"]?.array ?? []
    return [
      .string(containers.compactMap { $0["name"]?.string }.joined(separator: ",")),
      .string(containers.compactMap { $0["image"]?.string }.joined(separator: ",")),
      .string(labels(object[path: "spec", "selector", "matchLabels"])),
    ]
  }

  static func labels(_ value: JSONValue?) -> String {
    let map = value?.stringMap ?? [:]
    guard !map.isEmpty else { return "<none>" }
    return map.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
  }

  private static let service: Row = { object, now in
    let spec = object["spec"] ?? [:]
    let ports = (spec["ports"]?.array ?? []).map { port in
      let node = port["nodePort"]?.integer.map { ":\($0)" } ?? ""
      return "\(port["port"]?.integer ?? 0)\(node)/\(port["protocol"]?.string ?? "TCP")"
    }
    return [
      spec["type"] ?? "ClusterIP", spec["clusterIP"] ?? "<none>", spec["externalName"] ?? "<none>",
      .string(ports.isEmpty ? "<none>" : ports.joined(separator: ",")), age(object, now),
      .string(labels(spec["selector"])),
    ]
  }

  private static let claim: Row = { object, now in
    let short = ["ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX", "ReadWriteOncePod": "RWOP"]
    let modes = (object[path: "status", "accessModes"]?.array ?? []).compactMap { $0.string.map { short[$0] ?? $0 } }
    return [
      object[path: "status", "phase"] ?? "", object[path: "spec", "volumeName"] ?? "",
      object[path: "status", "capacity", "storage"] ?? "", .string(modes.joined(separator: ",")),
      object[path: "spec", "storageClassName"] ?? "", "<unset>", age(object, now),
      object[path: "spec", "volumeMode"] ?? "",
    ]
  }

  private static let endpoints: Row = { object, now in
    let all = (object["subsets"]?.array ?? []).flatMap { subset in
      (subset["addresses"]?.array ?? []).flatMap { address in
        (subset["ports"]?.array ?? []).map { "\(address["ip"]?.string ?? ""):\($0["port"]?.integer ?? 0)" }
      }
    }
    let shown = all.prefix(3).joined(separator: ",") + (all.count > 3 ? " + \(all.count - 3) more..." : "")
    return [.string(all.isEmpty ? "<none>" : shown), age(object, now)]
  }
}
