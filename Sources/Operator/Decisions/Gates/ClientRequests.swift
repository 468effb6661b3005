import ApusAPI
import WorkerContract

/// Requests that production answers and the version would refuse: a person has to let it take over.
struct ClientRequests: Gate {
  static let field: String? = nil

  let name = GateName("clients")

  static func asked(by rules: ModelDeploymentSpec.Promotion) -> [ClientRequests] { [ClientRequests()] }

  func verdict(on result: TrainingResult, production: ArtifactReference?) -> GateVerdict? {
    guard let production, let change = result.schemaChange, change.champion.version == production.version,
      !change.refused.isEmpty
    else { return nil }
    return GateVerdict(
      gate: name, passed: false, held: true,
      message: "it refuses requests (422) that \(production.version) answers: \(change.refused.joined(separator: "; "))"
    )
  }
}
