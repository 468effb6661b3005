package import KubernetesModel

extension ModelVersionStatus {
  package struct Transition: Codable, Sendable, Equatable {
    package var from: Stage?
    package var to: Stage
    package var at: Timestamp
    /// For people: `operator`, or what a person did: `annotation apus.dev/approve`, `spec.serving.version`.
    package var by: String
    package var reason: String
    /// nil: written by release 0.1.0, which said it in `by` only.
    private var actor: Actor?
    /// The step of the rollout that it began, from 1; nil: none, or written by release 0.1.0.
    package var step: Int?

    package init(
      from: Stage? = nil, to: Stage, at: Timestamp, by actor: Actor, reason: String, step: Int? = nil
    ) {
      self.from = from
      self.to = to
      self.at = at
      self.by = actor.text
      self.reason = reason
      self.actor = actor
      self.step = step
    }

    /// Who moved the version. The words of release 0.1.0 are read here and nowhere else, until release 0.3.0: by then the
    /// operator has come by every version that waits or serves.
    package var mover: Actor { actor ?? Actor.allCases.first { $0.text == by } ?? .operator }
  }

  /// Who moves a version.
  package enum Actor: String, Codable, Sendable, CaseIterable {
    case `operator` = "Operator"
    case pin = "Pin"
    case approval = "Approval"
    case force = "Force"

    /// As the history says it.
    package var text: String {
      switch self {
      case .operator: "operator"
      case .pin: "spec.serving.version"
      case .approval: "annotation \(ApusAnnotations.approve)"
      case .force: "annotation \(ApusAnnotations.forcePromote)"
      }
    }
  }
}

extension ModelVersionStatus.Transition: SchemaDescribed {
  package static let schema = Schema.object(
    "One change of stage.",
    [
      .optional("from", .enumeration(ModelVersionStatus.Stage.self, "The stage before.")),
      .required("to", .enumeration(ModelVersionStatus.Stage.self, "The stage after.")),
      .required("at", .timestamp("When.")),
      .required("by", .string("Who moved it, for people: operator, or what a person did.", maximum: 1024)),
      .optional("actor", .enumeration(ModelVersionStatus.Actor.self, "Who moved it, for programs.")),
      .optional("step", .integer("The rollout step that began with it, counted from 1.", minimum: 1)),
      .required("reason", .string("Why.", maximum: 4096)),
    ])
}
