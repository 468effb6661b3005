package import KubernetesModel

/// What people may write in a partial pod template: one line for each field, in `TemplateField.all`. A field that has no line is
/// refused, those of later Kubernetes releases included.
///
/// The list holds pods to the restricted profile of the Pod Security Standards (v1.32), and to what someone who may write models,
/// but no pods, could do himself. `docs/pods.md` and `docs/decisions/0031-templates-and-secrets.md` say why.
package struct TemplateField: Sendable, Equatable {
  package enum Rule: Sendable, Equatable {
    /// Any value, with all that lies below it.
    case free
    /// One of these values, whatever the configuration says.
    case only([JSONValue])
    /// A user other than root.
    case nonRoot
    /// A list that names ALL.
    case dropsAll
    /// The name of a Secret that says that models may read it.
    case secret
    /// A folder below one of `allowedHostPaths`.
    case hostPath
    /// An object of free texts; keys with these beginnings are refused.
    case keys(except: [String])
    /// Refused unless the operator's configuration allows it.
    case onRequest
    /// Refused, whatever the configuration says.
    case never
  }

  /// From the pod template on, with `[]` for the elements of a list: `spec.containers[].image`.
  package var path: String
  package var rule: Rule
  /// What the rule guards; empty where there is nothing to explain.
  package var why: String
  /// Whether the field decides what the generated container executes, or whom it speaks to.
  package var isSteering: Bool

  private init(_ path: String, _ rule: Rule, _ why: String = "", isSteering: Bool = false) {
    self.path = path
    self.rule = rule
    self.why = why
    self.isSteering = isSteering
  }

  /// Whether the operator's configuration may allow it: the security of a pod is not its to give away.
  package var isGrantable: Bool {
    switch rule {
    case .free, .onRequest, .secret, .keys: true
    case .only, .nonRoot, .dropsAll, .hostPath, .never: false
    }
  }
}

// MARK: the list

extension TemplateField {
  package static let all: [TemplateField] = {
    var all = metadata
    for part in [pod, podIdentity, placement, placementOnRequest, podSecurity, volumes, volumesWithRules] {
      all += part
    }
    for place in ["spec.containers[]", "spec.initContainers[]"] {
      all += container(place)
      all += containerSecurity(place)
    }
    return all
  }()

  private static let byPath = Dictionary(all.map { ($0.path, $0) }) { first, _ in first }

  /// nil: the path has no line.
  package static func at(_ path: String) -> TemplateField? { byPath[path] }

  private static func free(_ place: String, _ names: [String], isSteering: Bool = false) -> [TemplateField] {
    names.map { TemplateField("\(place)\($0)", .free, isSteering: isSteering) }
  }

  private static let metadata: [TemplateField] = [
    TemplateField(
      "metadata.labels", .keys(except: ["apus.dev/"]), "these labels tell the operator whose pods they are"),
    TemplateField(
      "metadata.annotations",
      .keys(except: [
        "apus.dev/", "container.apparmor.security.beta.kubernetes.io/", "seccomp.security.alpha.kubernetes.io/",
        "container.seccomp.security.alpha.kubernetes.io/", "k8s.v1.cni.cncf.io/", "v1.multus-cni.io/",
        "io.kubernetes.cri-o.", "io.katacontainers.",
      ]), "the container runtime and the network take orders by these annotations"),
  ]

  private static let pod: [TemplateField] = {
    var fields = free(
      "spec.",
      [
        "activeDeadlineSeconds", "terminationGracePeriodSeconds", "restartPolicy", "os", "readinessGates", "resources",
        "setHostnameAsFQDN",
      ])
    fields += free(
      "spec.", ["dnsConfig", "dnsPolicy", "hostAliases", "hostname", "subdomain", "enableServiceLinks"],
      isSteering: true)
    return fields
  }()

  private static let podIdentity: [TemplateField] = [
    TemplateField("spec.serviceAccountName", .only(["default"]), "a model may not run as another service account"),
    TemplateField("spec.serviceAccount", .only(["default"]), "a model may not run as another service account"),
    TemplateField("spec.automountServiceAccountToken", .only([false]), "workers and servers get no token"),
    TemplateField("spec.hostNetwork", .only([false]), "pods keep to their own network"),
    TemplateField("spec.hostPID", .only([false]), "pods keep to their own processes"),
    TemplateField("spec.hostIPC", .only([false]), "pods keep to their own memory"),
    TemplateField("spec.hostUsers", .only([false]), "false is safer, true is what holds anyway"),
    TemplateField("spec.shareProcessNamespace", .only([false]), "containers would read each other's environment"),
    TemplateField("spec.imagePullSecrets[].name", .secret),
    TemplateField("spec.ephemeralContainers", .never, "they are added to running pods only"),
    TemplateField("spec.overhead", .never, "the cluster sets it"),
    TemplateField("spec.priority", .never, "the cluster sets it"),
  ]

