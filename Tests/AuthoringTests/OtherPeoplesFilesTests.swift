import ApusAPI
import Authoring
import Foundation
import Tabular
import Testing
import WorkerContract
import YAMLCoding
import KubernetesModel

@Suite("Files as other programs write them")
struct OtherPeoplesFilesTests {
  private func draft(
    _ text: String, target: String, positive: String? = nil, options: ModelDraft.Options = .init()
  ) throws -> ModelDraft {
    try ModelDraft(csv: Array(text.utf8), uri: "file:///a.csv", target: target, positive: positive, options: options)
  }

  private func spec(_ draft: ModelDraft) throws -> ModelDeploymentSpec {
    #expect(ManifestCheck(draft.text).findings == [], "\(draft.text.prefix(2000))")
    return try ModelDeployment.decode(try YAML.documents(draft.text)[0].value).spec
  }

  @Test("a European open-data table")
  func european() throws {
    let rows = (0..<60).map { row in
      "\(row % 28 + 1).0\(row / 28 + 1).2024;\(row % 7 + 1).\(100 + row),\(row % 10)5;\(row % 3 == 0 ? "Köln" : "Aachen");\(row % 4 == 0 ? "ja" : "nein")"
    }
    let draft = try draft("Datum;Betrag;Ort;Storno\n" + rows.joined(separator: "\n"), target: "Storno")
    let spec = try spec(draft)
    #expect(spec.schema.timestamp == "Datum")
    #expect(spec.schema.features.map(\.name) == ["Betrag", "Ort"])
    #expect(spec.schema.features[0].type == .numeric && (spec.schema.features[0].maximum ?? 0) > 7000)
    #expect(spec.training.source.csv?.decimal == .comma)
    #expect(draft.text.contains("# as the file's numbers are written"))
  }

  @Test("what a person says is in the spec, with its reason")
  func options() throws {
    let rows = (0..<60).map {
      "\(1_700_000_000_000 + $0 * 3_600_000);\($0 % 9);-99\($0 % 2 == 0 ? 9 : 8);\($0 % 5);\($0 % 2)"
    }
    let options = ModelDraft.Options(
      delimiter: .semicolon, decimal: .comma, encoding: .latin1,
      inference: .init(missing: ["-999"], drop: ["b"], timestamp: "when_seen"))
    let draft = try draft(
      "when_seen;a;m;b;y\n" + rows.joined(separator: "\n"), target: "y", positive: "0", options: options)
    let spec = try spec(draft)
    #expect(spec.training.source.csv == .init(uri: "file:///a.csv", delimiter: .semicolon, decimal: .comma))
    #expect(spec.schema.encoding == .latin1 && spec.schema.timestamp == "when_seen")
    #expect(spec.schema.missing?.suffix(2) == ["-", "-999"])
    #expect(spec.schema.target.positive == "0")
    #expect(spec.schema.features.map(\.name) == ["a", "m"])
    // -999 is missing, -998 is a number.
    #expect(spec.schema.features[1].nullable && spec.schema.features[1].type == .numeric)
    #expect(draft.notes.contains("Column 'b' is left out: it is to be left out, as asked for."))
  }

