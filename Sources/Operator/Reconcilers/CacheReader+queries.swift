import ApusAPI
import Decisions
import KubernetesClient
import KubernetesModel
import OperatorIdentity
import WorkerContract

// What reconciles read, as decisions need it.

extension CacheReader {
  /// The object that is reconciled, or that it is about; others' notes in it are no change.
  func modelDocument(_ name: String) -> JSONValue? { ownObject(caches.models, name) }

  func policyDocument(_ name: String) -> JSONValue? { ownObject(caches.policies, name) }

  func model(_ name: String) -> ModelDeployment? {
    modelDocument(name).flatMap { try? caches.decodedModels.decode($0) }
  }

  /// Policies that watch a model.
  func policies(of model: String) -> [MonitoringPolicy] {
    objects(caches.policies, .field(ClusterCaches.model, model, namespace: namespace))
      .compactMap { try? caches.decodedPolicies.decode($0) }
  }

  /// Those of the names that are names of policies, whatever these say and whether or not they can be read.
  func policies(named names: some Sequence<String>) -> Set<String> {
    Set(names.filter { !keys(caches.policies, .key(ObjectKey(namespace: namespace, name: $0))).isEmpty })
  }

  func deployment(_ name: String) -> DeploymentView? { object(caches.deployments, name).map(DeploymentView.init) }

  /// The table that the pods of a model mount.
  func routing(of model: String) -> RoutingTable? {
    object(caches.configMaps, ResourceName.routing(model: model))?[path: "data", RoutingTable.fileName]?.string
      .flatMap { JSONValue.value(in: $0) }
  }

  /// The operator's public keys that the pods of a model mount.
  func publishedKeys(of model: String) -> OperatorPublicKeys? {
    object(caches.configMaps, ResourceName.routing(model: model))?[path: "data", RoutingTable.keysFileName]?.string
      .flatMap { OperatorPublicKeys($0.utf8) }
  }

  /// The object as a write finds it; nil where it is not there or no cache holds it: then the server has to be asked.
  func live(_ resource: GroupVersionResource, _ name: String) -> JSONValue? {
    caches.untyped(resource).flatMap { object($0, name) }
  }
}

// Runs.
extension CacheReader {
  /// Jobs of an owner.
  func workerJobs(ownedBy uid: String, at now: Timestamp) -> [WorkerJob] {
    objects(caches.jobs, .ownedBy(uid)).compactMap { workerJob($0, at: now) }
  }

  /// Jobs that remove what models of this name have left; nobody owns them.
  func removalJobs(of model: String, at now: Timestamp) -> [WorkerJob] {
    objects(caches.jobs, removals(of: model)).compactMap { workerJob($0, at: now) }
  }

  func removalConfigurations(of model: String) -> [RunConfiguration] {
    objects(caches.configMaps, removals(of: model)).compactMap(RunConfiguration.init)
  }

  private func removals(of model: String) -> StoreQuery {
    .field(ClusterCaches.removedModel, ObjectName.labelValue(model), namespace: namespace)
  }

  private func workerJob(_ job: Job, at now: Timestamp) -> WorkerJob? {
    let query = StoreQuery.label(ClusterCaches.jobName, job.metadata.name ?? "", namespace: namespace)
    let pods = objects(caches.pods, query).filter { $0.metadata.isControlled(byUID: job.metadata.uid ?? "") }
    return WorkerJob(job, pods: pods, at: now)
  }

  func runConfigurations(ownedBy uid: String) -> [RunConfiguration] {
    objects(caches.configMaps, .ownedBy(uid)).compactMap(RunConfiguration.init)
  }

  /// What may still write rows or files of the model that had a name: servers on their way out, and runs that have not ended.
  /// Looks at every Job of the operator.
  /// - Parameter uid: Of the model that has the name now; its own runs are none of them.
  func writers(about model: String, besides uid: String?) -> [String] {
    let label = ObjectName.labelValue(model)
    let servers = objects(caches.pods, .field(ClusterCaches.servedModel, model, namespace: namespace))
      .compactMap(\.metadata.name)
    let runs = scan(caches.jobs, .all, where: isHere) { job in
      let mayWrite =
        job.metadata.labels[ApusLabels.model] == label && !job.isFinished
        && (uid == nil || !job.metadata.isControlled(byUID: uid ?? ""))
        && job.metadata.labels[ApusLabels.component] != ApusLabels.Component.remove.rawValue
      return mayWrite ? job.metadata.name : nil
    }
    return servers + runs
  }

  /// Pods with the labels of a model's servers that are not on their way out: whoever may make pods in the namespace can
  /// give them to his own. `ServerOwnership` tells which of them are the model's.
  func labelledServers(of model: String) -> [Pod] {
    objects(caches.pods, .field(ClusterCaches.servedModel, model, namespace: namespace))
      .filter { !$0.metadata.isBeingDeleted }
  }

