package import KubernetesModel

/// Labels and annotations that a template puts on its pods. Webhooks and agents of a cluster take orders by annotations: mount a
/// Secret, run another image, take a role. So those take effect that are known to do no more than let the pod be watched, be moved
/// by a scaler or join the mesh; a key without a prefix is its author's own. What is not known is left out of the pods, and people are
/// told: to refuse it would stop models that were taken before.
package enum TemplateMark {
  /// Names, and beginnings that end in `/`.
  private static let annotations = [
    "prometheus.io/", "kubectl.kubernetes.io/", "app.kubernetes.io/", "checksum/",
    "cluster-autoscaler.kubernetes.io/safe-to-evict", "cluster-autoscaler.kubernetes.io/safe-to-evict-local-volumes",
    "controller.kubernetes.io/pod-deletion-cost", "karpenter.sh/do-not-disrupt", "sidecar.istio.io/inject",
    "linkerd.io/inject", "ad.datadoghq.com/tags", "co.elastic.logs/enabled", "fluentbit.io/exclude",
  ]

  /// Labels by which pods get a cloud's identity; others only let pods be found.
  private static let identities = ["aadpodidbinding", "azure.workload.identity/"]

  private static func isTaken(annotation key: String) -> Bool { !key.contains("/") || key.begins(with: annotations) }
  private static func isTaken(label key: String) -> Bool { !key.begins(with: identities) }

  /// Keys that take no effect, in their order.
  package static func leftOut(of template: JSONValue?, _ grants: TemplateGrants, in namespace: String) -> [String] {
    guard let metadata = template?["metadata"] else { return [] }
    var keys: [String] = []
    if !grants.allows("metadata.annotations", in: namespace) {
      keys += (metadata["annotations"]?.object ?? [:]).keys.filter { !isTaken(annotation: $0) }
    }
    if !grants.allows("metadata.labels", in: namespace) {
      keys += (metadata["labels"]?.object ?? [:]).keys.filter { !isTaken(label: $0) }
    }
    return keys.sorted()
  }

  /// The template without them.
  static func taken(from template: JSONValue?, _ grants: TemplateGrants, in namespace: String) -> JSONValue? {
    let leftOut = leftOut(of: template, grants, in: namespace)
    guard var taken = template, !leftOut.isEmpty else { return template }
    for list in ["annotations", "labels"] {
      guard var keys = taken[path: "metadata", list]?.object else { continue }
      let isAllowed = grants.allows("metadata.\(list)", in: namespace)
      for key in leftOut where !isAllowed && !(list == "labels" ? isTaken(label: key) : isTaken(annotation: key)) {
        keys[key] = nil
      }
      taken.set(.object(keys), at: ["metadata", list])
    }
    return taken
  }

  /// What people are told of them, as the last part of a sentence; nil: there are none. At most five are named.
  /// - Parameter field: where the template stands: `spec.serving.template`.
  package static func note(
    on template: JSONValue?, field: String, _ grants: TemplateGrants, in namespace: String
  ) -> String? {
    let keys = leftOut(of: template, grants, in: namespace)
    guard !keys.isEmpty else { return nil }
    let named = keys.prefix(5).map { "'\($0.prefix(64))'" }.joined(separator: ", ") + (keys.count > 5 ? ", …" : "")
    return "\(field).metadata: \(named) may steer more than the pod and is left out of new pods; remove it or ask the "
      + "administrator to allow it (templates.allow: [metadata.annotations] or [metadata.labels] of the operator's "
      + "configuration)"
  }
}

extension String {
  fileprivate func begins(with list: [String]) -> Bool {
    list.contains { $0.hasSuffix("/") ? hasPrefix($0) : self == $0 }
  }
}