  private static let placement: [TemplateField] = free(
    "spec.", ["nodeSelector", "affinity", "topologySpreadConstraints"])

  private static let placementOnRequest: [TemplateField] = [
    TemplateField("spec.nodeName", .onRequest, "it goes past the scheduler and the nodes' taints"),
    TemplateField("spec.tolerations", .onRequest, "taints keep nodes for others"),
    TemplateField("spec.priorityClassName", .onRequest, "pods of a higher priority displace those of others"),
    TemplateField("spec.preemptionPolicy", .onRequest, "pods of a higher priority displace those of others"),
    TemplateField("spec.runtimeClassName", .onRequest, "a runtime class chooses how pods are kept apart"),
    TemplateField("spec.schedulerName", .onRequest, "another scheduler may know other rules"),
    TemplateField("spec.schedulingGates", .onRequest, "a gate waits for somebody who opens it"),
    TemplateField("spec.resourceClaims", .onRequest, "devices are given out by claims"),
  ]

  /// What pod and container have in common.
  private static func security(_ place: String) -> [TemplateField] {
    [
      TemplateField("\(place).runAsNonRoot", .only([true]), "pods do not run as root"),
      TemplateField("\(place).runAsUser", .nonRoot, "pods do not run as root"),
      TemplateField("\(place).runAsGroup", .free),
      TemplateField("\(place).seccompProfile.type", .only(["RuntimeDefault"]), "system calls stay filtered"),
      TemplateField("\(place).appArmorProfile.type", .only(["RuntimeDefault"]), "AppArmor stays on"),
      TemplateField("\(place).seLinuxOptions.level", .free),
      TemplateField(
        "\(place).seLinuxOptions.type", .only(["container_t", "container_init_t", "container_kvm_t"]),
        "other types are less confined"),
      TemplateField("\(place).seLinuxOptions.user", .never, "SELinux users are the cluster's"),
      TemplateField("\(place).seLinuxOptions.role", .never, "SELinux roles are the cluster's"),
      TemplateField("\(place).windowsOptions", .never, "the images are for Linux"),
    ]
  }

