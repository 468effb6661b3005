package import KubernetesModel

/// Why a pod can not start, in the cluster's own words, and how to mend it.
package struct PodTrouble: Sendable, Hashable {
  package var pod: String
  /// As kubelet or scheduler say it: `ImagePullBackOff`, `CrashLoopBackOff`, `Unschedulable`. One word for all of a
  /// trouble's phases: it must not go back and forth as the kubelet tries, waits and tries again.
  package var reason: String
  package var message: String

  package init(pod: String, reason: String, message: String) {
    self.pod = pod
    self.reason = reason
    self.message = message
  }

  /// What the messages of the cluster may say at most here.
  private static let longestMessage = 600

  /// What people read: which pod, why, and what helps. A message that only says that the kubelet waits before it tries
  /// again takes nothing away from `previous`, a text that ends with the sentence about the same trouble.
  package func sentence(after previous: String?) -> String {
    let head = "pod \(pod) can not start: \(reason)"
    if message.hasPrefix("Back-off "), let previous, let start = previous.firstRange(of: head)?.lowerBound {
      return String(previous[start...])
    }
    let detail = message.isEmpty ? "" : ": \(message.prefix(Self.longestMessage))"
    return "\(head)\(detail); \(mend)"
  }

  /// What a person can do about it.
  private var mend: String {
    switch reason {
    case "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull":
      "correct the image's name and tag, or give the pod what its registry asks for (imagePullSecrets in the template)"
    case "CreateContainerConfigError":
      "make the Secret or ConfigMap with the key that is missing, in the pod's namespace (the Secrets that the operator's "
        + "settings storage.s3.secret and storage.telemetrySecret name must be in each namespace with models)"
    case "CreateContainerError", "RunContainerError": "correct command, mounts and security context in the template"
    case "CrashLoopBackOff": "see its log: kubectl logs \(pod) --previous"
    case "Unschedulable": "give the cluster room for it, or correct resources, nodeSelector and volumes in the template"
    case "SchedulingGated": "whoever has set the gate takes it away"
    default: "see kubectl describe pod \(pod)"
    }
  }
}

extension PodTrouble {
  /// nil: nothing keeps the pod from starting, or it is not meant to start any more.
  package init?(_ pod: Pod) {
    guard let name = pod.metadata.name, let status = pod.status, !pod.metadata.isBeingDeleted, !pod.isReady,
      status.phase != "Succeeded", status.phase != "Failed"
    else { return nil }
    let containers = status.initContainerStatuses + status.containerStatuses
    if let found = containers.lazy.compactMap(Self.trouble).first {
      self.init(pod: name, reason: found.reason, message: found.message)
    } else if let scheduled = status.conditions["PodScheduled"], scheduled.status == .no {
      self.init(pod: name, reason: scheduled.reason, message: scheduled.message)
    } else {
      return nil
    }
  }

  /// The phases of a pull that fails are one trouble.
  private static let waitingReasons = [
    "ErrImagePull": "ImagePullBackOff", "ImagePullBackOff": "ImagePullBackOff",
    "RegistryUnavailable": "ImagePullBackOff",
    "InvalidImageName": "InvalidImageName", "ErrImageNeverPull": "ErrImageNeverPull",
    "CreateContainerConfigError": "CreateContainerConfigError", "CreateContainerError": "CreateContainerError",
    "RunContainerError": "RunContainerError",
  ]

  private static func trouble(_ container: ContainerStatus) -> (reason: String, message: String)? {
    let waiting = container.state?.waiting
    if let reason = waiting?.reason.flatMap({ waitingReasons[$0] }) { return (reason, waiting?.message ?? "") }
    guard container.ready != true else { return nil }
    // Between two ends of a loop the container runs for a moment: that is no start.
    let isLooping = waiting?.reason == "CrashLoopBackOff" || (container.restartCount ?? 0) > 1
    guard isLooping, let end = container.lastState?.terminated ?? container.state?.terminated, end.exitCode != 0 else {
      return nil
    }
    // Not the kubelet's words, which name a pause that grows.
    let cause = [end.reason, end.message].compactMap { $0?.isEmpty == false ? $0 : nil }.joined(separator: ": ")
    return (
      "CrashLoopBackOff",
      "container \(container.name) ends with exit code \(end.exitCode)" + (cause.isEmpty ? "" : " (\(cause))")
    )
  }
}
