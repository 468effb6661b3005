import KubernetesModel

/// Where the operator makes objects, and by which rights it reads Secrets. The same for every model of the cluster.
package struct OperatorAccess: Sendable, Equatable {
  /// The only namespaces where models may be; nil: any that is not refused.
  package var allowedNamespaces: Set<String>?
  /// Namespaces where no model may be; nil: `systemNamespaces`, and `home` unless the operator looks after nothing else.
  package var refusedNamespaces: Set<String>?
  /// The ClusterRole that lets the operator read Secrets, bound in each namespace where it has to.
  package var secretsRole: String
  /// The operator's own namespace; nil: it does not run in a pod.
  package var home: String?
  package var serviceAccount: String
  /// The one namespace that the operator looks after; nil: all of them.
  package var watchedNamespace: String?

  package init(
    allowedNamespaces: Set<String>? = nil, refusedNamespaces: Set<String>? = nil,
    secretsRole: String = standardSecretsRole, home: String? = nil, serviceAccount: String = "apus-operator",
    watchedNamespace: String? = nil
  ) {
    self.allowedNamespaces = allowedNamespaces
    self.refusedNamespaces = refusedNamespaces
    self.secretsRole = secretsRole
    self.home = home
    self.serviceAccount = serviceAccount
    self.watchedNamespace = watchedNamespace
  }

  /// The same for a process with these variables, which a pod has from the downward API.
  package func running(with environment: [String: String], watching namespace: String?) -> OperatorAccess {
    func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
    var access = self
    access.home = value("POD_NAMESPACE")
    access.serviceAccount = value("POD_SERVICE_ACCOUNT") ?? serviceAccount
    access.watchedNamespace = namespace
    return access
  }

  package static let standardSecretsRole = "apus-operator-secrets"
  /// The Secret with the operator's own keys, in its own namespace; the roles name it.
  package static let keysSecret = "apus-operator-keys"
  package static let systemNamespaces: Set = ["kube-system", "kube-public", "kube-node-lease"]

  /// Why a model or a policy of this namespace is left alone, and what to do; nil: it is looked after.
  package func refusal(of namespace: String) -> String? {
    if let allowed = allowedNamespaces, !allowed.contains(namespace) {
      return "namespace \(namespace) is none of the operator's namespaces.allowed; "
        + "move this object, or have the namespace added to the operator's configuration"
    }
    guard refused.contains(namespace) else { return nil }
    return "the operator makes no pods in namespace \(namespace) (its setting namespaces.refused); "
      + "move this object to a namespace for models"
  }

  private var refused: Set<String> {
    if let refusedNamespaces { return refusedNamespaces }
    guard let home, home != watchedNamespace else { return Self.systemNamespaces }
    return Self.systemNamespaces.union([home])
  }

  /// That a Secret may not be read, and the command that allows it.
  package func secretsRefusal(_ secret: String, in namespace: String) -> String {
    "the operator may not read Secret \(secret) in namespace \(namespace); allow it: kubectl -n \(namespace) create rolebinding "
      + "\(secretsRole) --clusterrole=\(secretsRole) --serviceaccount=\(home ?? "apus-system"):\(serviceAccount)"
  }
}