  private static let podSecurity: [TemplateField] = {
    var fields = security("spec.securityContext")
    fields += free(
      "spec.securityContext.",
      ["fsGroup", "fsGroupChangePolicy", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy"])
    fields.append(TemplateField("spec.securityContext.sysctls", .onRequest, "they set up the kernel"))
    return fields
  }()

  private static func containerSecurity(_ place: String) -> [TemplateField] {
    let context = "\(place).securityContext"
    let own: [TemplateField] = [
      TemplateField("\(context).privileged", .only([false]), "it would be root on the node"),
      TemplateField("\(context).allowPrivilegeEscalation", .only([false]), "it would let a program become root"),
      TemplateField("\(context).capabilities.add", .only([[]]), "it must be empty"),
      TemplateField("\(context).capabilities.drop", .dropsAll, "containers have no capabilities"),
      TemplateField("\(context).procMount", .only(["Default"]), "/proc stays masked"),
      TemplateField("\(context).readOnlyRootFilesystem", .free),
    ]
    return security(context) + own
  }

  private static let volumes: [TemplateField] = free(
    "spec.volumes[].",
    [
      "configMap", "downwardAPI", "emptyDir", "persistentVolumeClaim", "secret.items", "secret.defaultMode",
      "secret.optional", "hostPath.type", "projected.defaultMode", "projected.sources[].configMap",
      "projected.sources[].downwardAPI", "projected.sources[].clusterTrustBundle", "projected.sources[].secret.items",
      "projected.sources[].secret.optional", "name",
    ])

  private static let volumesWithRules: [TemplateField] = [
    TemplateField("spec.volumes[].secret.secretName", .secret),
    TemplateField("spec.volumes[].projected.sources[].secret.name", .secret),
    TemplateField(
      "spec.volumes[].projected.sources[].serviceAccountToken", .never, "service account tokens are refused"),
    TemplateField("spec.volumes[].hostPath.path", .hostPath),
    TemplateField("spec.volumes[].ephemeral", .onRequest, "it makes claims"),
    TemplateField("spec.volumes[].image", .onRequest, "it reads images by the node's credentials"),
    TemplateField("spec.volumes[].csi", .onRequest, "drivers do as the volume says, and some hand out secrets"),
    TemplateField("spec.volumes[].nfs", .onRequest, "the node mounts any server's folders"),
  ]

  private static func container(_ place: String) -> [TemplateField] {
    var fields = free(
      "\(place).",
      [
        "name", "resources", "resizePolicy", "restartPolicy", "imagePullPolicy", "ports[].name",
        "ports[].containerPort", "ports[].protocol", "stdin", "stdinOnce", "tty", "terminationMessagePolicy",
      ])
    fields += free(
      "\(place).",
      [
        "image", "command", "args", "workingDir", "terminationMessagePath", "env[].name", "env[].value",
        "env[].valueFrom.fieldRef", "env[].valueFrom.resourceFieldRef", "env[].valueFrom.configMapKeyRef",
        "env[].valueFrom.secretKeyRef.key", "env[].valueFrom.secretKeyRef.optional", "envFrom[].prefix",
        "envFrom[].configMapRef", "envFrom[].secretRef.optional", "volumeMounts[].name", "volumeMounts[].mountPath",
        "volumeMounts[].subPath", "volumeMounts[].subPathExpr", "volumeMounts[].readOnly",
        "volumeMounts[].recursiveReadOnly", "lifecycle.stopSignal",
      ], isSteering: true)
    for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
      fields += handler("\(place).\(probe)")
      fields += free(
        "\(place).\(probe).",
        [
          "initialDelaySeconds", "periodSeconds", "timeoutSeconds", "successThreshold", "failureThreshold",
          "terminationGracePeriodSeconds",
        ])
    }
    for hook in ["postStart", "preStop"] { fields += handler("\(place).lifecycle.\(hook)") }
    let node = "ports of nodes are not a model's to take"
    let ruled: [TemplateField] = [
      TemplateField("\(place).ports[].hostPort", .only([0]), node),
      TemplateField("\(place).ports[].hostIP", .never, node),
      TemplateField("\(place).env[].valueFrom.secretKeyRef.name", .secret, isSteering: true),
      TemplateField("\(place).envFrom[].secretRef.name", .secret, isSteering: true),
      TemplateField(
        "\(place).volumeMounts[].mountPropagation", .only(["None", "HostToContainer"]), "mounts would reach the node"),
      TemplateField("\(place).volumeDevices", .onRequest, "raw devices are read below every file's rights"),
    ]
    return fields + ruled
  }

  /// What the kubelet executes or asks, for a probe or a hook.
  private static func handler(_ place: String) -> [TemplateField] {
    let host = "the node would ask any host in its own name"
    var fields = free(
      "\(place).",
      [
        "exec", "sleep", "grpc", "httpGet.path", "httpGet.port", "httpGet.scheme", "httpGet.httpHeaders",
        "tcpSocket.port",
      ], isSteering: true)
    fields.append(TemplateField("\(place).httpGet.host", .onRequest, host))
    fields.append(TemplateField("\(place).tcpSocket.host", .onRequest, host))
    return fields
  }
}

// MARK: paths

extension TemplateField {
  /// What stands on the way to fields of the list.
  package enum Way: Sendable {
    case object
    case list
  }

  /// nil: no field lies below this path.
  package static func way(at path: String) -> Way? { ways[path] }

  private static let ways: [String: Way] = {
    var ways: [String: Way] = [:]
    for field in all {
      var path = ""
      for component in field.path.split(separator: ".") {
        let isList = component.hasSuffix("[]")
        ways[path] = .object
        path += (path.isEmpty ? "" : ".") + (isList ? component.dropLast(2) : component)
        guard isList else { continue }
        ways[path] = .list
        path += "[]"
      }
    }
    return ways
  }()

  /// Whether a field below this path guards what the operator sets: null there would take it away.
  package static func isGuarded(_ path: String) -> Bool {
    all.contains { field in
      guard field.path.hasPrefix("\(path).") || field.path.hasPrefix("\(path)[]") else { return false }
      return switch field.rule {
      case .only, .nonRoot, .dropsAll, .never: true
      default: false
      }
    }
  }

  /// All values that a template, or a part of one, has at a path of the list.
  package static func values(_ template: JSONValue, at path: String) -> [JSONValue] {
    path.split(separator: ".").reduce([template]) { values, component in
      let isList = component.hasSuffix("[]")
      let name = String(isList ? component.dropLast(2) : component)
      let members = values.compactMap { $0[name] }
      return isList ? members.flatMap { $0.array ?? [] } : members
    }
  }
}
