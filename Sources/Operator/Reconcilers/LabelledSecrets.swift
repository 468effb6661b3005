import ApusAPI
import KubernetesModel

/// Which Secrets say that models may read them. Asked for by name where a spec makes it matter; their values are not looked at.
struct LabelledSecrets: Sendable {
  let secrets: SecretReader

  /// What a look at these Secrets gave.
  struct Findings {
    /// Those with the label.
    var names: Set<String> = []
    /// That the operator may not read one of them, and the command that allows it.
    var refusal: String?
  }

  /// How long an answer is believed while nothing else changes.
  private static let memory = 60.0
  /// A spec may name thousands; those beyond count as not labelled.
  private static let most = 50

  /// Those of `names` in the reader's namespace that have the label. One that is not there, or that the operator may not read,
  /// has none.
  func labelled(among names: Set<String>, _ reader: CacheReader) async throws -> Findings {
    var findings = Findings()
    guard !names.isEmpty else { return findings }
    reader.readOutside(believedFor: Self.memory)
    for name in names.filter(Self.isName).sorted().prefix(Self.most) {
      do {
        let secret = try await secrets.find(name, in: reader.namespace)
        if secret?.metadata.labels[ApusLabels.readableByModels] == "true" { findings.names.insert(name) }
      } catch .refused(let words) {
        if findings.refusal == nil { findings.refusal = words }
      } catch .failed(let error) {
        throw error
      }
    }
    return findings
  }

  /// The cluster has no Secret of another name, and its answer to one is no answer about it (RFC 1123).
  private static func isName(_ text: String) -> Bool {
    text.utf8.count <= 253
      && text.wholeMatch(of: /[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/) != nil
  }
}