  @Test(
    "what a person says wrongly is told",
    arguments: [
      (InferenceOptions(missing: (0..<23).map { "m\($0)" }), "takes 32 texts"),
      (InferenceOptions(missing: [String(repeating: "m", count: 65)]), "more than the 64 letters"),
      (InferenceOptions(drop: ["z"]), "no column 'z'"), (InferenceOptions(drop: ["y"]), "is the target"),
      (InferenceOptions(timestamp: "a"), "'x' at line 2 is no time"),
      (InferenceOptions(timestamp: "y"), "cannot be the timestamp"),
    ])
  func wrongOptions(inference: InferenceOptions, expected: String) {
    let text = "a,b,y\n" + (0..<20).map { "\($0 % 2 == 0 ? "x" : "z"),\($0),\($0 % 2)\n" }.joined()
    #expect {
      _ = try draft(text, target: "y", options: .init(inference: inference))
    } throws: { "\($0)".contains(expected) }
  }

  @Test(
    "the source is where workers read, in the form that the spec takes",
    arguments: [
      ("/data/my file.csv", "file:///data/my%20file.csv"), ("https://host/x.csv", "https://host/x.csv"),
      ("s3://bucket/x.csv", "s3://bucket/x.csv"), ("x.csv", nil), ("ftp://x", nil),
    ] as [(String, String?)])
  func sources(uri: String, expected: String?) throws {
    let text = "a,y\n" + (0..<20).map { "\($0 % 7),\($0 % 2)\n" }.joined()
    guard let expected else {
      #expect(throws: AuthoringError.badSource(uri)) { try ModelDraft(csv: Array(text.utf8), uri: uri, target: "y") }
      return
    }
    let source = try spec(ModelDraft(csv: Array(text.utf8), uri: uri, target: "y")).training.source
    #expect(source.csv?.uri ?? source.s3?.uri == expected)
  }

  @Test("an index of any program is no feature, whatever its order and name")
  func indices() throws {
    for name in ["", "Unnamed: 0", "Unnamed: 0.1", "X", "row_number", "PassengerId"] {
      for rows in [12, 50] {
        let lines = (0..<rows).map { "\($0 * 7 % rows + 1),\($0 % 5),\($0 % 2)\n" }
        let spec = try spec(draft("\(name),a,y\n" + lines.joined(), target: "y"))
        #expect(spec.schema.features.map(\.name) == ["a"], "'\(name)' of \(rows) rows")
      }
    }
  }

  @Test("prices and percentages are named with the mend")
  func signs() throws {
    let lines = (0..<60).map { "$\($0),\($0 % 40) %,€ \($0 % 3),\($0 % 7),\($0 % 2)\n" }
    let draft = try draft("price,share,fee,a,y\n" + lines.joined(), target: "y")
    #expect(try spec(draft).schema.features.map(\.name) == ["fee", "a"])
    #expect(
      draft.notes.contains {
        $0.contains("'price'") && $0.contains("'$0'") && $0.contains("take the currency sign away")
      })
    #expect(
      draft.notes.contains {
        $0.contains("'share'") && $0.contains("'0 %'") && $0.contains("take the percent sign away")
      })
    #expect(draft.text.contains("take the currency sign away"))
  }

  @Test("a very wide file keeps to what the spec takes")
  func wide() throws {
    let names = (0..<2300).map { "c\($0)" }
    let lines = (0..<12).map { row in
      (0..<2300).map { "\((row * 31 + $0) % 7)" }.joined(separator: ",") + ",\(row % 2)\n"
    }
    let draft = try draft(names.joined(separator: ",") + ",y\n" + lines.joined(), target: "y")
    #expect(try spec(draft).schema.features.count == 2000)
    #expect(draft.notes.contains("200 more columns are left out; the file says why."))
  }

  @Test("whatever the cells and names hold, the file says what was inferred and nothing else", arguments: 0..<60)
  func tricks(seed: Int) throws {
    let pieces = [
      "\r\n", "\n", "\r", "\u{85}", "\u{2028}", "\u{0}", "\u{1b}[2J", "\t", "# ", ": ", "- ", "'", "\"", "\\", "{", "}",
      "[", "]",
      "&a", "*a", "!!int", "|", ">", "%", "@", "`", "---", "...", "~", "null", "yes", "0x1F", "1e3", "é", "e\u{301}",
      "😀",
      "\u{feff}", "\u{a0}", "spec:", "kind: Secret", ",", "x", "\u{202e}", "\u{7f}", "<<: *a", "?",
    ]
    var generator = SeededGenerator(seed: seed)
    func next(_ bound: Int) -> Int { generator.index(below: bound) }
    func text() -> String { (0..<1 + next(5)).map { _ in pieces[next(pieces.count)] }.joined() }
    func quoted(_ text: String) -> String { "\"" + text.replacing("\"", with: "\"\"") + "\"" }
    let header = ["f" + text(), "g" + text(), "t" + text()]
    let levels = (0..<4).map { "\($0)" + text() }
    let classes = ["a" + text(), "b" + text()]
    var csv = header.map(quoted).joined(separator: ",") + "\n"
    for row in 0..<40 {
      csv += [levels[next(4)], "\(next(9))", classes[row % 2]].map(quoted).joined(separator: ",") + "\n"
    }
    let bytes = Array(csv.utf8)
    let raw = try RawTable(csv: bytes)
    let inferred = try raw.inferSchema(target: raw.header[2])
    let draft = try ModelDraft(csv: bytes, uri: "file:///a.csv", target: raw.header[2])
    let spec = try spec(draft)
    #expect(spec.schema == inferred.schema)
    #expect(draft.notes.allSatisfy { !$0.unicodeScalars.contains { $0.properties.generalCategory == .control } })
    // The file is read back by the same schema without a finding that forbids training.
    #expect(raw.read(schema: spec.schema).failures == [])
  }
}
