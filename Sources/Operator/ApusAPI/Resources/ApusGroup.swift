package import KubernetesModel

/// The API group of the three kinds and how each is called.
package enum ApusGroup {
  package static let name = "apus.dev"
  package static let version = "v1alpha1"
  package static let apiVersion = "apus.dev/v1alpha1"
  /// `kubectl get apus` lists all three kinds.
  package static let category = "apus"
  /// The field manager of everything the operator writes.
  package static let fieldManager = "apus-operator"

  package static let modelDeployments = GroupVersionResource(
    group: name, version: version, resource: "modeldeployments")
  package static let monitoringPolicies = GroupVersionResource(
    group: name, version: version, resource: "monitoringpolicies")
  package static let modelVersions = GroupVersionResource(group: name, version: version, resource: "modelversions")
}

/// Annotations that people set on the resources, and those by which the operator finds its own writes again.
package enum ApusAnnotations {
  /// On a ModelDeployment: any new value (by convention the time) starts one training run.
  package static let retrainRequestedAt = "apus.dev/retrain-requested-at"
  /// On a MonitoringPolicy: any new value starts one check.
  package static let checkRequestedAt = "apus.dev/check-requested-at"
  /// On a ModelDeployment: the version (`v4`) that a person approves; its gates have passed.
  package static let approve = "apus.dev/approve"
  /// On a ModelDeployment: the version (`v4`) that is promoted whatever its gates say.
  package static let forcePromote = "apus.dev/force-promote"
  /// On generated objects: digest of what was applied, so that an apply that changes nothing is skipped.
  package static let appliedDigest = "apus.dev/applied-digest"
  /// On a Deployment whose replicas are not the operator's: who changes them. There as long as the operator does not send the
  /// number.
  package static let replicasBy = "apus.dev/replicas-by"
  /// On a training Job: digest of the part of the spec it was made from.
  package static let trainingInput = "apus.dev/training-input"
  /// On a Job: why it was started.
  package static let trigger = "apus.dev/trigger"
  /// On a server's pod template: how it was made (`PodRecipe`).
  package static let podRecipe = "apus.dev/pod-recipe"
  /// On a server's pod template: digest of what needs a new pod (the routing table does not).
  package static let configurationDigest = "apus.dev/configuration-digest"
}

/// Labels on everything the operator makes.
package enum ApusLabels {
  package static let model = "apus.dev/model"
  package static let policy = "apus.dev/policy"
  package static let version = "apus.dev/version"
  package static let component = "apus.dev/component"
  /// On server pods whose port for the operator speaks TLS: `https`.
  package static let adminScheme = "apus.dev/admin-scheme"
  /// On a Secret, set by whoever may write it: `true` where pods may get it whose program the author of a model chooses.
  package static let readableByModels = "apus.dev/readable-by-models"
  package static let managedBy = "app.kubernetes.io/managed-by"
  /// The value of `managedBy`.
  package static let manager = "apus"

  /// The values of `component`.
  package enum Component: String, Sendable, CaseIterable {
    case train
    case check
    case server
    case remove
    case load
  }
}

/// Finalizers the operator sets.
package enum ApusFinalizers {
  /// On the ModelVersions of a model with `spec.deletion: Delete`: they outlive the model until its rows and files are gone.
  package static let data = "apus.dev/data"
}
