package import ApusAPI
package import KubernetesModel
package import WorkerContract

/// The servers of one model: Deployment, Service, routing table and, where asked for, the autoscaler.
package struct ServerSet: Sendable, Equatable {
  package static let container = "server"
  package static let publicPort = 8080
  package static let adminPort = 8081

  package var model: String
  package var namespace: String
  package var owner: OwnerReference
  package var serving: ModelDeploymentSpec.Serving
  package var routing: RoutingTable
  /// False where the cluster has no `autoscaling/v1`.
  package var canAutoscale: Bool
  /// Whether the pods prefer the node where the claim is used (`PodAffinity`).
  package var isDrawnToClaim: Bool

  package init(
    model: String, namespace: String, owner: OwnerReference, serving: ModelDeploymentSpec.Serving,
    routing: RoutingTable, canAutoscale: Bool, isDrawnToClaim: Bool = false
  ) {
    self.model = model
    self.namespace = namespace
    self.owner = owner
    self.serving = serving
    self.routing = routing
    self.canAutoscale = canAutoscale
    self.isDrawnToClaim = isDrawnToClaim
  }

  /// In the order in which they are to be written.
  package func objects(_ settings: OperatorSettings) -> [DesiredObject] {
    [routingTable, deployment(settings), service] + (autoscaler.map { [$0] } ?? [])
  }

  package var routingText: String { JSONValue.document(routing).text }

  package var selector: [String: String] {
    [ApusLabels.model: model, ApusLabels.component: ApusLabels.Component.server.rawValue]
  }

  package var selectorText: String {
    selector.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
  }

  private func metadata(_ name: String) -> JSONValue {
    [
      "name": .string(name), "namespace": .string(namespace),
      "labels": JSONValue(PodParts.labels(.server, [ApusLabels.model: model])),
      "ownerReferences": PodParts.owner(owner),
    ]
  }

  private var routingTable: DesiredObject {
    DesiredObject(
      Resource.configMaps,
      [
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(ResourceName.routing(model: model)),
        "data": [RoutingTable.fileName: .string(routingText)],
      ])
  }

  private var service: DesiredObject {
    DesiredObject(
      Resource.services,
      [
        "apiVersion": "v1", "kind": "Service", "metadata": metadata(model),
        "spec": [
          "selector": JSONValue(selector),
          "ports": [
            ["name": "http", "port": .integer(Int64(Self.publicPort)), "targetPort": "http", "protocol": "TCP"],
            ["name": "metrics", "port": .integer(Int64(Self.adminPort)), "targetPort": "metrics", "protocol": "TCP"],
          ],
        ],
      ])
  }

  private var security: ServerSecurity { ServerSecurity(serving.security) }

  private func deployment(_ settings: OperatorSettings) -> DesiredObject {
    let plain = pod(settings)
    let pod = isDrawnToClaim ? PodAffinity.drawing(plain, by: settings.storage) : plain
    var spec: JSONValue = [
      "selector": ["matchLabels": JSONValue(selector)],
      "revisionHistoryLimit": 3,
      "strategy": ["type": "RollingUpdate", "rollingUpdate": ["maxUnavailable": 0, "maxSurge": 1]],
      "template": PodTemplate.merged(pod, with: serving.template),
    ]
    var metadata = metadata(model)
    if let replicas {
      spec["replicas"] = .integer(Int64(replicas))
    } else {
      // Under an autoscaler the number belongs to it: a field that is not written cannot be fought over.
      metadata["annotations"] = [ApusAnnotations.replicasBy: "HorizontalPodAutoscaler"]
    }
    return DesiredObject(
      Resource.deployments, ["apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec])
  }

  private var replicas: Int? {
    guard let autoscaling = serving.autoscaling else { return serving.replicas }
    return canAutoscale ? nil : autoscaling.minimum
  }

  private var autoscaler: DesiredObject? {
    guard let autoscaling = serving.autoscaling, canAutoscale else { return nil }
    return DesiredObject(
      Resource.autoscalers("v1"),
      [
        "apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": metadata(model),
        "spec": [
          "scaleTargetRef": ["apiVersion": "apps/v1", "kind": "Deployment", "name": .string(model)],
          "minReplicas": .integer(Int64(autoscaling.minimum)), "maxReplicas": .integer(Int64(autoscaling.maximum)),
          "targetCPUUtilizationPercentage": .integer(Int64(autoscaling.targetCPU)),
        ],
      ])
  }

  private func pod(_ settings: OperatorSettings) -> JSONValue {
    let labels = security.labels.merging([ApusLabels.model: model]) { $1 }
    let annotations: [String: JSONValue] = [
      "prometheus.io/scrape": "true", "prometheus.io/port": .string("\(Self.adminPort)"),
      "prometheus.io/path": "/metrics",
    ]
    return [
      "metadata": [
        "labels": JSONValue(PodParts.labels(.server, labels)),
        "annotations": .object(annotations.merging(security.annotations) { $1 }),
      ],
      "spec": [
        "automountServiceAccountToken": false, "enableServiceLinks": false, "terminationGracePeriodSeconds": 30,
        "securityContext": PodParts.podSecurity(settings.podUser), "containers": [container(settings)],
        "volumes": .array(
          (PodParts.volumes(settings.storage, configuration: ResourceName.routing(model: model), as: "routing").array
            ?? []) + security.volumes),
      ],
    ]
  }

  private func container(_ settings: OperatorSettings) -> JSONValue {
    var container: JSONValue = [
      "name": .string(Self.container), "image": .string(settings.images.server),
      "imagePullPolicy": .string(settings.images.pullPolicy),
      "args": .array(
        ["--routing", .string("\(PodParts.routingFolder)/\(RoutingTable.fileName)")] + security.arguments),
      "env": .array(PodParts.environment(settings.storage, namespace: namespace)),
      "ports": [
        ["name": "http", "containerPort": .integer(Int64(Self.publicPort)), "protocol": "TCP"],
        ["name": "metrics", "containerPort": .integer(Int64(Self.adminPort)), "protocol": "TCP"],
      ],
      "livenessProbe": [
        "httpGet": security.probe("/health"), "initialDelaySeconds": 5, "periodSeconds": 10,
        "timeoutSeconds": 5,
        "failureThreshold": 3,
      ],
      "readinessProbe": [
        "httpGet": security.probe("/ready"), "periodSeconds": 5, "timeoutSeconds": 3, "failureThreshold": 2,
      ],
      "volumeMounts": .array(
        (PodParts.mounts(settings.storage, configuration: "routing", at: PodParts.routingFolder).array ?? [])
          + security.mounts),
      "securityContext": PodParts.containerSecurity,
    ]
    container["resources"] = PodParts.resources(serving.resources)
    return container
  }
}
