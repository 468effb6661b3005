import ApusAPI
package import KubernetesModel

extension ServerPod {
  package init(_ pod: Pod) {
    let trouble = PodTrouble(pod)
    let server = pod.status?.containerStatuses.first { $0.name == ServerSet.container }
    self.init(
      name: pod.metadata.name ?? "", uid: Self.incarnation(of: pod), address: pod.status?.podIP, isReady: pod.isReady,
      isEncrypted: pod.metadata.labels[ApusLabels.adminScheme] == "https", trouble: trouble,
      silent: trouble == nil ? SilentObject(pod) : nil, runningSince: server?.state?.running?.startedAt)
  }

  /// The pod and how often its containers were started: a new process has read the mounted table, which may be an older one.
  private static func incarnation(of pod: Pod) -> String {
    let restarts = pod.status?.containerStatuses.reduce(0) { $0 + ($1.restartCount ?? 0) } ?? 0
    return "\(pod.metadata.uid ?? "")/\(restarts)"
  }
}
