package import ApusAPI
package import KubernetesModel

/// People's partial pod templates: checked, then laid over the generated pod.
package enum PodTemplate {
  /// Why a template is refused: field, what is so, and what to do.
  package struct Problem: Sendable, Equatable {
    package var reason: Reason
    /// The full path of the field.
    package var field: String
    /// What is so, and what to do.
    package var words: String
    /// A Secret may be given its label without a change of the spec.
    package var awaitsSecret: Bool

    init(_ field: String, _ words: String, reason: Reason = .templateRefused, awaitsSecret: Bool = false) {
      self.reason = reason
      self.field = field
      self.words = words
      self.awaitsSecret = awaitsSecret
    }

    package var message: String { "\(field): \(words)" }
  }

  /// Reasons why a template is refused: it would lend its author rights that they may not have, or it says what nobody has
  /// looked at. The first twenty.
  /// - Parameters:
  ///   - field: where the template stands: `spec.training.template`.
  ///   - container: the name of the generated one.
  package static func problems(
    _ template: JSONValue?, field: String, container: String, _ rules: TemplateRules
  ) -> [Problem] {
    guard let template, !template.isNull else { return [] }
    guard let members = template.object else { return [Problem(field, "must be a partial pod template (an object)")] }
    var review = TemplateReview(rules, ours: container)
    review.look(template, isBare(members) ? "spec" : "", field)
    return review.problems
  }

  /// A bare pod spec, without `metadata` and `spec`.
  private static func isBare(_ members: [String: JSONValue]) -> Bool {
    members["spec"] == nil && members["metadata"] == nil
  }

  /// The template with `spec` and `metadata`, in whichever way it was written; nil: there is none.
  static func whole(_ template: JSONValue?) -> JSONValue? {
    guard let template, let members = template.object, !members.isEmpty else { return nil }
    return isBare(members) ? ["spec": template] : template
  }

  /// Below one of the allowed folders, `..` not accepted.
  static func isAllowed(_ path: String, by allowed: [String]) -> Bool {
    let parts = path.split(separator: "/")
    guard path.hasPrefix("/"), !parts.contains("..") else { return false }
    return allowed.contains { folder in
      let prefix = folder.split(separator: "/")
      return folder.hasPrefix("/") && parts.starts(with: prefix)
    }
  }

  /// The generated pod template with `overlay` laid over it as a strategic merge would: lists by `name`, volume mounts by
  /// `mountPath`. An overlay may be a pod template (`metadata`, `spec`) or a bare pod spec.
  ///
  /// Guarantee: the security that the operator has set for the pod and for its own container stays, whatever the overlay says.
  package static func merged(_ generated: JSONValue, with overlay: JSONValue?) -> JSONValue {
    guard var template = whole(overlay) else { return generated }
    // The generated labels select the pods, the generated owner keeps them: people add to both, but take nothing away.
    let labels = generated[path: "metadata", "labels"]
    let mounts = mountsByContainer(template)
    template = withoutMounts(template)
    var merged = replacingSources(generated, by: template).merged(with: template)
    if let labels { merged["metadata"] = (merged["metadata"] ?? [:]).merged(with: ["labels": labels]) }
    return PodSecurityFloor.holding(generated, in: adding(mounts, to: merged))
  }

  /// A variable has either a value or one `valueFrom`, a volume one kind of source: what people name anew replaces the
  /// generated one as a whole, or two sources would stand side by side and the API server refuse the pod.
  private static func replacingSources(_ generated: JSONValue, by template: JSONValue) -> JSONValue {
    var copy = generated
    if let volumes = generated[path: "spec", "volumes"]?.array {
      copy.set(.array(replacing(volumes, by: template[path: "spec", "volumes"]?.array)), at: ["spec", "volumes"])
    }
    guard let containers = generated[path: "spec", "containers"]?.array else { return copy }
    let overlays = template[path: "spec", "containers"]?.array ?? []
    let replaced = containers.map { container -> JSONValue in
      guard let variables = container["env"]?.array,
        let overlay = overlays.first(where: { $0["name"] == container["name"] })
      else { return container }
      var replaced = container
      replaced["env"] = .array(replacing(variables, by: overlay["env"]?.array))
      return replaced
    }
    copy.set(.array(replaced), at: ["spec", "containers"])
    return copy
  }

  private static func replacing(_ named: [JSONValue], by overlay: [JSONValue]?) -> [JSONValue] {
    guard let overlay else { return named }
    return named.map { element in overlay.first { $0["name"] == element["name"] } ?? element }
  }

  private static func mountsByContainer(_ template: JSONValue) -> [String: [JSONValue]] {
    var mounts: [String: [JSONValue]] = [:]
    for container in template[path: "spec", "containers"]?.array ?? [] {
      guard let name = container["name"]?.string else { continue }
      mounts[name] = container["volumeMounts"]?.array ?? []
    }
    return mounts
  }

  private static func withoutMounts(_ template: JSONValue) -> JSONValue {
    guard let containers = template[path: "spec", "containers"]?.array else { return template }
    var copy = template
    let bare = containers.map { container in
      var bare = container
      bare["volumeMounts"] = nil
      return bare
    }
    copy.set(.array(bare), at: ["spec", "containers"])
    return copy
  }

  private static func adding(_ mounts: [String: [JSONValue]], to template: JSONValue) -> JSONValue {
    guard let containers = template[path: "spec", "containers"]?.array else { return template }
    var copy = template
    let full = containers.map { container -> JSONValue in
      guard let added = container["name"]?.string.flatMap({ mounts[$0] }), !added.isEmpty else { return container }
      let paths = Set(added.compactMap { $0["mountPath"]?.string })
      let kept = (container["volumeMounts"]?.array ?? []).filter { !paths.contains($0["mountPath"]?.string ?? "") }
      var full = container
      full["volumeMounts"] = .array(kept + added)
      return full
    }
    copy.set(.array(full), at: ["spec", "containers"])
    return copy
  }
}
