import KubernetesModel
package import WorkerContract

extension ModelDeploymentSpec {
  /// Who may ask for predictions, and how. The Secrets are mounted and read by the servers, never copied.
  package struct Security: Codable, Sendable, Equatable {
    /// The bearer tokens of which clients must bring one, one a line.
    package var tokenSecretRef: SecretKeyReference?
    /// A Secret of type `kubernetes.io/tls`, with `tls.crt` and `tls.key`; shown on both ports.
    package var tlsSecretRef: SecretReference?
  }
}

extension ModelDeploymentSpec.Security: SchemaDescribed {
  package static let schema = Schema.object(
    "Who may ask for predictions, and how. Secrets are of the same namespace; servers follow their changes.",
    [
      .optional(
        "tokenSecretRef",
        Schema.secretKey.described(
          "Secret key that holds the bearer tokens of clients, one a line; null: none is asked for."
        )
        .nullable),
      .optional(
        "tlsSecretRef",
        Schema.secret.described(
          "Secret of type kubernetes.io/tls that both ports of the servers show; null: plain HTTP."
        ).nullable),
    ])
}
