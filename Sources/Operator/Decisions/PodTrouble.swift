package import ApusAPI
package import KubernetesModel

/// Why a pod cannot start, in the cluster's own words, and how to mend it.
package struct PodTrouble: Sendable, Hashable {
  package var pod: String
  /// As kubelet or scheduler say it: `ImagePullBackOff`, `CrashLoopBackOff`, `Unschedulable`. One word for all of a
  /// trouble's phases: it must not go back and forth as the kubelet tries, waits and tries again.
  package var reason: String
  package var message: String
  /// The container it is about; nil: the pod as a whole.
  package var container: String?

  package init(pod: String, reason: String, message: String, container: String? = nil) {
    self.pod = pod
    self.reason = reason
    self.message = message
    self.container = container
  }

  /// What the messages of the cluster may say at most here.
  private static let longestMessage = 600

  /// Which pod, why, and what helps. A message that only says that the kubelet waits before it tries again takes nothing away
  /// from what `previous` knows about the same trouble.
  package func blocker(_ fields: PodFields, after previous: Blocker?) -> Blocker {
    var told = self
    if message.hasPrefix("Back-off "), previous?.pod == pod, previous?.reason == reason, let detail = previous?.detail {
      told.message = detail
    }
    return Blocker(
      reason: reason, message: told.sentence(fields), pod: pod, detail: String(told.message.prefix(Self.longestMessage))
    )
  }

  private func sentence(_ fields: PodFields) -> String {
    let detail = message.isEmpty ? "" : ": \(message.prefix(Self.longestMessage))"
    return "pod \(pod) cannot start: \(reason)\(detail); \(mend(fields))"
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
      self.init(pod: name, reason: found.reason, message: found.message, container: found.container)
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

  private static func trouble(_ container: ContainerStatus) -> (reason: String, message: String, container: String)? {
    let waiting = container.state?.waiting
    if let reason = waiting?.reason.flatMap({ waitingReasons[$0] }) {
      return (reason, waiting?.message ?? "", container.name)
    }
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
      "container \(container.name) ends with exit code \(end.exitCode)" + (cause.isEmpty ? "" : " (\(cause))"),
      container.name
    )
  }
}
