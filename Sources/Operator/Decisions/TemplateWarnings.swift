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
    return found.map(warning) + marks(training.template, "spec.training.template")
      + marks(serving.template, "spec.serving.template")
  }
}

extension MonitoringPolicySpec {
  package var templateWarnings: [Problem] {
    PodTemplate.problems(template, field: "spec.template", container: WorkerJob.container, .offline)
      .map(warning) + marks(template, "spec.template")
  }
}

extension OperatorSettings {
  /// Any folder of a node may be allowed.
  fileprivate static let offline = OperatorSettings(images: .init(worker: "", server: ""), allowedHostPaths: ["/"])
}

extension TemplateRules {
  fileprivate static let offline = TemplateRules(.offline, in: "", labelledSecrets: [])
}

private func marks(_ template: JSONValue?, _ field: String) -> [Problem] {
  TemplateMark.note(on: template, field: field, .init(), in: "").map {
    [Problem(field, String($0.dropFirst("\(field).".count)), mend: "", weight: .warning)]
  } ?? []
}

private func warning(_ refused: PodTemplate.Problem) -> Problem {
  Problem(refused.field, refused.words, mend: "", weight: .warning)
}
