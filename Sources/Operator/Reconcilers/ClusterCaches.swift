import ApusAPI
import Decisions
package import KubernetesClient
package import KubernetesModel
package import Logging

/// What the operator watches. The three kinds are kept as JSON: an object that does not decode must get a condition, not
/// vanish from sight. Of everything else only what the operator has made is watched, by its label.
package struct ClusterCaches: Sendable {
  package let models: ObjectCache<JSONValue>
  package let policies: ObjectCache<JSONValue>
  package let versions: ObjectCache<JSONValue>
  package let jobs: ObjectCache<Job>
  package let pods: ObjectCache<Pod>
  package let deployments: ObjectCache<JSONValue>
  package let services: ObjectCache<JSONValue>
  package let configMaps: ObjectCache<JSONValue>
  let decodedModels = DecodedObjects<ModelDeployment>()
  let decodedPolicies = DecodedObjects<MonitoringPolicy>()
  let decodedVersions = DecodedObjects<ModelVersion>()

  /// - Parameter namespace: nil: all of them.
  package init(_ api: any KubernetesAPI, namespace: String?, time: TimeSource = .system, logger: Logger) {
    let ours = Selection(namespace: namespace, labels: "\(ApusLabels.managedBy)=\(ApusLabels.manager)")
    let all = Selection(namespace: namespace)
    func untyped<Kind: KubernetesObject>(
      _ kind: CachedKind, _ type: Kind.Type, _ selection: Selection,
      fields: [String: ObjectStore<JSONValue>.FieldIndex] = [:],
      prune: @escaping @Sendable (inout JSONValue) -> Void = { _ in }
    ) -> ObjectCache<JSONValue> {
      ObjectCache(
        kind,
        Informer(
          api, ObjectKind.untyped(type).without(CachePruning.lastApplied).pruned(prune), selection, fields: fields,
          time: time, logger: logger))
    }
    let byModel: [String: ObjectStore<JSONValue>.FieldIndex] = [Self.model: { [Self.modelName(of: $0) ?? ""] }]
    models = untyped(.models, ModelDeployment.self, all)
    policies = untyped(.policies, MonitoringPolicy.self, all, fields: byModel)
    versions = untyped(.versions, ModelVersion.self, all, fields: byModel)
    jobs = ObjectCache(
      .jobs,
      Informer(
        api, CachePruning.jobs, ours,
        fields: [Self.model: Self.trainedModel, Self.removedModel: { Self.removedModel(by: $0.metadata.labels) }],
        time: time, logger: logger))
    pods = ObjectCache(
      .pods,
      Informer(
        api, CachePruning.pods, ours, indexing: [Self.jobName], fields: [Self.servedModel: Self.servedModel(by:)],
        time: time, logger: logger))
    deployments = untyped(.deployments, Deployment.self, ours)
    services = untyped(.services, Service.self, ours)
    configMaps = untyped(
      .configMaps, ConfigMap.self, ours,
      fields: [
        Self.removedModel: { map in
          Self.removedModel(by: (map[path: "metadata", "labels"]?.object ?? [:]).compactMapValues(\.string))
        }
      ], prune: CachePruning.configMap)
  }

  /// The Job controller's label on its pods.
  static let jobName = "job-name"
  /// The index by the model that an object is about.
  static let model = "model"

  /// The index of server pods by their model.
  static let servedModel = "served model"

  /// The index of removal Jobs and their configurations by the deleted model's label.
  static let removedModel = "removed model"

  private static func removedModel(by labels: [String: String]) -> [String] {
    guard labels[ApusLabels.component] == ApusLabels.Component.remove.rawValue, let model = labels[ApusLabels.model]
    else { return [] }
    return [model]
  }

  private static func servedModel(by pod: Pod) -> [String] {
    guard pod.metadata.labels[ApusLabels.component] == ApusLabels.Component.server.rawValue,
      let model = pod.metadata.labels[ApusLabels.model]
    else { return [] }
    return [model]
  }

  /// The model that a policy or a version names.
  static func modelName(of object: JSONValue) -> String? { object[path: "spec", "modelRef", "name"]?.string }

  /// The model that a Job trains.
  private static func trainedModel(by job: Job) -> [String] {
    guard job.metadata.labels[ApusLabels.version] != nil, let model = job.metadata.labels[ApusLabels.model] else {
      return []
    }
    return [model]
  }

  /// Own writes are seen at once, ahead of the watch.
  func note(_ written: JSONValue, _ resource: GroupVersionResource) {
    if resource == Resource.jobs {
      jobs.note(written)
    } else {
      untyped(resource)?.note(written)
    }
  }

  /// nil: its kind is not watched, or not kept as JSON.
  func untyped(_ resource: GroupVersionResource) -> ObjectCache<JSONValue>? {
    switch resource {
    case ApusGroup.modelDeployments: models
    case ApusGroup.monitoringPolicies: policies
    case ApusGroup.modelVersions: versions
    case Resource.deployments: deployments
    case Resource.services: services
    case Resource.configMaps: configMaps
    default: nil
    }
  }

  /// Lists so far, of all kinds.
  package var lists: Int {
    let untyped = [models, policies, versions, deployments, services, configMaps]
    return jobs.lists + pods.lists + untyped.reduce(0) { $0 + $1.lists }
  }

  /// Policies that watch a model.
  static func policyKeys(of model: ObjectKey, in policies: CacheIndex<JSONValue>) -> [ObjectKey] {
    policies.keys(field: Self.model, value: model.name, namespace: model.namespace)
  }
}