  /// The UID of a model's Deployment, where the model controls it.
  func deploymentUID(of model: ModelDeployment) -> String? {
    let document = object(caches.deployments, model.metadata.name ?? "")
    guard let identity = document.flatMap(ObjectIdentity.init), let owner = identity.controller?.uid,
      owner == model.metadata.uid
    else { return nil }
    return identity.uid
  }

  private func isHere(_ key: ObjectKey) -> Bool { key.namespace == namespace }
}

// Versions.
extension CacheReader {
  func versionDocument(_ name: String) -> JSONValue? { object(caches.versions, name) }

  func versions(ownedBy uid: String) -> [ModelVersion] {
    // One that is being deleted counts as gone, whatever it waits for.
    objects(caches.versions, .ownedBy(uid)).compactMap { try? caches.decodedVersions.decode($0) }
      .filter { !$0.metadata.isBeingDeleted }
  }

  /// ModelVersions of this model's name that carry the finalizer, by their owner's uid; without those of the model that lives.
  /// - Parameter uid: Of the model that lives; of its versions only those that somebody deletes count.
  func heldVersions(of model: String, besides uid: String?) -> [String?: HeldVersions] {
    let query = StoreQuery.field(ClusterCaches.model, model, namespace: namespace)
    let held = scan(caches.versions, query, where: { _ in true }) { object -> (owner: String?, object: JSONValue)? in
      guard object.carriesDataFinalizer else { return nil }
      let owner = object[path: "metadata", "ownerReferences"]?.array?.first { $0["controller"] == true }?["uid"]?.string
      return (owner == nil || owner == uid) && !object.isTerminating ? nil : (owner, object)
    }
    return Dictionary(grouping: held, by: \.owner).mapValues { members in
      HeldVersions(documents: members.map(\.object)) { try? self.caches.decodedVersions.decode($0) }
    }
  }

  /// Digests of the files that all versions but those of one owner have, or all of this namespace. Looks at every version
  /// there is.
  func digests(notOwnedBy uid: String, isOnlyHere: Bool = false) -> Set<String> {
    let own = Set(keys(caches.versions, .ownedBy(uid)))
    let isWanted = { (key: ObjectKey) in !own.contains(key) && (!isOnlyHere || self.isHere(key)) }
    let digests = scan(caches.versions, .all, where: isWanted) { version -> String? in
      guard (version[path: "status", "files"]?.string ?? "Kept") == "Kept" else { return nil }
      // Of two models that leave together neither keeps the other's files.
      guard !version.isTerminating || !version.carriesDataFinalizer else { return nil }
      return version[path: "spec", "artifact", "digest"]?.string
    }
    return Set(digests)
  }

  /// The highest number that versions and runs of this model's name carry which it does not own; 0: none.
  func highestNumber(of model: ModelDeployment) -> Int {
    let query = StoreQuery.field(ClusterCaches.model, model.metadata.name ?? "", namespace: namespace)
    let own = StoreQuery.ownedBy(model.metadata.uid ?? "")
    let ownVersions = Set(keys(caches.versions, own))
    let ownRuns = Set(keys(caches.jobs, own))
    // Mostly all are the model's own, and nothing has to be read.
    let versions = scan(caches.versions, query, where: { !ownVersions.contains($0) }) {
      $0[path: "spec", "number"]?.integer
    }
    let runs = scan(caches.jobs, query, where: { !ownRuns.contains($0) }) {
      $0.metadata.labels[ApusLabels.version].flatMap(VersionNumber.init)?.value
    }
    return (versions + runs).max() ?? 0
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

/// ModelVersions that the finalizer holds.
struct HeldVersions {
  var documents: [JSONValue]
  /// Those that can be read.
  var versions: [ModelVersion] = []
  /// Names of the others.
  var unreadable: [String] = []

  fileprivate init(documents: [JSONValue], decode: (JSONValue) -> ModelVersion?) {
    self.documents = documents
    for document in documents {
      if let version = decode(document) {
        versions.append(version)
      } else {
        unreadable.append(document[path: "metadata", "name"]?.string ?? "")
      }
    }
  }

  /// When the cluster, or a person, began to delete them; nil: not yet.
  var deletedAt: Timestamp? {
    documents.compactMap { $0[path: "metadata", "deletionTimestamp"]?.string.flatMap(Timestamp.init) }.min()
  }
}

extension JSONValue {
  var isTerminating: Bool { self[path: "metadata", "deletionTimestamp"] != nil }

  fileprivate var carriesDataFinalizer: Bool {
    self[path: "metadata", "finalizers"]?.array?.contains(.string(ApusFinalizers.data)) ?? false
  }
}
