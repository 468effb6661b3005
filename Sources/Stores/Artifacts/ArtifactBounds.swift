import Foundation

/// How large a bundle may be that is opened: known from its manifest, and compared before a file is read.
package struct ArtifactBounds: Sendable, Equatable {
  /// Bytes of one file.
  package var file: Int
  /// Bytes of all files.
  package var total: Int

  /// Bytes of `manifest.json`, and of answers that are no file.
  static let manifest = 1 << 20
  /// Files of a bundle.
  static let files = 256
  /// The most that any process takes, and what a store answers at most.
  private static let largest = 1 << 30
  /// A limit on memory that is smaller than this many times the file could not hold what is read from it.
  private static let share = 4
  private static let least = 16 << 20

  package init(file: Int, total: Int) {
    self.file = file
    self.total = total
  }

  /// Those of a process with so much memory; nil: no limit is known.
  package init(memory: Int?) {
    let file = memory.map { min(max($0 / Self.share, Self.least), Self.largest) } ?? Self.largest
    self.init(file: file, total: min(2 * file, Self.largest))
  }

  /// Those of this process, by the limit of its control group (version 2).
  package static let standard = ArtifactBounds(
    memory: (try? String(contentsOfFile: "/sys/fs/cgroup/memory.max", encoding: .utf8))
      .flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) })

  /// Why the files of a manifest are not read, as the name of one and a sentence's end; nil: they may be.
  func problem(of files: [ArtifactManifest.File]) -> (file: String, detail: String)? {
    guard files.count <= Self.files else {
      return (ArtifactManifest.fileName, "lists \(files.count) files, more than \(Self.files)")
    }
    var names: Set<String> = []
    var room = total
    for entry in files {
      guard ArtifactBundle.isPlain(entry.name), entry.name != ArtifactManifest.fileName else {
        return (ArtifactManifest.fileName, "lists a file whose name is none")
      }
      guard names.insert(entry.name).inserted else { return (entry.name, "is listed twice") }
      guard entry.size >= 0, entry.size <= file else {
        return (entry.name, "has \(entry.size) bytes, where this process reads at most \(file)")
      }
      room -= entry.size
      guard room >= 0 else { return (entry.name, "is one too many: this process reads at most \(total) bytes") }
      guard ContentDigest("sha256:\(entry.sha256)") != nil else {
        return (entry.name, "has no SHA-256 in the manifest")
      }
    }
    return nil
  }
}
