package import KubernetesModel
import Monitoring
import WorkerContract

/// How one ModelDeployment is watched and when that makes the operator act.
package struct MonitoringPolicy: ApusResource {
  package static let gvk = GroupVersionKind(apiVersion: ApusGroup.apiVersion, kind: "MonitoringPolicy")
  package static let gvr = ApusGroup.monitoringPolicies

  package var metadata: ObjectMeta
  package var spec: MonitoringPolicySpec
  package var status: MonitoringPolicyStatus

  package init(metadata: ObjectMeta, spec: MonitoringPolicySpec, status: MonitoringPolicyStatus = .init()) {
    self.metadata = metadata
    self.spec = spec
    self.status = status
  }
}

extension MonitoringPolicy {
  package static let definition = ResourceDefinition(
    of: MonitoringPolicy.self, shortName: "mp",
    description: "How one ModelDeployment is watched and when that makes the operator act.",
    columns: [
      .condition(.healthy),
      .init("Drift", "string", ".status.drift", "Drift in the last check."),
      .init("Quality", "string", ".status.quality", "Data quality in the last check."),
      .init("Performance", "string", ".status.performance", "Accuracy and label coverage in the last check."),
      .init("Last Check", "date", ".status.lastCheckTime", "Since the last check ended."),
      // A date in the future prints as <invalid>; the time itself is what tells something.
      .init("Next Check", "string", ".status.nextCheck", "When the next check starts."),
      .age,
      .init("Model", "string", ".spec.modelRef.name", "The ModelDeployment that is watched.", priority: 1),
      .init("Retraining", "string", ".status.retraining.decision.reason", "The loop's last decision.", priority: 1),
      .init("Suspended", "boolean", ".spec.suspend", "Whether checks are off.", priority: 1),
    ])
}

extension MonitoringPolicy {
  /// Everything that is wrong with what was written, all at once. Empty: the operator can act on it.
  package func problems() -> [Problem] {
    var found = nameProblems(of: metadata)
    if spec.modelRef.name.isEmpty {
      found.append(Problem("spec.modelRef.name", "is empty", mend: "name a ModelDeployment of the namespace"))
    }
    found += spec.schedule.problems(at: "spec.schedule")
    found += spec.window.problems(at: "spec.window")
    if spec.minimumSamples < 1 {
      found.append(Problem("spec.minimumSamples", "is below 1", mend: "write for example 30"))
    }
    if let maximum = spec.maximumSamples, maximum < spec.minimumSamples {
      found.append(
        Problem(
          "spec.minimumSamples", "\(spec.minimumSamples) is above maximumSamples \(maximum)",
          mend: "no check could be conclusive: swap them"))
    }
    found += spec.drift.problems(
      at: "spec.drift", numeric: DriftTests.numeric.map(\.name), categorical: DriftTests.categorical.map(\.name))
    found += spec.quality.problems(at: "spec.quality")
    found += spec.performance.problems(at: "spec.performance")
    found += spec.retraining.problems(at: "spec.retraining")
    if let resources = spec.resources { found += resources.problems(at: "spec.resources") }
    if let alerts = spec.alerts { found += alerts.problems(at: "spec.alerts") }
    return found
  }
}
