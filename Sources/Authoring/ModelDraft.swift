import ApusAPI
import KubernetesModel
import Tabular
import WorkerContract
import YAMLCoding

/// A ModelDeployment and a MonitoringPolicy for a CSV file, ready to be applied, each inferred value explained.
package struct ModelDraft: Sendable {
  let name: String
  let uri: String
  let inferred: InferredSchema
  let gates: Gates
  /// Share of rows without a value, by feature, largest first.
  let missing: [(feature: String, share: Double)]

  /// - Parameters:
  ///   - csv: The file's bytes.
  ///   - uri: Where training is to read the same file: `file:///…` or `https://…`.
  ///   - positive: The class that counts as positive; chosen from the data where nil.
  ///   - name: Of the two resources; made from the file's name where nil.
  ///   - file: The file's name, without its ending; the target's where nil.
  ///   - delimiter: The byte between fields; found in the first lines where nil.
  package init(
    csv: [UInt8], uri: String, target: String, positive: String? = nil, name: String? = nil, file: String? = nil,
    delimiter: UInt8? = nil
  ) throws(AuthoringError) {
    let raw: RawTable
    do { raw = try RawTable(csv: csv, options: CSVOptions(delimiter: delimiter)) } catch {
      throw .unreadable(reason: "\(error)")
    }
    do {
      inferred = try raw.inferSchema(target: target, positive: positive)
    } catch { throw .noSchema(reason: "\(error)") }
    self.name = try Self.name(name, from: file ?? target)
    self.uri = uri
    let classes = inferred.schema.target.classes
    let shares = inferred.classShares
    let commonest = zip(classes, shares).max { $0.1 < $1.1 }?.0 ?? ""
    let positiveClass = inferred.schema.target.positive ?? ""
    let positiveShare = zip(classes, shares).first { $0.0 == positiveClass }?.1 ?? 0
    gates = Gates(
      classShares: shares, positiveShare: positiveShare, positive: positiveClass, commonest: commonest)
    missing = inferred.missingShares.map { (feature: $0.key, share: $0.value) }
      .sorted { ($1.share, $0.feature) < ($0.share, $1.feature) }
  }

  private static func name(_ wanted: String?, from text: String) throws(AuthoringError) -> String {
    if let wanted {
      guard ObjectName.isDNSLabel(wanted), wanted.first?.isLetter == true else { throw .badName(wanted) }
      return wanted
    }
    let words = text.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" }
    let made = String(words).split(separator: "-").joined(separator: "-")
    let label = made.first.map { $0.isLetter ? made : "model-\(made)" } ?? "model"
    return ObjectName.bounded(label, limit: 52)
  }

  /// Both documents as YAML, with comments.
  package var text: String {
    """
    # A model of '\(YAML.comment(inferred.schema.target.name))', made from \(inferred.rowCount) rows.
    # Every value is a suggestion; the comments say why. `apus validate` checks the file, `kubectl apply -f` sets it
    # going, `kubectl get md,mp,mv` shows how it stands.

    """ + YAML.text(model) + "---\n" + YAML.text(policy)
  }

  /// With fewer a training is refused.
  private static let fewestRows = 10

  /// With fewer a fifth of them is too few to judge a model by.
  private static let soundRows = 200

  /// What a person should know that is not in the file: one sentence each.
  package var notes: [String] {
    let few = "\(inferred.rowCount) rows are too few: training needs at least \(Self.fewestRows)."
    let small =
      "\(inferred.rowCount) rows are a small sample: a fifth of them cannot tell a good model from a lucky one; "
      + "use at least \(Self.soundRows)."
    return inferred.leftOut.map { "Column '\($0.column)' is left out: it \($0.why)." }
      + (inferred.rowCount < Self.fewestRows ? [few] : inferred.rowCount < Self.soundRows ? [small] : [])
  }
}

/// Why there is no draft.
package enum AuthoringError: Error, Sendable, Equatable, CustomStringConvertible {
  case unreadable(reason: String)
  case noSchema(reason: String)
  case badName(String)

  package var description: String {
    switch self {
    case .unreadable(let reason): "the CSV file can not be read: \(reason)"
    case .noSchema(let reason): reason
    case .badName(let name):
      "'\(name)' can not be a name; write at most 63 lower-case letters, digits and '-', starting with a letter"
    }
  }
}
