import ApusAPI
import Decisions
import Foundation
import Testing

/// What the operator says is in the tables that the documentation is made from.
@Suite struct ReasonTests {
  private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../Sources").standardizedFileURL

  /// Words of the cluster, and of alerts, that look like reasons.
  private static let others: Set<String> =
    Set(Alert.Rule.allCases.map(\.rawValue)).union([
      "IfNotPresent", "Always", "Never", "ReadWriteOnce", "OnRootMismatch", "RuntimeDefault", "RollingUpdate",
      "PersistentVolumeClaim", "ConfigMap", "ModelVersion", "ModelDeployment", "MonitoringPolicy", "Deployment",
      "HorizontalPodAutoscaler", "DeadlineExceeded", "ErrImagePull", "ErrImageNeverPull", "ImagePullBackOff",
      "InvalidImageName",
      "RegistryUnavailable", "CreateContainerConfigError", "CreateContainerError", "RunContainerError",
      "ImageInspectError", "SignatureValidationFailed", "PreCreateHookError", "PreStartHookError", "PostStartHookError",
      "CrashLoopBackOff", "SchedulingGated", "FailedCreate", "FailedMount", "FailedAttachVolume", "FailedMapVolume",
      "FailedCreatePodSandBox", "FailedScheduling", "FailedBinding", "NetworkNotReady", "RuntimeClass", "PodScheduled",
      "ReplicaFailure", "ReplicaSet", "HostToContainer",
    ])

  @Test(arguments: ["Operator/Decisions", "Operator/Reconcilers"])
  func `every reason and condition type in the sources is in the tables`(_ folder: String) throws {
    let known = Set(Reason.allCases.map(\.rawValue)).union(ConditionType.allCases.map(\.rawValue)).union(Self.others)
    let inside = FileManager.default.enumerator(
      at: Self.sources.appending(path: folder), includingPropertiesForKeys: nil)
    let files = (inside?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "swift" }
    #expect(!files.isEmpty)
    for file in files {
      let text = try String(contentsOf: file, encoding: .utf8)
      let words =
        text.matches(of: /"([A-Z][a-z]+(?:[A-Z][A-Za-z]*)+)"/).map(\.output.1)
        + text.matches(of: /(?:reason: |announce\(\.\w+, |Announcement\(\.\w+, |RunFailure\()"([A-Z]\w+)"/).map(
          \.output.1)
      for word in words where !known.contains(String(word)) {
        Issue.record("\(file.lastPathComponent): '\(word)' is in no table of ApusAPI")
      }
    }
  }
}
