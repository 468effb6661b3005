import ApusAPI
import Authoring
import Foundation
import KubernetesModel
import Tabular
import Testing
import WorkerContract
import YAMLCoding

@Suite("A draft made from a CSV file")
struct ModelDraftTests {
  /// 40 rows: a number, a level that is missing now and then, an identifier, a rare class.
  static let csv: [UInt8] = {
    var text = "id,amount,kind,fraud\n"
    for row in 0..<40 {
      text +=
        "r\(row),\(row * 3).5,\(row % 5 == 0 ? "" : row % 2 == 0 ? "chip: a" : "#swipe"),\(row % 8 == 0 ? "yes" : "no")\n"
    }
    return [UInt8](text.utf8)
  }()

  private static func draft(name: String? = nil) throws -> ModelDraft {
    try ModelDraft(csv: csv, uri: "file:///data/a%20b.csv", target: "fraud", name: name)
  }

  @Test("is accepted by the schema and by the operator's own checks")
  func accepted() throws {
    let check = ManifestCheck(try Self.draft().text)
    #expect(check.findings == [])
    #expect(check.objects == ["ModelDeployment fraud", "MonitoringPolicy fraud"])
  }

  @Test("holds what was inferred, and decodes to it")
  func content() throws {
    let documents = try YAML.documents(Self.draft(name: "cards").text)
    #expect(documents.count == 2)
    let model = try ModelDeployment.decode(documents[0].value)
    #expect(model.metadata.name == "cards")
    #expect(model.spec.schema.target == .init(name: "fraud", positive: "yes", classes: ["no", "yes"]))
    #expect(model.spec.schema.features.map(\.name) == ["amount", "kind"])
    #expect(model.spec.schema.features[1].categories == ["#swipe", "chip: a"])
    #expect(model.spec.schema.features[1].nullable)
    #expect(model.spec.training.source.csv?.uri == "file:///data/a%20b.csv")
    #expect(model.spec.promotion.approval == .automatic)
    // 87.5 % are no: the gate lies a little above what always answering no has.
    #expect(model.spec.promotion.minimum.accuracy == 0.88)
    let policy = try MonitoringPolicy.decode(documents[1].value)
    #expect(policy.spec.modelRef.name == "cards")
    // A fifth of the training data has no kind: that must not alarm for ever.
    #expect(policy.spec.quality.missing.warning == 0.3)
    #expect(policy.spec.quality.missing.critical == 0.6)
  }

  @Test("explains every inferred value in a comment")
  func comments() throws {
    let text = try Self.draft().text
    for line in text.split(separator: "\n")
    where ["nullable:", "minimum:", "maximum:", "positive:"].contains(where: line.contains) {
      #expect(line.contains("  # ") || line.hasSuffix(":"), "\(line)")
    }
    #expect(text.contains("# Left out:\n"))
    #expect(text.contains("id is the primary key"))
  }

  @Test(
    "is refused with a sentence that names the mend",
    arguments: [
      ("income", nil, "has no column 'income'"), ("fraud", "Bad Name", "cannot be a name"),
    ] as [(String, String?, String)])
  func refused(target: String, name: String?, expected: String) {
    #expect {
      _ = try ModelDraft(csv: Self.csv, uri: "file:///a.csv", target: target, name: name)
    } throws: { "\($0)".contains(expected) }
  }

  @Test("counts words such as NA among numbers as missing, and says when the rows are too few")
  func missingWords() throws {
    let rows = (0..<8).map { "\($0.isMultiple(of: 4) ? "NA" : "\($0)"),\($0 % 2)" }
    let draft = try ModelDraft(
      csv: [UInt8](("a,t\n" + rows.joined(separator: "\n")).utf8), uri: "file:///a.csv", target: "t")
    let policy = try MonitoringPolicy.decode(YAML.documents(draft.text)[1].value)
    #expect(policy.spec.quality.missing.warning > 0.25, "a quarter of the training rows has no number")
    #expect(draft.notes == ["8 rows are too few: training needs at least 10."])
  }

  @Test("whose column is called y by hand, without quotes, is told to quote it")
  func truthWords() throws {
    let text = try Self.draft().text.replacing("name: amount", with: "name: y")
    let check = ManifestCheck(text)
    #expect(
      check.findings.contains { "\($0.problem)".contains("features[0].name") && "\($0.problem)".contains("in quotes") })
  }

  static let adult = "../shared/data/adult_train.csv"

  @Test(
    "of the census data has all 14 features and no findings",
    .enabled(if: FileManager.default.fileExists(atPath: adult), "needs ../shared/data"))
  func census() throws {
    let bytes = try #require(FileManager.default.contents(atPath: Self.adult))
    let text = try ModelDraft(csv: [UInt8](bytes), uri: "file:///data/adult.csv", target: "income").text
    #expect(ManifestCheck(text).findings == [])
    let model = try ModelDeployment.decode(try YAML.documents(text)[0].value)
    #expect(model.spec.schema.features.count == 14)
    #expect(model.spec.schema.target.positive == ">50K")
  }
}

