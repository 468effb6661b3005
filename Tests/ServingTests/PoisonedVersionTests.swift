import Artifacts
import Foundation
import Tabular
import Testing
import WorkerContract

@testable import Serving

/// Versions whose files are wrong in one thing each. A server refuses them, says why, and serves on what it served.
@Suite(.serialized) struct PoisonedVersionTests {
  enum File: Sendable {
    case model, schema, pipeline, samples, manifest
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let file: File
    let change: @Sendable (String) -> String
    /// Part of the refusal.
    let words: String

    init(_ text: String, _ file: File, _ words: String, _ change: @escaping @Sendable (String) -> String) {
      testDescription = text
      self.file = file
      self.words = words
      self.change = change
    }

    init(_ text: String, _ file: File, _ from: String, _ to: String, _ words: String) {
      self.init(text, file, words) { $0.replacing(from, with: to, maxReplacements: 1) }
    }
  }

  private static let width = "\"num_feature\":\"\(Sample.pipeline.width)\""
  private static let split = #""split_indices":[0,0,0]"#

  /// A tree whose nodes form one long way.
  private static func chain(_ depth: Int) -> String {
    let nodes = 2 * depth + 1
    var (left, right) = (Array(repeating: -1, count: nodes), Array(repeating: -1, count: nodes))
    for level in 0..<depth {
      left[2 * level] = 2 * level + 2
      right[2 * level] = 2 * level + 1
    }
    let zeros = Array(repeating: 0, count: nodes)
    return
      #"{"left_children":\#(left),"right_children":\#(right),"split_indices":\#(zeros),"split_conditions":\#(zeros),"#
      + #""default_left":\#(zeros)}"#
  }

