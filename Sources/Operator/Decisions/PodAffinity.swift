import ApusAPI
package import KubernetesModel

/// Draws a pod to the node where other pods of Apus use the same claim: on another one a ReadWriteOnce volume could not be
/// attached.
///
/// A preference only: storage that calls itself ReadWriteOnce and yet can be mounted anywhere (NFS) must not make a pod wait
/// for room on one node.
package enum PodAffinity {
  private static let term = Affinity.WeightedPodTerm(
    weight: 100,
    Affinity.PodTerm(
      topologyKey: "kubernetes.io/hostname",
      labelSelector: LabelSelector(matchLabels: [ApusLabels.managedBy: ApusLabels.manager])))
  private static let document = JSONValue.document(term)

  /// `pod` with the preference, where the settings tie its claim to one node.
  static func drawing(_ pod: PodSpec, by storage: OperatorSettings.Storage) -> PodSpec {
    guard storage.isTiedToOneNode else { return pod }
    var drawn = pod
    drawn.affinity = Affinity(podAffinity: .init(preferred: [term]))
    return drawn
  }

  /// Whether a Deployment's pods are drawn already. Those made by releases that did not do so stay as they are: their
  /// template would change, and all servers start anew.
  package static func isIn(_ deployment: JSONValue) -> Bool {
    let affinity = deployment[path: "spec", "template", "spec", "affinity"]
    let preferred = affinity?[path: "podAffinity", "preferredDuringSchedulingIgnoredDuringExecution"]?.array
    return preferred?.contains(document) == true
  }
}
