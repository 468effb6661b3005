/// The resources every cluster has.
enum BuiltInResources {
  static let groupOrder = [
    "", "apps", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "autoscaling", "batch",
    "networking.k8s.io", "policy", "rbac.authorization.k8s.io", "apiextensions.k8s.io", "scheduling.k8s.io",
    "coordination.k8s.io", "discovery.k8s.io",
  ]

  static let all: [ServedDefinition] = [
    define("", "Pod", "pods", ["po"], ["all"], "core.v1.Pod", status: true),
    define("", "Service", "services", ["svc"], ["all"], "core.v1.Service", status: true),
    define("", "ConfigMap", "configmaps", ["cm"], [], "core.v1.ConfigMap"),
    define("", "Secret", "secrets", [], [], "core.v1.Secret"),
    define("", "Event", "events", ["ev"], [], "core.v1.Event"),
    define("", "Namespace", "namespaces", ["ns"], [], "core.v1.Namespace", namespaced: false, status: true),
    define("", "ServiceAccount", "serviceaccounts", ["sa"], [], "core.v1.ServiceAccount"),
    define(
      "", "PersistentVolumeClaim", "persistentvolumeclaims", ["pvc"], [], "core.v1.PersistentVolumeClaim", status: true),
    define(
      "", "PersistentVolume", "persistentvolumes", ["pv"], [], "core.v1.PersistentVolume", namespaced: false,
      status: true),
    define("", "Node", "nodes", ["no"], [], "core.v1.Node", namespaced: false, status: true),
    define("", "Endpoints", "endpoints", ["ep"], [], "core.v1.Endpoints"),
    events,
    define(
      "apps", "Deployment", "deployments", ["deploy"], ["all"], "apps.v1.Deployment", status: true, scale: replicas,
      generation: true),
    define(
      "apps", "ReplicaSet", "replicasets", ["rs"], ["all"], "apps.v1.ReplicaSet", status: true, scale: replicas,
      generation: true),
    define("batch", "Job", "jobs", [], ["all"], "batch.v1.Job", status: true, generation: true),
    define("batch", "CronJob", "cronjobs", ["cj"], ["all"], "batch.v1.CronJob", status: true, generation: true),
    define("coordination.k8s.io", "Lease", "leases", [], [], "coordination.v1.Lease"),
    define("discovery.k8s.io", "EndpointSlice", "endpointslices", [], [], "discovery.v1.EndpointSlice"),
    define("rbac.authorization.k8s.io", "Role", "roles", [], [], "rbac.v1.Role"),
    define("rbac.authorization.k8s.io", "RoleBinding", "rolebindings", [], [], "rbac.v1.RoleBinding"),
    define(
      "rbac.authorization.k8s.io", "ClusterRole", "clusterroles", [], [], "rbac.v1.ClusterRole", namespaced: false),
    define(
      "rbac.authorization.k8s.io", "ClusterRoleBinding", "clusterrolebindings", [], [], "rbac.v1.ClusterRoleBinding",
      namespaced: false),
    define(
      "networking.k8s.io", "NetworkPolicy", "networkpolicies", ["netpol"], [], "networking.v1.NetworkPolicy",
      generation: true),
    define(
      "policy", "PodDisruptionBudget", "poddisruptionbudgets", ["pdb"], [], "policy.v1.PodDisruptionBudget",
      status: true, generation: true),
    autoscalers,
    define(
      "scheduling.k8s.io", "PriorityClass", "priorityclasses", ["pc"], [], "scheduling.v1.PriorityClass",
      namespaced: false),
    define(
      "apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions", ["crd", "crds"],
      ["api-extensions"], "apiextensions.v1.CustomResourceDefinition", namespaced: false, status: true, generation: true
    ),
    review(
      "authorization.k8s.io", "SelfSubjectAccessReview", "selfsubjectaccessreviews",
      "authorization.v1.SelfSubjectAccessReview"),
    review(
      "authorization.k8s.io", "SelfSubjectRulesReview", "selfsubjectrulesreviews",
      "authorization.v1.SelfSubjectRulesReview"),
    review(
      "authorization.k8s.io", "SubjectAccessReview", "subjectaccessreviews", "authorization.v1.SubjectAccessReview"),
    review("authentication.k8s.io", "TokenReview", "tokenreviews", "authentication.v1.TokenReview"),
    review("authentication.k8s.io", "SelfSubjectReview", "selfsubjectreviews", "authentication.v1.SelfSubjectReview"),
  ]

  private static let replicas = ScalePaths(
    spec: ["spec", "replicas"], status: ["status", "replicas"], selector: ["spec", "selector"])

  private static func define(
    _ group: String, _ kind: String, _ resource: String, _ shortNames: [String], _ categories: [String],
    _ schema: String, namespaced: Bool = true, status: Bool = false, scale: ScalePaths? = nil, generation: Bool = false
  ) -> ServedDefinition {
    ServedDefinition(
      group: group, resource: resource, singular: kind.lowercased(), kind: kind, listKind: kind + "List",
      shortNames: shortNames, categories: categories, isNamespaced: namespaced, hasGeneration: generation,
      versions: [
        ServedDefinition.Version(name: "v1", schema: SchemaTable.schema(schema), hasStatus: status, scale: scale)
      ],
      storageVersion: "v1", storage: GroupResource(group: group, resource: resource))
  }

  /// Another form of the core events, in the same place.
  private static var events: ServedDefinition {
    var definition = define("events.k8s.io", "Event", "events", ["ev"], [], "events.v1.Event")
    definition.storage = GroupResource(group: "", resource: "events")
    return definition
  }

  private static var autoscalers: ServedDefinition {
    var definition = define(
      "autoscaling", "HorizontalPodAutoscaler", "horizontalpodautoscalers", ["hpa"], ["all"],
      "autoscaling.v2.HorizontalPodAutoscaler", status: true)
    definition.versions[0].name = "v2"
    definition.versions.append(
      ServedDefinition.Version(
        name: "v1", schema: SchemaTable.schema("autoscaling.v1.HorizontalPodAutoscaler"), hasStatus: true))
    definition.storageVersion = "v2"
    return definition
  }

  private static func review(_ group: String, _ kind: String, _ resource: String, _ schema: String)
    -> ServedDefinition
  {
    var definition = define(group, kind, resource, [], [], schema, namespaced: false)
    definition.isReview = true
    return definition
  }
}
