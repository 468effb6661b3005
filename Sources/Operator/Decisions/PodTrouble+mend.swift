extension PodTrouble {
  /// What a person can do about it, with the full path of the field.
  func mend(_ fields: PodFields) -> String {
    switch reason {
    case "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull":
      "correct the image's name and tag (\(fields.image(of: container))), or name what its registry asks for in "
        + fields.template("imagePullSecrets")
    case "CreateContainerConfigError": configurationMend(fields)
    case "CreateContainerError", "RunContainerError":
      "correct command, mounts and security context in \(fields.template)"
    case "PostStartHookError": "correct lifecycle.postStart in \(fields.template)"
    case "SignatureValidationFailed":
      "name an image that the node's signature policy accepts (\(fields.image(of: container)))"
    case "CrashLoopBackOff": loopMend(fields)
    case "Unschedulable", "FailedScheduling": schedulingMend(fields)
    case "SchedulingGated": "whoever has set the gate takes it away (\(fields.template("schedulingGates")))"
    case "FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedBinding": volumeMend(fields)
    case "FailedCreatePodSandBox", "NetworkNotReady": "repair the node's network or container runtime"
    default: "see kubectl describe pod \(pod)"
    }
  }

  private func configurationMend(_ fields: PodFields) -> String {
    // All are about images whose user the kubelet cannot tell from root.
    if ["runAsNonRoot", "non-root", "non-numeric user"].contains(where: { message.contains($0) }) {
      return
        "set \(fields.securityContext(of: container.map { [$0] } ?? [])).runAsUser to a number other than 0, "
        + "or build the image with such a USER"
    }
    let words = message.lowercased()
    guard words.contains("secret") || words.contains("configmap") else {
      return "see kubectl describe pod \(pod), and correct environment and mounts in \(fields.template)"
    }
    return
      "create the Secret or ConfigMap with the key that is missing, in the pod's namespace (the Secrets that the operator's "
      + "settings storage.s3.secret and storage.telemetrySecret name must be in each namespace with models)"
  }

  private func loopMend(_ fields: PodFields) -> String {
    guard sign == .outOfMemory else {
      return "see its log: kubectl logs \(pod) --previous"
        + (container.map { $0 == fields.container ? "" : " -c \($0)" } ?? "")
    }
    return "raise \(fields.resource("limits.memory", of: container))"
  }

  private func schedulingMend(_ fields: PodFields) -> String {
    let wanted = Self.shortages.filter { message.contains("Insufficient \($0)") }
    var mends = wanted.map { "lower \(fields.resource("requests.\($0)"))" }
    if message.contains("persistentvolumeclaim \"") || message.contains("PersistentVolumeClaim") {
      mends.append(
        "see kubectl describe pvc, or correct \(fields.template("volumes")) or storage.claim of the operator's configuration"
      )
    } else if message.contains("volume") {
      mends.append("let the volume's node or zone take the pod, or correct \(fields.template("volumes"))")
    }
    if message.contains("node selector") || message.contains("node affinity/selector") {
      mends.append("correct \(fields.template("nodeSelector")) or \(fields.template("affinity"))")
    }
    if message.contains("taint") { mends.append("add \(fields.template("tolerations"))") }
    if mends.isEmpty { mends = ["correct \(fields.resource("requests")) or \(fields.template)"] }
    return "give the cluster room for it, or " + mends.joined(separator: "; ")
  }

  private static let shortages = ["cpu", "memory", "ephemeral-storage"]

  private func volumeMend(_ fields: PodFields) -> String {
    if message.contains("Multi-Attach") || message.contains("already used by") {
      return "keep the claim's pods on one node (\(fields.template("nodeSelector"))), or set storage.claim.accessMode "
        + "ReadWriteMany in the operator's configuration"
    }
    for (kind, words) in [("Secret", "secret \""), ("ConfigMap", "configmap \"")] {
      guard let name = message.between(words, "\""), message.contains("not found") else { continue }
      return "create the \(kind) \(name.split(separator: "/").last.map(String.init) ?? name), or correct "
        + fields.template("volumes")
    }
    if let volume = message.between("volume \"", "\"") {
      return "see kubectl describe pod \(pod), and correct \(fields.template("volumes"))[name=\(volume)] or its claim"
    }
    return "see kubectl describe pod \(pod), and correct \(fields.template("volumes")) or its claim"
  }
}
