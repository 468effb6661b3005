import ApusAPI
import Decisions
package import KubernetesClient
package import KubernetesModel
package import Logging

/// What the operator watches. The three kinds are kept as JSON: an object that does not decode must get a condition, not
/// vanish from sight. Of everything else only what the operator has made is watched, by its label.
package struct ClusterCaches: Sendable {
  package let models: Informer<JSONValue>
  package let policies: Informer<JSONValue>
  package let versions: Informer<JSONValue>
  package let jobs: Informer<Job>
  package let pods: Informer<Pod>
  package let deployments: Informer<JSONValue>
  package let services: Informer<JSONValue>
  package let configMaps: Informer<JSONValue>
  let decodedModels = DecodedObjects<ModelDeployment>()
  let decodedPolicies = DecodedObjects<MonitoringPolicy>()
  let decodedVersions = DecodedObjects<ModelVersion>()

  /// - Parameter namespace: nil: all of them.
  package init(_ api: any KubernetesAPI, namespace: String?, time: TimeSource = .system, logger: Logger) {
    let ours = Selection(namespace: namespace, labels: "\(ApusLabels.managedBy)=\(ApusLabels.manager)")
    let all = Selection(namespace: namespace)
    func untyped<Kind: KubernetesObject>(
      _ type: Kind.Type, _ selection: Selection, fields: [String: ObjectStore<JSONValue>.FieldIndex] = [:],
      prune: @escaping @Sendable (inout JSONValue) -> Void = { _ in }
    ) -> Informer<JSONValue> {
      Informer(
        api, ObjectKind.untyped(type).without(CachePruning.lastApplied).pruned(prune), selection, fields: fields,
        time: time, logger: logger)
    }
    let byModel: [String: ObjectStore<JSONValue>.FieldIndex] = [Self.model: { [Self.modelName(of: $0) ?? ""] }]
    models = untyped(ModelDeployment.self, all)
    policies = untyped(MonitoringPolicy.self, all, fields: byModel)
    versions = untyped(ModelVersion.self, all, fields: byModel)
    jobs = Informer(
      api, CachePruning.jobs, ours,
      fields: [Self.model: Self.trainedModel, Self.removedModel: { Self.removedModel(by: $0.metadata.labels) }],
      time: time, logger: logger)
    pods = Informer(
      api, CachePruning.pods, ours, indexing: [Self.jobName], fields: [Self.servedModel: Self.servedModel(by:)],
      time: time, logger: logger)
    deployments = untyped(Deployment.self, ours)
    services = untyped(Service.self, ours)
    configMaps = untyped(
      ConfigMap.self, ours,
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

  /// The object as the cluster last had it; nil where it is not there or its kind is not watched.
  func live(_ resource: GroupVersionResource, _ key: ObjectKey) -> JSONValue? {
    untyped(resource)?.store[key]
  }

  /// Own writes are seen at once, ahead of the watch.
  func note(_ written: JSONValue, _ resource: GroupVersionResource) {
    if resource == Resource.jobs {
      jobs.note(written)
    } else {
      untyped(resource)?.note(written)
    }
  }

  private func untyped(_ resource: GroupVersionResource) -> Informer<JSONValue>? {
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
}

extension ClusterCaches {
  /// Lists so far, of all kinds.
  package var lists: Int {
    let informers: [any RunnableInformer] = [
      models, policies, versions, jobs, pods, deployments, services, configMaps,
    ]
    return informers.reduce(0) { $0 + $1.statistics.lists }
  }

  /// Jobs of an owner, as decisions need them.
  func workerJobs(ownedBy uid: String, at now: Timestamp) -> [WorkerJob] {
    jobs.store.objects(ownedBy: uid).compactMap { job in
      let pods = pods.store.objects(
        label: Self.jobName, value: job.metadata.name ?? "", namespace: job.metadata.namespace)
      return WorkerJob(job, pods: pods.filter { $0.metadata.isControlled(byUID: job.metadata.uid ?? "") }, at: now)
    }
  }

  /// Jobs that remove what models of this name have left; nobody owns them.
  func removalJobs(of model: ObjectKey, at now: Timestamp) -> [WorkerJob] {
    jobs.store.objects(
      field: Self.removedModel, value: ObjectName.labelValue(model.name), namespace: model.namespace
    ).compactMap { job in
      let pods = pods.store.objects(label: Self.jobName, value: job.metadata.name ?? "", namespace: model.namespace)
      return WorkerJob(job, pods: pods.filter { $0.metadata.isControlled(byUID: job.metadata.uid ?? "") }, at: now)
    }
  }

  func removalConfigurations(of model: ObjectKey) -> [RunConfiguration] {
    configMaps.store.objects(
      field: Self.removedModel, value: ObjectName.labelValue(model.name), namespace: model.namespace
    ).compactMap(RunConfiguration.init)
  }

  /// What may still write rows or files of the model that had a name: servers on their way out, and runs that have not ended.
  func writers(about model: ObjectKey, at now: Timestamp) -> [String] {
    let label = ObjectName.labelValue(model.name)
    let servers = pods.store.objects(field: Self.servedModel, value: model.name, namespace: model.namespace)
      .compactMap(\.metadata.name)
    let runs = jobs.store.keys.filter { $0.namespace == model.namespace }.compactMap { key -> String? in
      guard let job = jobs.store[key], job.metadata.labels[ApusLabels.model] == label, !job.isFinished,
        job.metadata.labels[ApusLabels.component] != ApusLabels.Component.remove.rawValue
      else { return nil }
      return key.name
    }
    return servers + runs
  }

  /// Pods that serve a model and are not on their way out.
  func serverPods(of model: ObjectKey) -> [Pod] {
    pods.store.objects(field: Self.servedModel, value: model.name, namespace: model.namespace)
      .filter { !$0.metadata.isBeingDeleted }
  }

  func runConfigurations(ownedBy uid: String) -> [RunConfiguration] {
    configMaps.store.objects(ownedBy: uid).compactMap(RunConfiguration.init)
  }

  func versions(ownedBy uid: String) -> [ModelVersion] {
    // One that is being deleted counts as gone, whatever it waits for.
    versions.store.objects(ownedBy: uid).compactMap { try? decodedVersions.decode($0) }
      .filter { !$0.metadata.isBeingDeleted }
  }

  /// Digests of the files that all versions but those of one owner have. Looks at every version there is, or at those of a
  /// namespace.
  func digests(notOwnedBy uid: String, in namespace: String? = nil) -> Set<String> {
    let own = Set(versions.store.keys(ownedBy: uid))
    let others = versions.store.keys.lazy.filter {
      !own.contains($0) && (namespace == nil || $0.namespace == namespace)
    }
    return Set(
      others.compactMap { key -> String? in
        guard let version = self.versions.store[key],
          (version[path: "status", "files"]?.string ?? "Kept") == "Kept"
        else { return nil }
        return version[path: "spec", "artifact", "digest"]?.string
      })
  }

  /// The highest number that versions and runs of this model's name carry which it does not own; 0: none.
  func highestNumber(of model: ModelDeployment) -> Int {
    let name = model.metadata.name ?? ""
    let namespace = model.metadata.namespace ?? ""
    let uid = model.metadata.uid ?? ""
    let versions = versions.store.keys(field: Self.model, value: name, namespace: namespace)
    let runs = jobs.store.keys(field: Self.model, value: name, namespace: namespace)
    let ownVersions = Set(self.versions.store.keys(ownedBy: uid))
    let ownRuns = Set(jobs.store.keys(ownedBy: uid))
    // Mostly all are the model's own, and nothing has to be read.
    let numbers =
      versions.filter { !ownVersions.contains($0) }.map {
        self.versions.store[$0]?[path: "spec", "number"]?.integer ?? 0
      }
      + runs.filter { !ownRuns.contains($0) }.map {
        jobs.store[$0]?.metadata.labels[ApusLabels.version].flatMap(VersionNumber.init)?.value ?? 0
      }
    return numbers.max() ?? 0
  }

  func model(_ key: ObjectKey) -> ModelDeployment? {
    models.store[key].flatMap { try? decodedModels.decode($0) }
  }

  /// Policies that watch a model.
  func policies(of model: ObjectKey) -> [MonitoringPolicy] {
    policies.store.objects(field: Self.model, value: model.name, namespace: model.namespace)
      .compactMap { try? decodedPolicies.decode($0) }
  }

  /// Those of the names that are names of policies, whatever these say and whether or not they can be read.
  func policies(in namespace: String, named names: some Sequence<String>) -> Set<String> {
    Set(names.filter { policies.store[ObjectKey(namespace: namespace, name: $0)] != nil })
  }

  /// Their keys, from the policies' store: what wakes a controller is kept by informers and must not keep them.
  static func policyKeys(of model: ObjectKey, in policies: ObjectStore<JSONValue>) -> [ObjectKey] {
    policies.keys(field: Self.model, value: model.name, namespace: model.namespace)
  }
}

extension RunConfiguration {
  fileprivate init?(_ object: JSONValue) {
    guard let name = object[path: "metadata", "name"]?.string, let uid = object[path: "metadata", "uid"]?.string,
      let job = object[path: "metadata", "annotations", RunAnnotation.job]?.string
    else { return nil }
    self.init(name: name, uid: uid, job: job)
  }
}
