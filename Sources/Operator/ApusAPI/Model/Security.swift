import KubernetesModel
package import WorkerContract

extension ModelDeploymentSpec {
  /// Who may ask for predictions, and how. The Secrets are mounted and read by the servers, never copied.
  package struct Security: Codable, Sendable, Equatable {
    /// The bearer tokens of which clients must bring one, one a line; they have all rights of clients.
    package var tokenSecretRef: SecretKeyReference?
    /// More tokens, with some of the rights.
    package var tokens: [TokenGrant]
    /// A Secret of type `kubernetes.io/tls`, with `tls.crt` and `tls.key`; shown on both ports.
    package var tlsSecretRef: SecretReference?

    /// Tokens of one Secret key, and what their bearers may do.
    package struct TokenGrant: Codable, Sendable, Equatable {
      package var secretRef: SecretKeyReference
      package var rights: [ServingRight]
    }

    /// Whether clients must bring a token.
    package var asksForToken: Bool { tokenSecretRef != nil || !tokens.isEmpty }
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
        "tokens",
        .list(
          "More tokens, whose bearers have only some of the rights; those of tokenSecretRef have all.",
          of: TokenGrant.schema, maximum: 16
        ).with(default: [])),
      .optional(
        "tlsSecretRef",
        Schema.secret.described(
          "Secret of type kubernetes.io/tls that both ports of the servers show; null: plain HTTP."
        ).nullable),
    ])
}

extension ModelDeploymentSpec.Security.TokenGrant: SchemaDescribed {
  package static let schema = Schema.object(
    "Tokens of one Secret key, one a line, and what their bearers may do.",
    [
      .required("secretRef", Schema.secretKey.described("Secret key that holds the tokens, one a line.")),
      .required("rights", ServingRight.list),
    ])
}
