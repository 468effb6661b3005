/// What the operator's configuration lets people write in templates beyond `TemplateField.all`: its section `templates`.
package struct TemplateGrants: Sendable, Equatable {
  /// Which Secrets may be in pods whose program the author of a model chooses.
  package enum Secrets: String, Sendable, CaseIterable {
    /// Those with the label `apus.dev/readable-by-models: "true"`.
    case labelled = "Labelled"
    /// All of the namespace: whoever writes models there may read its Secrets.
    case all = "All"
  }

  /// For one namespace, on top of what holds for all.
  package struct Exception: Sendable, Equatable {
    package var allow: [String]
    /// nil: as everywhere.
    package var secrets: Secrets?

    package init(allow: [String] = [], secrets: Secrets? = nil) {
      self.allow = allow
      self.secrets = secrets
    }
  }

  /// Paths of fields, each with all that lies below it: `spec.tolerations`, `spec.volumes[].nfs`.
  package var allow: [String]
  package var secrets: Secrets
  package var namespaces: [String: Exception]

  package init(allow: [String] = [], secrets: Secrets = .labelled, namespaces: [String: Exception] = [:]) {
    self.allow = allow
    self.secrets = secrets
    self.namespaces = namespaces
  }

  func allows(_ path: String, in namespace: String) -> Bool {
    (allow + (namespaces[namespace]?.allow ?? [])).contains { Self.covers($0, path) }
  }

  package func readsAllSecrets(in namespace: String) -> Bool {
    (namespaces[namespace]?.secrets ?? secrets) == .all
  }

  private static func covers(_ allowed: String, _ path: String) -> Bool {
    path == allowed || path.hasPrefix("\(allowed).") || path.hasPrefix("\(allowed)[]")
  }

  /// Why a path cannot be allowed; nil: it can.
  package static func problem(_ path: String) -> String? {
    let isPath = path.wholeMatch(of: /(metadata|spec)(\.[A-Za-z]+(\[\])?)+/) != nil
    guard isPath else { return "'\(path)' is no field of a pod template; write for example spec.tolerations" }
    if let field = TemplateField.all.first(where: {
      !$0.isGrantable && (covers(path, $0.path) || covers($0.path, path))
    }) {
      return field.rule == .hostPath
        ? "'\(path)' is not allowed here; allowedHostPaths names folders of nodes"
        : "'\(path)' would allow \(field.path), which no template may set freely: \(field.why)"
    }
    return nil
  }
}

/// The rules that one template is held to.
package struct TemplateRules: Sendable {
  package var namespace: String
  package var grants: TemplateGrants
  package var allowedHostPaths: [String]
  /// Secrets of the namespace that have the label.
  package var labelledSecrets: Set<String>
  /// The template is the administrator's own: only what no template may ever say is refused.
  package var isOfTheOperator = false

  package init(_ settings: OperatorSettings, in namespace: String, labelledSecrets: Set<String>) {
    self.namespace = namespace
    grants = settings.templates
    allowedHostPaths = settings.allowedHostPaths
    self.labelledSecrets = labelledSecrets
  }

  /// For `removal.template` of the operator's configuration.
  package init(ofTheOperator settings: OperatorSettings) {
    self.init(settings, in: "", labelledSecrets: [])
    isOfTheOperator = true
  }

  func allows(_ path: String) -> Bool { isOfTheOperator ? false : grants.allows(path, in: namespace) }

  func mayRead(_ secret: String) -> Bool {
    isOfTheOperator || grants.readsAllSecrets(in: namespace) || labelledSecrets.contains(secret)
  }
}
