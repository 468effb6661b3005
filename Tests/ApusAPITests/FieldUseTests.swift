import ApusAPI
import Foundation
import Testing
import WorkerContract

/// A field that people can set and that nothing reads is a promise that nobody keeps.
///
/// A field counts as read where a source outside of the API and the contract takes a member of its name and speaks of what
/// holds it: `training.limits.missing` in a file that has `.missing` and the word `limits`.
@Suite struct FieldUseTests {
  /// Fields of features that are still to come. The operator says in a condition that it ignores them.
  private static let ignored: [String: Reason] = [
    "promotion.rollout.analysis.maximumErrorRate": .rolloutAnalysisIgnored,
    "promotion.rollout.analysis.maximumP99Latency": .rolloutAnalysisIgnored,
    "promotion.rollout.analysis.maximumPredictionPSI": .rolloutAnalysisIgnored,
    "promotion.rollout.shadow.requests": .rolloutAnalysisIgnored,
  ]

  /// Objects that are handed on whole; what they consist of is read by their own type.
  private static let wholes: [Set<String>] = [
    ["cron", "timeZone"], ["requests", "limits"], ["name", "key"], ["name"],
  ]

  private static let sources = Sources()

  private static let fields: [[String]] = [ModelDeploymentSpec.schema, MonitoringPolicySpec.schema].flatMap {
    leaves(of: $0, at: [])
  }

  private static func leaves(of schema: Schema, at path: [String]) -> [[String]] {
    switch schema.kind {
    case .object(let properties)
    where !properties.isEmpty && (path.isEmpty || !wholes.contains(Set(properties.map(\.name)))):
      properties.flatMap { leaves(of: $0.schema, at: path + [$0.name]) }
    case .list(_, let element) where !element.properties.isEmpty: leaves(of: element, at: path)
    default: [path]
    }
  }

  @Test func `every field of a spec is read, or a condition says that it is ignored`() throws {
    try #require(Self.fields.count > 100 && Self.sources.count > 200)
    let unread = Self.fields.filter { Self.sources.readers(of: $0).isEmpty }.map { $0.joined(separator: ".") }
    #expect(Set(unread) == Set(Self.ignored.keys))
  }

  @Test func `what is ignored is said in a condition`() {
    for (field, reason) in Self.ignored {
      let holder = field.split(separator: ".").dropLast().map(String.init)
      let readers = Self.sources.readers(of: holder)
      #expect(readers.contains { Self.sources.takes($0, "\(reason)") }, "\(field)")
    }
  }

  @Test(arguments: [["training", "invented"], ["serving", "autoscaling", "learningRate"], ["invented"]])
  func `a field that nothing reads is found`(path: [String]) {
    #expect(Self.sources.readers(of: path).isEmpty)
  }
}

/// The words of all sources but those that declare fields, and those that imitate a cluster.
private struct Sources: Sendable {
  /// By file the members that it takes, and all its words in small letters.
  private var files: [String: (members: Set<String>, words: Set<String>)] = [:]

  var count: Int { files.count }

  private static let declaring = [
    "ApusAPI", "WorkerContract", "Ground", "KubernetesModel", "ClusterState", "LocalCluster",
  ]

  init() {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources")
    let names = FileManager.default.enumerator(atPath: root.path())?.compactMap { $0 as? String } ?? []
    for name in names where name.hasSuffix(".swift") && !name.split(separator: "/").contains(where: Self.isDeclaring) {
      guard let text = try? String(contentsOf: root.appending(path: name), encoding: .utf8) else { continue }
      files[name] = Self.words(of: text)
    }
  }

  private static func isDeclaring(_ folder: Substring) -> Bool { declaring.contains(String(folder)) }

  func readers(of path: [String]) -> [String] {
    guard let leaf = path.last else { return [] }
    let holder = (path.dropLast().last ?? "spec").lowercased()
    let single = [holder, String(holder.dropLast()), "\(holder.dropLast(3))y"]
    return files.filter { $0.value.members.contains(leaf) && !$0.value.words.isDisjoint(with: single) }.map(\.key)
  }

  func takes(_ file: String, _ member: String) -> Bool { files[file]?.members.contains(member) ?? false }

  /// Comments do not count.
  private static func words(of text: String) -> (members: Set<String>, words: Set<String>) {
    var members: Set<String> = []
    var words: Set<String> = []
    for line in Array(text.utf8).split(separator: UInt8(ascii: "\n")) {
      var start = line.startIndex
      var last: UInt8 = 0
      while start < line.endIndex {
        let byte = line[start]
        if byte == UInt8(ascii: "/"), last == byte { break }
        guard isLetter(byte) else {
          last = byte
          start = line.index(after: start)
          continue
        }
        let end = line[start...].firstIndex { !isLetter($0) } ?? line.endIndex
        let word = String(decoding: line[start..<end], as: UTF8.self)
        words.insert(word.lowercased())
        if last == UInt8(ascii: ".") { members.insert(word) }
        last = 0
        start = end
      }
    }
    return (members, words)
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
      || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
      || byte == UInt8(ascii: "_")
  }
}
