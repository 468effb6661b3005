package import ApusAPI
import KubernetesModel
import WorkerContract

/// Which Secrets need their owner's word before a pod of a model gets them.
///
/// A Secret that a documented field names reaches our own program, which shows it to nobody. Where the author of the model
/// chooses the program as well (a custom trainer; a template that sets image, command, environment or mounts of the generated
/// container), he can read whatever is in the pod: then each Secret there must say that models may read it, by the label
/// `apus.dev/readable-by-models: "true"`. So must each Secret that a template names.
package enum SecretConsent {
  /// A Secret that the operator puts into a pod, and the field that names it.
  struct Reference: Sendable, Equatable {
    var field: String
    var name: String
  }

  /// Names of the Secrets to look at before a decision about a model; empty where none needs consent.
  package static func names(_ spec: ModelDeploymentSpec, _ settings: OperatorSettings, in namespace: String) -> Set<
    String
  > {
    guard !settings.templates.readsAllSecrets(in: namespace) else { return [] }
    let templates = [spec.training.template, spec.serving.template].flatMap(secrets(named:))
    let references = training(spec.training, settings).references + serving(spec.serving, settings).references
    return Set(templates + references.map(\.name))
  }

  /// The same before a decision about a policy.
  package static func names(_ spec: MonitoringPolicySpec, _ settings: OperatorSettings, in namespace: String) -> Set<
    String
  > {
    guard !settings.templates.readsAllSecrets(in: namespace) else { return [] }
    return Set(secrets(named: spec.template) + check(spec, settings).references.map(\.name))
  }

  /// The Secrets of a pod, and by which field its author chooses its program.
  struct Exposure: Sendable, Equatable {
    /// nil: he does not.
    var steeredBy: String?
    /// Empty where he does not.
    var references: [Reference]

    init(steeredBy: String?, _ references: [Reference]) {
      self.steeredBy = steeredBy
      self.references = steeredBy == nil ? [] : references
    }

    func problems(_ rules: TemplateRules) -> [PodTemplate.Problem] {
      guard let steeredBy else { return [] }
      return references.filter { !rules.mayRead($0.name) }.map { reference in
        PodTemplate.Problem(
          reference.field,
          "Secret '\(reference.name)' would be in a pod whose program \(steeredBy) chooses, and does not "
            + "say that models may read it; its owner labels it \(ApusLabels.readableByModels)=true, or remove either field",
          awaitsSecret: true)
      }
    }
  }

  static func training(_ training: ModelDeploymentSpec.Training, _ settings: OperatorSettings) -> Exposure {
    let place = "spec.training"
    let own =
      references(training.source, at: "\(place).source")
      + (training.split.testSource.map { references($0, at: "\(place).split.testSource") } ?? [])
    let steering =
      training.algorithm.custom == nil
      ? steeringField(training.template, "\(place).template", .training) : "\(place).algorithm.custom"
    return Exposure(steeredBy: steering, own + stores(settings.storage))
  }

  private static func references(_ source: DataSource, at place: String) -> [Reference] {
    var found: [Reference] = []
    if let secret = source.postgres?.connectionSecretRef {
      found.append(Reference(field: "\(place).postgres.connectionSecretRef", name: secret.name))
    }
    if let secret = source.s3?.credentialsSecretRef {
      found.append(Reference(field: "\(place).s3.credentialsSecretRef", name: secret.name))
    }
    return found
  }

  static func serving(_ serving: ModelDeploymentSpec.Serving, _ settings: OperatorSettings) -> Exposure {
    let place = "spec.serving"
    var own: [Reference] = []
    if let secret = serving.security?.tokenSecretRef {
      own.append(Reference(field: "\(place).security.tokenSecretRef", name: secret.name))
    }
    for (index, grant) in (serving.security?.tokens ?? []).enumerated() {
      own.append(Reference(field: "\(place).security.tokens[\(index)].secretRef", name: grant.secretRef.name))
    }
    if let secret = serving.security?.tlsSecretRef {
      own.append(Reference(field: "\(place).security.tlsSecretRef", name: secret.name))
    }
    return Exposure(
      steeredBy: steeringField(serving.template, "\(place).template", .serving), own + stores(settings.storage))
  }

  static func check(_ spec: MonitoringPolicySpec, _ settings: OperatorSettings) -> Exposure {
    Exposure(steeredBy: steeringField(spec.template, "spec.template", .check), stores(settings.storage))
  }

  private static func stores(_ storage: OperatorSettings.Storage) -> [Reference] {
    let place = "of the operator's configuration"
    var found: [Reference] = []
    if let secret = storage.telemetrySecret {
      found.append(Reference(field: "storage.telemetrySecret \(place)", name: secret.name))
    }
    if storage.isInS3, let secret = storage.s3.secret {
      found.append(Reference(field: "storage.s3.secret \(place)", name: secret))
    }
    return found
  }

  private static func secrets(named template: JSONValue?) -> [String] {
    guard let template = PodTemplate.whole(template) else { return [] }
    return TemplateField.all.filter { $0.rule == .secret }
      .flatMap { TemplateField.values(template, at: $0.path) }.compactMap(\.string)
  }

  /// Volumes of the operator's that hold Secrets, or tell the program what to do.
  private static let ownVolumes: Set<JSONValue> = ["tokens", "tls", "run", "routing"]

  private static func isOwnVolume(_ name: JSONValue) -> Bool {
    ownVolumes.contains(name) || name.string?.hasPrefix(ServerSecurity.grantVolume) == true
  }

  /// By which field a template chooses what the generated container executes or whom it speaks to, or reaches its Secrets in
  /// another way; nil: by none.
  private static func steeringField(_ template: JSONValue?, _ place: String, _ pod: PodFields) -> String? {
    guard let whole = PodTemplate.whole(template) else { return nil }
    let container = "spec.containers[]."
    let all = TemplateField.values(whole, at: "spec.containers[]")
    let ours = all.filter { $0["name"]?.string == pod.container }
    for field in TemplateField.all where field.isSteering {
      if field.path.hasPrefix(container) {
        let member = String(field.path.dropFirst(container.count))
        guard ours.contains(where: { !TemplateField.values($0, at: member).isEmpty }) else { continue }
      } else if field.path.hasPrefix("spec.initContainers[]") || TemplateField.values(whole, at: field.path).isEmpty {
        continue
      }
      return "\(place) (\(field.path))"
    }
    if TemplateField.values(whole, at: "spec.volumes[].name").contains(where: isOwnVolume) {
      return "\(place) (spec.volumes[].name)"
    }
    let others = all + TemplateField.values(whole, at: "spec.initContainers[]")
    let reaches = others.contains {
      TemplateField.values($0, at: "volumeMounts[].name").contains(where: isOwnVolume)
    }
    return reaches ? "\(place) (volumeMounts)" : nil
  }
}
