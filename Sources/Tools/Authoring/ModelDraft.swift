import ApusAPI
import KubernetesModel
package import Tabular
package import WorkerContract
import YAMLCoding

/// A ModelDeployment and a MonitoringPolicy for a CSV file, ready to be applied, each inferred value explained.
package struct ModelDraft: Sendable {
  let name: String
  let source: DataSource
  let sourceWhy: SourceExplanation
  let inferred: InferredSchema
  let gates: Gates
  /// Share of rows without a value, by feature, largest first.
  let missing: [(feature: String, share: Double)]

  /// How the file is written and what its columns are, as far as a person says so.
  package struct Options: Sendable {
    package var delimiter: DataSource.Delimiter?
    package var decimal: DataSource.DecimalMark?
    package var encoding: FeatureSchema.Encoding?
    package var inference: InferenceOptions

    package init(
      delimiter: DataSource.Delimiter? = nil, decimal: DataSource.DecimalMark? = nil,
      encoding: FeatureSchema.Encoding? = nil, inference: InferenceOptions = InferenceOptions()
    ) {
      self.delimiter = delimiter
      self.decimal = decimal
      self.encoding = encoding
      self.inference = inference
    }
  }

  /// Why the source says how the file is written.
  struct SourceExplanation: Sendable {
    var delimiter: String?
    var decimal: String?
  }

  /// - Parameters:
  ///   - csv: The file's bytes.
  ///   - uri: Where training is to read the same file: `file:///…`, `https://…`, `s3://…` or a path in the pods.
  ///   - positive: The class that counts as positive; chosen from the data where nil.
  ///   - name: Of the two resources; made from the file's name where nil.
  ///   - file: The file's name, without its ending; the target's where nil.
  package init(
    csv: [UInt8], uri: String, target: String, positive: String? = nil, name: String? = nil, file: String? = nil,
    options: Options = Options()
  ) throws(AuthoringError) {
    let raw: RawTable
    do {
      raw = try RawTable(
        csv: csv,
        options: CSVOptions(
          delimiter: options.delimiter?.byte, encoding: options.encoding, decimal: options.decimal))
    } catch {
      throw .unreadable(reason: "\(error)")
    }
    do {
      var inferred = try raw.inferSchema(target: target, positive: positive, options: options.inference)
      inferred.schema.encoding = options.encoding
      self.inferred = inferred
    } catch { throw .noSchema(reason: "\(error)") }
    source = try Self.source(uri, delimiter: options.delimiter, decimal: inferred.decimal)
    sourceWhy = SourceExplanation(
      delimiter: options.delimiter == nil ? nil : "as asked for",
      decimal: options.decimal == nil ? "as the file's numbers are written" : "as asked for")
    self.name = try Self.name(name, from: file ?? target)
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

  private static func source(
    _ uri: String, delimiter: DataSource.Delimiter?, decimal: DataSource.DecimalMark?
  ) throws(AuthoringError) -> DataSource {
    if uri.hasPrefix("s3://") { return DataSource(s3: .init(uri: uri, delimiter: delimiter, decimal: decimal)) }
    if ["file:///", "http://", "https://"].contains(where: uri.hasPrefix) {
      return DataSource(csv: .init(uri: uri, delimiter: delimiter, decimal: decimal))
    }
    guard uri.hasPrefix("/") else { throw .badSource(uri) }
    // A path becomes an address: what has a meaning in addresses is written as percent and digits.
    let plain = Set("/-._~".utf8)
    let path = uri.utf8.map { byte -> String in
      let isPlain =
        plain.contains(byte) || Character(Unicode.Scalar(byte)).isASCII && Character(Unicode.Scalar(byte)).isLetter
        || (0x30...0x39).contains(byte)
      return isPlain
        ? String(Unicode.Scalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }
    return DataSource(csv: .init(uri: "file://" + path.joined(), delimiter: delimiter, decimal: decimal))
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

  private static let shownColumns = 100

  /// What a person should know that is not in the file: one sentence each.
  package var notes: [String] {
    let few = "\(inferred.rowCount) rows are too few: training needs at least \(Self.fewestRows)."
    let small =
      "\(inferred.rowCount) rows are a small sample: a fifth of them cannot tell a good model from a lucky one; "
      + "use at least \(Self.soundRows)."
    let shown = inferred.leftOut.prefix(Self.shownColumns)
    let rest = inferred.leftOut.count - shown.count
    let more = "\(rest) more columns are left out; the file says why."
    let all =
      inferred.findings.map { "\($0.message)." } + shown.map { "Column '\($0.column)' is left out: it \($0.why)." }
      + (rest > 0 ? [more] : [])
    // Data may hold what a terminal takes for commands.
    return all.map {
      String(String.UnicodeScalarView($0.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
      + (inferred.rowCount < Self.fewestRows ? [few] : inferred.rowCount < Self.soundRows ? [small] : [])
  }
}

/// Why there is no draft.
package enum AuthoringError: Error, Sendable, Equatable, CustomStringConvertible {
  case unreadable(reason: String)
  case noSchema(reason: String)
  case badName(String)
  case badSource(String)

  package var description: String {
    switch self {
    case .unreadable(let reason): "the CSV file cannot be read: \(reason)"
    case .noSchema(let reason): reason
    case .badSource(let uri):
      "'\(uri)' is no place that workers read: write file:///…, http://…, https://…, s3://bucket/key or a path that begins with /"
    case .badName(let name):
      "'\(name)' cannot be a name; write at most 63 lower-case letters, digits and '-', starting with a letter"
    }
  }
}