  private static func withTree(_ tree: String) -> @Sendable (String) -> String {
    { $0.replacing(#""tree_info":[0,0,0],"trees":["#, with: #""tree_info":[0,0,0,0],"trees":[\#(tree),"#) }
  }

  /// Whatever the order and the escapes of the text.
  private static func withMember(_ name: String, _ value: String) -> @Sendable (String) -> String {
    { text in
      guard var document = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
        document[name] != nil
      else { return text }
      document[name] = value
      guard let changed = try? JSONSerialization.data(withJSONObject: document) else { return text }
      return String(decoding: changed, as: UTF8.self)
    }
  }

  static let rows = sizes + nodes + values + kinds + documents + pipelines + manifests

  private static let sizes: [Row] = [
    Row("two billion columns", .model, width, #""num_feature":"2147483646""#, "num_feature is '2147483646'"),
    Row(
      "a million columns", .model, width, #""num_feature":"1000000""#, "it takes 1000000 columns, its pipeline makes"),
    Row("no columns", .model, width, #""num_feature":"0""#, "num_feature is '0'"),
    Row("negative columns", .model, width, #""num_feature":"-9""#, "num_feature is '-9'"),
    Row("columns as a text", .model, width, #""num_feature":"many""#, "num_feature is 'many'"),
    Row("columns as a number", .model, width, #""num_feature":9"#, "num_feature"),
    Row("one column fewer", .model, width, #""num_feature":"8""#, "it takes 8 columns, its pipeline makes"),
    Row(
      "a long number of columns", .model, width, #""num_feature":"\#(String(repeating: "9", count: 5000))""#,
      "num_feature is '9999"),
    Row(
      "more trees than it holds", .model, #""tree_info":"#, #""gbtree_model_param":{"num_trees":"9"},"tree_info":"#,
      "num_trees is '9'"),
    Row(
      "more nodes than it holds", .model, #""size_leaf_vector":"1""#,
      #""size_leaf_vector":"1","num_nodes":"2000000000""#,
      "num_nodes of tree 0"),
    Row("fewer trees than outputs", .model, #""tree_info":[0,0,0]"#, #""tree_info":[0,0,0,0]"#, "3 trees but 4"),
    Row(
      "a tree of a class that is not there", .model, #""tree_info":[0,0,0]"#, #""tree_info":[0,0,1]"#,
      "belongs to class 1"),
    Row("a tree of a negative class", .model, #""tree_info":[0,0,0]"#, #""tree_info":[0,0,-1]"#, "belongs to class -1"),
  ]

  private static let nodes: [Row] = [
    Row("a child beyond the tree", .model, #""left_children":[1"#, #""left_children":[7"#, "outside of the tree"),
    Row(
      "a child that is the root", .model, #""left_children":[1"#, #""left_children":[0"#,
      "outside of the tree or a cycle"),
    Row("a negative child", .model, #""right_children":[2"#, #""right_children":[-2"#, "outside of the tree"),
    Row(
      "a child with a huge number", .model, #""left_children":[1"#, #""left_children":[9223372036854775807"#,
      "outside of the tree"),
    Row(
      "a child beyond 64 bits", .model, #""left_children":[1"#, #""left_children":[92233720368547758070"#,
      "a number in it is too large"),
    Row("nodes in a circle", .model, #""left_children":[1,-1,-1]"#, #""left_children":[1,1,-1]"#, "cycle"),
    Row("a child that is no number", .model, #""left_children":[1"#, #""left_children":["x""#, "left_children"),
    Row(
      "arrays that differ in length", .model, #""split_indices":[0,0,0]"#, #""split_indices":[0,0]"#, "differ in length"
    ),
    Row(
      "no nodes", .model, "differ in length",
      withTree(
        #"{"left_children":[],"right_children":[],"split_indices":[],"split_conditions":[],"default_left":[]}"#)),
    Row("a split on a column that is not there", .model, split, #""split_indices":[99,0,0]"#, "splits on column 99"),
    Row("a split on a negative column", .model, split, #""split_indices":[-1,0,0]"#, "splits on column -1"),
    Row("a tree of two thousand steps", .model, "is deeper than 1000", withTree(chain(2000))),
    Row("categorical splits", .model, #""split_type":[0,0,0]"#, #""split_type":[1,0,0]"#, "categorical splits"),
    Row("vector leaves", .model, #""size_leaf_vector":"1""#, #""size_leaf_vector":"3""#, "vector leaves"),
  ]

  private static let values: [Row] = [
    Row("a leaf too large for single precision", .model, "-0.4", "1e39", "a number in it is too large"),
    Row("leaves whose sum is too large", .model, "-0.4", "2e38", "more than a margin can be"),
    Row("a leaf that is no number", .model, "-0.4", "NaN", "no valid JSON"),
    Row("a leaf that is infinite", .model, "-0.4", "Infinity", "no valid JSON"),
    Row(
      "a leaf of a thousand digits", .model, "-0.4", "1" + String(repeating: "0", count: 1000),
      "a number in it is too large"),
    Row("a base score of 0", .model, "5E-1", "0", "base_score is '0'"),
    Row("a base score of 1", .model, "5E-1", "1", "base_score is '1'"),
    Row("a base score beyond 1", .model, "5E-1", "7", "base_score is '7'"),
    Row("a base score that is none", .model, "5E-1", "half", "base_score is 'half'"),
    Row("a base score without a number", .model, "5E-1", "", "base_score is ''"),
    Row("an infinite base score", .model, "5E-1", "inf", "base_score is 'inf'"),
    Row("a base score that is not a number", .model, "5E-1", "nan", "base_score is 'nan'"),
    Row("two base scores for one margin", .model, "5E-1", "[0.5,0.5]", "base_score is '[0.5,0.5]'"),
  ]

  private static let kinds: [Row] = [
    Row("classes for an objective of two", .model, #""num_class":"0""#, #""num_class":"3""#, "num_class is '3'"),
    Row("two targets", .model, #""num_class":"0""#, #""num_class":"0","num_target":"2""#, "num_target 2"),
    Row(
      "an objective that is not known", .model, "binary:logistic", "reg:squarederror", "the objective reg:squarederror"),
    Row(
      "an objective with a terminal's escapes", .model, "binary:logistic", #"x\u001b[31m\u202e"#,
      "the objective x, which"),
    Row(
      "classes by the million", .model, "num_class is '2000000000'",
      {
        $0.replacing("binary:logistic", with: "multi:softprob").replacing(
          #""num_class":"0""#, with: #""num_class":"2000000000""#)
      }),
    Row(
      "three classes for a schema of two", .model, "it tells 3 classes apart, its schema 2",
      {
        $0.replacing("binary:logistic", with: "multi:softprob").replacing(
          #""num_class":"0""#, with: #""num_class":"3""#)
      }),
    Row("a booster that is not known", .model, "gbtree", "dart", "the booster dart"),
    Row("a linear booster with trees", .model, "gbtree", "gblinear", "it holds no weights"),
    Row(
      "a best round that is none", .model, #""attributes":{}"#, #""attributes":{"best_iteration":"-1"}"#,
      "best_iteration is '-1'"),
    Row(
      "columns with other names", .model, #""objective":"#, #""feature_names":["a","b","c"],"objective":"#,
      "column 1 of the model is 'a'"),
    Row("no objective", .model, #""objective":"#, #""object":"#, "'objective' is missing"),
  ]

  private static let documents: [Row] = [
    Row("half a model", .model, "no valid JSON", { String($0.prefix($0.count / 2)) }),
    Row("nothing", .model, "no valid JSON", { _ in "" }),
    Row("binary rubbish", .model, "no valid JSON", { _ in "{L\u{0}\u{0}\u{1}" }),
    Row("deep brackets", .model, "no valid JSON", { _ in String(repeating: "[", count: 200_000) }),
    Row(
      "deep brackets in a member that nobody reads", .model, "no valid JSON",
      {
        $0.replacing(
          #""version":[1,7,4]"#,
          with: "\"version\":" + String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000))
      }),
  ]

  private static let pipelines: [Row] = [
    Row(
      "a schema without features", .schema, "the one has 0 features, the other 6",
      { _ in #"{"target":{"name":"income","classes":["<=50K",">50K"]},"features":[],"primaryKey":[]}"# }),
    Row(
      "a feature of another name", .schema, #""name":"age""#, #""name":"years""#,
      "has feature 'years', the other has 'age'"),
    Row("other categories", .schema, #"["Private","State"]"#, #"["Private","Navy"]"#, "'work' has other categories"),
    Row("a class twice", .schema, #"["<=50K",">50K"]"#, #"[">50K",">50K"]"#, "names a class twice"),
    Row("three classes", .schema, #"["<=50K",">50K"]"#, #"["a","b","c"]"#, "its schema 3"),
    Row("a type that is none", .schema, #""numeric""#, #""quantum""#, "schema.json is not what it should be"),
    Row(
      "a pipeline of another format", .pipeline, "pipeline.json is not what it should be",
      withMember("format", "apus.dev/pipeline/v9")),
    Row("a feature twice", .pipeline, #""name":"hours""#, #""name":"age""#, "two features 'age'"),
    Row("more categories", .pipeline, #"["1","2"]"#, #"["1","2","3"]"#, "'zone' has other categories"),
    Row(
      "columns with names of gigabytes", .pipeline, "pipeline.json is not what it should be",
      { text in
        let levels = (0..<20_000).map { "\"\($0)\"" }.joined(separator: ",")
        return text.replacing(#"["1","2"]"#, with: "[\(levels)]")
          .replacing(#""name":"zone""#, with: "\"name\":\"\(String(repeating: "z", count: 100_000))\"")
      }),
    Row("no pipeline", .pipeline, "pipeline.json is not what it should be", { _ in "{}" }),
    Row(
      "samples that are not reproduced", .samples, "row 1 of samples.json",
      { _ in #"{"format":"apus.dev/samples/v1","rows":[{"features":{"age":39},"probabilities":[0.9,0.1]}]}"# }),
    Row(
      "samples of another form", .samples, "samples.json is not what it should be", { _ in #"{"format":1}"# }),
  ]

  private static let manifests: [Row] = [
    Row(
      "a path in the manifest", .manifest, "cannot be a name", { $0.replacing("schema.json", with: "../schema.json") }),
    Row(
      "a file of a terabyte", .manifest, "this process reads at most",
      { $0.replacing(/"size":\d+/, with: "\"size\":1099511627776", maxReplacements: 1) }),
    Row(
      "a negative size", .manifest, "has -1 bytes",
      { $0.replacing(/"size":\d+/, with: "\"size\":-1", maxReplacements: 1) }),
    Row(
      "another size", .manifest, "instead of", { $0.replacing(/"size":\d+/, with: "\"size\":7", maxReplacements: 1) }),
    Row(
      "another SHA-256", .manifest, "does not have the SHA-256",
      { $0.replacing(/"sha256":"[0-9a-f]{8}/, with: "\"sha256\":\"00000000", maxReplacements: 1) }),
    Row(
      "a SHA-256 that is none", .manifest, "has no SHA-256",
      { $0.replacing(/"sha256":"[0-9a-f]{8}/, with: "\"sha256\":\"../../..", maxReplacements: 1) }),
    Row(
      "a thousand files", .manifest, "lists 1000 files",
      { _ in
        let files = (0..<1000).map { #"{"name":"f\#($0)","sha256":"\#(String(repeating: "0", count: 64))","size":1}"# }
        return #"{"contract":"apus.dev/artifact/v1","files":[\#(files.joined(separator: ","))]}"#
      }),
    Row("a file twice", .manifest, "is listed twice", { $0.replacing("schema.json", with: "model.json") }),
    Row("a manifest that is none", .manifest, "is not a manifest", { _ in "[]" }),
  ]

  /// The files of the tests' model with this change, stored as whoever writes to the store could store them.
  private static func store(_ row: Row, _ server: RunningServer) async throws -> String {
    let bundle = try Sample.bundle()
    var files = bundle.files
    func changed(_ name: String, _ text: String = "") throws {
      let before = files[name].map { String(decoding: $0, as: UTF8.self) } ?? text
      let after = row.change(before)
      try #require(after != before, "the row changes nothing")
      files[name] = Data(after.utf8)
    }
    switch row.file {
    case .model: try changed(ArtifactBundle.FileName.model)
    case .schema: try changed(ArtifactBundle.FileName.schema)
    case .pipeline: try changed(ArtifactBundle.FileName.pipeline)
    case .samples: try changed(ArtifactBundle.FileName.samples)
    case .manifest:
      let before = String(decoding: bundle.manifest, as: UTF8.self)
      let after = row.change(before)
      try #require(after != before, "the row changes nothing")
      let manifest = Data(after.utf8)
      let digest = ContentDigest(of: manifest)
      let folder = server.folder.appending(path: "artifacts/sha256/\(digest.hex)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for (name, data) in files { try data.write(to: folder.appending(path: name)) }
      try manifest.write(to: folder.appending(path: ArtifactManifest.fileName))
      return digest.description
    }
    let poisoned = try ArtifactBundle(files: files)
    try await server.artifacts.put(poisoned)
    return poisoned.digest.description
  }

  @Test func `no file of a version hurts the server or those that it serves`() async throws {
    try await withServer { server in
      let before = try await server.predict(id: "one").text
      for row in Self.rows {
        let digest = try await Self.store(row, server)
        let production = try await server.publish("v1", weight: 90)
        let table = aTable(revision: 2, production, anEntry("v2", digest, weight: 10, .canary))
        let reply = try await server.reload(table)
        #expect(reply.code == 503, "\(row): \(reply.text)")
        let error = reply.json["error"] as? String ?? ""
        #expect(error.contains(row.words), "\(row): \(error)")
        #expect(error.hasPrefix("Version v2 cannot be loaded: ") && error.count < 1200, "\(row): \(error)")
        #expect(error.unicodeScalars.allSatisfy { $0.value >= 32 && $0 != "\u{202E}" }, "\(row)")
        #expect(try await server.predict(id: "one").text == before, "\(row)")
      }
      #expect(try await server.metric("apus_model_loaded") == 1)
      #expect(try await server.metric("apus_ready") == 1)
      // The next good table is served.
      let next = try await server.publish("v3", shift: 0.5)
      #expect(try await server.reload(aTable(revision: 2, next)).code == 200)
    }
  }

  @Test func `a file that never ends is not read`() async throws {
    try await withServer { server in
      let bundle = try Sample.bundle(shift: 0.75)
      try await server.artifacts.put(bundle)
      let model = server.folder.appending(path: "artifacts/sha256/\(bundle.digest.hex)/model.json")
      for (place, make) in [
        ("a pipe", { mkfifo(model.path, 0o600) }), ("a device", { symlink("/dev/zero", model.path) }),
        ("a folder", { mkdir(model.path, 0o700) }),
      ] as [(String, () -> Int32)] {
        try FileManager.default.removeItem(at: model)
        #expect(make() == 0, "\(place)")
        let table = aTable(revision: 2, anEntry("v2", bundle.digest.description))
        let error = try await server.reload(table).json["error"] as? String ?? ""
        #expect(error.contains("model.json is no regular file"), "\(place): \(error)")
      }
      #expect(try await server.predict().code == 200)
    }
  }
}