@Suite("Checking a file of manifests")
struct ManifestCheckTests {
  private static let sound = """
    apiVersion: apus.dev/v1alpha1
    kind: ModelDeployment
    metadata:
      name: income
    spec:
      schema:
        target: {name: income}
        features:
        - {name: age, type: numeric}
      training:
        source:
          csv: {uri: "file:///data/adult.csv"}
    """

  @Test("finds nothing in a sound one") func soundOne() { #expect(ManifestCheck(Self.sound).findings == []) }

  @Test(
    "tells the line of what is wrong",
    arguments: [
      ("type: numeric}", "type: number}", 9, "'number' is not known"),
      ("csv: {uri", "cvs: {uri", 12, "did you mean csv?"),
      ("  training:", "  trainning:", 5, "spec.training: is missing"),
      ("name: age", "name: income", 9, "is the target"),
      ("/data/adult.csv", "/data/adult.csv\"}\n    schedule: {cron: \"0 25 * * *", 13, "field hour"),
      ("v1alpha1", "v1", 1, "write apus.dev/v1alpha1"),
      ("kind: ModelDeployment", "kind: Model", 2, "write one of ModelDeployment"),
      ("  name: income\nspec", "  nam: income\nspec", 3, "metadata.name: is missing"),
      ("metadata:", "metadata: [", 5, "not valid YAML"),
    ])
  func wrong(old: String, new: String, line: Int, expected: String) throws {
    let check = ManifestCheck(Self.sound.replacing(old, with: new))
    let lines = check.findings.map { $0.line(in: "file.yaml") }
    let found = try #require(check.findings.first { "\($0.problem)".contains(expected) }, "\(lines)")
    #expect(found.position.line == line, "\(lines)")
    #expect(check.hasErrors)
  }

  @Test(
    "warns of what templates may not set unless an administrator allows it, and of Secrets that need their owner's word"
  )
  func templates() {
    let template = """

          template:
            tolerations: [{operator: Exists}]
            volumes: [{name: rows, hostPath: {path: /data}}]
            containers:
            - {name: worker, envFrom: [{secretRef: {name: keys}}]}
      """
    let check = ManifestCheck(Self.sound + template)
    let lines = check.findings.map { $0.line(in: "f") }
    #expect(!check.hasErrors && lines.count == 2, "\(lines)")
    #expect(lines.first?.hasPrefix("f:14:") == true)
    #expect(lines.contains { $0.contains("spec.training.template.tolerations: is refused") })
    #expect(lines.contains { $0.contains("envFrom[0].secretRef.name: Secret 'keys'") })
  }

  @Test("takes the example of the product as it is written")
  func example() throws {
    let path = "../shared/examples/income.yaml"
    guard let bytes = FileManager.default.contents(atPath: path) else { return }
    let check = ManifestCheck(String(decoding: bytes, as: UTF8.self))
    #expect(check.hasErrors == false, "\(check.findings.map { $0.line(in: path) })")
    #expect(check.objects == ["ModelDeployment income", "MonitoringPolicy income"])
  }

  @Test("warns of a policy for a model that is not in the file")
  func otherModel() {
    let policy =
      "\n---\napiVersion: apus.dev/v1alpha1\nkind: MonitoringPolicy\nmetadata: {name: p}\nspec: {modelRef: {name: incom}}\n"
    let check = ManifestCheck(Self.sound + policy)
    #expect(check.findings.map(\.problem.weight) == [.warning])
    #expect(check.findings.map(\.position.line) == [17])
  }
}

@Suite("Generated files")
struct GeneratedFileTests {
  @Test("are the committed ones", arguments: GeneratedFile.all().map(\.path))
  func current(path: String) throws {
    let text = try #require(GeneratedFile.all().first { $0.path == path }?.text)
    let committed = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    #expect(committed == text, "run 'make generate' and commit \(path)")
  }

  @Test("read back as what was written", arguments: ResourceDefinition.all.map(\.kind))
  func readBack(kind: String) throws {
    let definition = try #require(ResourceDefinition.all.first { $0.kind == kind })
    #expect(try YAML.document(YAML.text(definition.manifest)).value == definition.manifest)
  }
}
