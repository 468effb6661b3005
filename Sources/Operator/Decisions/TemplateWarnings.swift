package import ApusAPI
import KubernetesModel

/// What an operator with default settings would refuse in templates, without a cluster to ask: as warnings, because the settings
/// may allow it, and Secrets may have their label.
extension ModelDeploymentSpec {
  package var templateWarnings: [Problem] {
    let rules = TemplateRules.offline
    let settings = OperatorSettings.offline
    let found =
      PodTemplate.problems(training.template, field: "spec.training.template", container: WorkerJob.container, rules)
      + PodTemplate.problems(serving.template, field: "spec.serving.template", container: ServerSet.container, rules)
      + SecretConsent.training(training, settings).problems(rules)
      + SecretConsent.serving(serving, settings).problems(rules)
    return found.map(warning)
  }
}

extension MonitoringPolicySpec {
  package var templateWarnings: [Problem] {
    PodTemplate.problems(template, field: "spec.template", container: WorkerJob.container, .offline)
      .map(warning)
  }
}

extension OperatorSettings {
  /// Any folder of a node may be allowed.
  fileprivate static let offline = OperatorSettings(images: .init(worker: "", server: ""), allowedHostPaths: ["/"])
}

extension TemplateRules {
  fileprivate static let offline = TemplateRules(.offline, in: "", labelledSecrets: [])
}

private func warning(_ refused: PodTemplate.Problem) -> Problem {
  Problem(refused.field, refused.words, mend: "", weight: .warning)
}
