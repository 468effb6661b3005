package import ApusAPI
package import KubernetesModel
package import WorkerContract

/// The servers of one model: Deployment, Services, routing table, NetworkPolicy and, where asked for, the autoscaler.
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
  package var recipe: PodRecipe
  /// The document with the operator's public keys; nil: it has none, and the table comes by the file only.
  package var operatorKeys: String?
  /// False where the operator may not write NetworkPolicies.
  package var canRestrictNetwork: Bool

  package init(
    model: String, namespace: String, owner: OwnerReference, serving: ModelDeploymentSpec.Serving,
    routing: RoutingTable, canAutoscale: Bool, isDrawnToClaim: Bool = false, recipe: PodRecipe = .first,
    operatorKeys: String? = nil, canRestrictNetwork: Bool = true
  ) {
    self.recipe = recipe
    self.operatorKeys = operatorKeys
    self.canRestrictNetwork = canRestrictNetwork
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
    [routingTable, deployment(settings), service] + (autoscaler.map { [$0] } ?? []) + [adminService]
      + (networkPolicy(settings).map { [$0] } ?? [])
  }

  package var routingText: String { JSONValue.document(routing).text }

  package var selector: [String: String] {
    [ApusLabels.model: model, ApusLabels.component: ApusLabels.Component.server.rawValue]
  }

  package var selectorText: String {
    selector.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
  }

  private func metadata(_ name: String) -> ObjectMeta {
    ObjectMeta(
      name: name, namespace: namespace, labels: PodParts.labels(.server, [ApusLabels.model: model]),
      ownerReferences: [owner])
  }

  private var routingTable: DesiredObject {
    DesiredObject(
      ConfigMap(
        metadata: metadata(ResourceName.routing(model: model)),
        data: [RoutingTable.fileName: routingText].merging(
          operatorKeys.map { [RoutingTable.keysFileName: $0] } ?? [:]
        ) { $1 }))
  }

  private var service: DesiredObject {
    DesiredObject(
      Service(
        metadata: metadata(model),
        spec: .init(
          selector: selector,
          ports: [
            .init(name: "http", port: Self.publicPort, targetPort: "http"),
            .init(name: "metrics", port: Self.adminPort, targetPort: "metrics"),
          ])))
  }

  /// Headless, for whoever asks each server by itself, as figures are its own: clients' Service leads to any of them. The port has
  /// another name than there, or a scrape of that one by labels would count every server twice.
  private var adminService: DesiredObject {
    DesiredObject(
      Service(
        metadata: metadata(ResourceName.adminService(model: model)),
        spec: .init(
          selector: selector, ports: [.init(name: "admin", port: Self.adminPort, targetPort: "metrics")],
          clusterIP: "None")))
  }

  private func networkPolicy(_ settings: OperatorSettings) -> DesiredObject? {
    guard canRestrictNetwork, let network = settings.network else { return nil }
    return DesiredObject(
      NetworkPolicy(
        metadata: metadata(model),
        spec: .init(
          podSelector: LabelSelector(matchLabels: selector), policyTypes: ["Ingress"],
          ingress: network.ingress(template: serving.template))))
  }

  private var security: ServerSecurity { ServerSecurity(serving.security) }

  private func deployment(_ settings: OperatorSettings) -> DesiredObject {
    var spec = Deployment.Spec(
      replicas: replicas, selector: LabelSelector(matchLabels: selector), template: podTemplate(settings))
    spec.revisionHistoryLimit = 3
    spec.strategy = .init(rollingUpdate: .init(maxUnavailable: 0, maxSurge: 1))
    var metadata = metadata(model)
    // Under an autoscaler the number belongs to it: a field that is not written cannot be fought over.
    if replicas == nil { metadata.annotations = [ApusAnnotations.replicasBy: HorizontalPodAutoscaler.gvk.kind] }
    // A Deployment that is there keeps what it had.
    let template =
      recipe == .first
      ? serving.template : TemplateMark.taken(from: serving.template, settings.templates, in: namespace)
    return recipe.finished(
      DesiredObject(Deployment(metadata: metadata, spec: spec), podTemplate: template), serving, settings.storage)
  }

  /// The Deployment by the first recipe, with so many replicas; nil: they are an autoscaler's.
  func deploymentAsFirst(_ settings: OperatorSettings, replicas: Int?) -> DesiredObject {
    var first = self
    first.recipe = .first
    first.serving.autoscaling = nil
    var made = first.deployment(settings)
    made.manifest.set(replicas.map { .integer(Int64($0)) }, at: ["spec", "replicas"])
    if replicas == nil {
      made.manifest.set(
        .string(HorizontalPodAutoscaler.gvk.kind), at: ["metadata", "annotations", ApusAnnotations.replicasBy])
    }
    return made
  }

  private var replicas: Int? {
    guard let autoscaling = serving.autoscaling else { return serving.replicas }
    return canAutoscale ? nil : autoscaling.minimum
  }

  private var autoscaler: DesiredObject? {
    guard let autoscaling = serving.autoscaling, canAutoscale else { return nil }
    return DesiredObject(
      HorizontalPodAutoscaler(
        metadata: metadata(model),
        spec: .init(
          scaling: .init(Deployment.gvk, name: model), minReplicas: autoscaling.minimum,
          maxReplicas: autoscaling.maximum, targetCPUUtilizationPercentage: autoscaling.targetCPU)))
  }

  private func podTemplate(_ settings: OperatorSettings) -> PodTemplateSpec {
    let labels = security.labels.merging([ApusLabels.model: model]) { $1 }
    let annotations = [
      "prometheus.io/scrape": "true", "prometheus.io/port": "\(Self.adminPort)", "prometheus.io/path": "/metrics",
    ]
    let volumes =
      PodParts.volumes(settings.storage, configuration: ResourceName.routing(model: model), as: "routing")
      + security.volumes
    var pod = PodParts.pod(container(settings), settings, volumes: volumes)
    pod.terminationGracePeriodSeconds = 30
    return PodTemplateSpec(
      metadata: ObjectMeta(
        labels: PodParts.labels(.server, labels), annotations: annotations.merging(security.annotations) { $1 }),
      spec: isDrawnToClaim ? PodAffinity.drawing(pod, by: settings.storage) : pod)
  }

  private func container(_ settings: OperatorSettings) -> Container {
    var container = Container(
      name: Self.container, image: settings.images.server,
      args: ["--routing", "\(PodParts.routingFolder)/\(RoutingTable.fileName)"] + security.arguments,
      env: PodParts.environment(settings.storage, namespace: namespace),
      ports: [
        ContainerPort(name: "http", containerPort: Self.publicPort),
        ContainerPort(name: "metrics", containerPort: Self.adminPort),
      ],
      resources: PodParts.resources(serving.resources),
      volumeMounts: PodParts.mounts(settings.storage, configuration: "routing", at: PodParts.routingFolder)
        + security.mounts)
    container.imagePullPolicy = settings.images.pullPolicy
    container.livenessProbe = Probe(
      httpGet: security.probe("/health"), initialDelaySeconds: 5, periodSeconds: 10, timeoutSeconds: 5,
      failureThreshold: 3)
    container.readinessProbe = Probe(
      httpGet: security.probe("/ready"), periodSeconds: 5, timeoutSeconds: 3, failureThreshold: 2)
    container.securityContext = PodParts.containerSecurity
    return container
  }
}
