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
  /// What the pod's status says besides in a typed field.
  package var sign: Sign?

  package enum Sign: Sendable, Hashable {
    /// The kubelet waits before it tries again. Up to Kubernetes 1.31 its message does not name the cause.
    case pausing
    /// The container needed more memory than its limit.
    case outOfMemory
  }

  package init(pod: String, reason: String, message: String, container: String? = nil, sign: Sign? = nil) {
    self.pod = pod
    self.reason = reason
    self.message = message
    self.container = container
    self.sign = sign
  }

  /// What the messages of the cluster may say at most here.
  private static let longestMessage = 600

  /// Which pod, why, and what helps. A message that only says that the kubelet waits before it tries again takes nothing away
  /// from what `previous` knows about the same trouble.
  package func blocker(_ fields: PodFields, after previous: Blocker?) -> Blocker {
    var told = self
    if sign == .pausing, previous?.pod == pod, previous?.reason == reason, let detail = previous?.detail {
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
    if let found = containers.lazy.compactMap({ Self(name, $0) }).first {
      self = found
    } else if let scheduled = status.conditions["PodScheduled"], scheduled.status == .no {
      self.init(pod: name, reason: scheduled.reason, message: scheduled.message)
    } else {
      return nil
    }
  }

  /// What the kubelet says of a container that does not start, from Kubernetes 1.20 to 1.36 (`kubelet/images/types.go`,
  /// `kubelet/kuberuntime/kuberuntime_container.go`, `cri-api/pkg/errors`). The phases of a pull that fails are one trouble.
  private static let waitingReasons = [
    "ErrImagePull": "ImagePullBackOff", pausingPull: "ImagePullBackOff", "RegistryUnavailable": "ImagePullBackOff",
    "InvalidImageName": "InvalidImageName", "ErrImageNeverPull": "ErrImageNeverPull",
    "ImageInspectError": "ImageInspectError", "SignatureValidationFailed": "SignatureValidationFailed",
    "CreateContainerConfigError": "CreateContainerConfigError", "CreateContainerError": "CreateContainerError",
    "PreCreateHookError": "CreateContainerError", "PreStartHookError": "RunContainerError",
    "RunContainerError": "RunContainerError", "PostStartHookError": "PostStartHookError",
  ]
  private static let pausingPull = "ImagePullBackOff"

  private init?(_ pod: String, _ container: ContainerStatus) {
    let waiting = container.state?.waiting
    if let said = waiting?.reason, let reason = Self.waitingReasons[said] {
      self.init(
        pod: pod, reason: reason, message: waiting?.message ?? "", container: container.name,
        sign: said == Self.pausingPull ? .pausing : nil)
      return
    }
    guard container.ready != true else { return nil }
    // Between two ends of a loop the container runs for a moment: that is no start.
    let isLooping = waiting?.reason == "CrashLoopBackOff" || (container.restartCount ?? 0) > 1
    guard isLooping, let end = container.lastState?.terminated ?? container.state?.terminated, end.exitCode != 0 else {
      return nil
    }
    // Not the kubelet's words, which name a pause that grows.
    let cause = [end.reason, end.message].compactMap { $0?.isEmpty == false ? $0 : nil }.joined(separator: ": ")
    self.init(
      pod: pod, reason: "CrashLoopBackOff",
      message: "container \(container.name) ends with exit code \(end.exitCode)" + (cause.isEmpty ? "" : " (\(cause))"),
      container: container.name, sign: end.isOutOfMemory ? .outOfMemory : nil)
  }
}

extension ContainerStatus.State.Terminated {
  /// In the kubelet's word for it. Exit code 137 alone may be any signal 9.
  var isOutOfMemory: Bool { reason == Self.outOfMemory }

  static let outOfMemory = "OOMKilled"
}
