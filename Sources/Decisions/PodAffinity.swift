import ApusAPI
package import KubernetesModel

/// Draws a pod to the node where other pods of Apus use the same claim: on another one a ReadWriteOnce volume could not be
/// attached.
///
/// A preference only: storage that calls itself ReadWriteOnce and yet can be mounted anywhere (NFS) must not make a pod wait
/// for room on one node.
package enum PodAffinity {
  private static let place = ["podAffinity", "preferredDuringSchedulingIgnoredDuringExecution"]

  private static let term: JSONValue = [
    "weight": 100,
    "podAffinityTerm": [
      "topologyKey": "kubernetes.io/hostname",
      "labelSelector": ["matchLabels": [ApusLabels.managedBy: .string(ApusLabels.manager)]],
    ],
  ]

  /// `pod` with the preference, where the settings tie its claim to one node.
  static func drawing(_ pod: JSONValue, by storage: OperatorSettings.Storage) -> JSONValue {
    guard storage.isTiedToOneNode else { return pod }
    var drawn = pod
    drawn.set([term], at: ["spec", "affinity"] + place)
    return drawn
  }

  /// Whether a Deployment's pods are drawn already. Those made by releases that did not do so stay as they are: their
  /// template would change, and all servers start anew.
  package static func isIn(_ deployment: JSONValue) -> Bool {
    let affinity = deployment[path: "spec", "template", "spec", "affinity"]
    return affinity?[path: place[0], place[1]]?.array?.contains(term) == true
  }
}
