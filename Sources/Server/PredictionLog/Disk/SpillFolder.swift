import Foundation

/// The ledger's hand at the disk: a folder with a file of JSON lines for each segment.
///
/// Each process writes files of its own and locks them while it lives; what a process left that is gone is adopted by the
/// next one. Replaying a file twice is harmless, as the store takes rows once only. Nothing is forced out of the system's
/// cache, which outlives the process.
/// Confined to one queue: not Sendable.
final class SpillFolder {
  private let folder: URL
  private var files: [LogLedger.SegmentID: SpillFile] = [:]
  private let process = "\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  init(folder: URL) { self.folder = folder }

  func perform(_ work: LogLedger.DiskWork) -> LogLedger.DiskOutcome {
    switch work {
    case .append(let data, let segment, let isNew):
      guard let file = isNew ? make(segment) : files[segment] else { return .notAppended(isSpoiled: false) }
      switch file.append(data) {
      case .written: return .appended
      case .refused: return .notAppended(isSpoiled: false)
      case .spoiled: return .notAppended(isSpoiled: true)
      }
    case .read(let segment): return .contents(files[segment]?.contents)
    case .remove(let segment):
      files.removeValue(forKey: segment)?.remove()
      return .removed
    case .adopt(let first): return .adopted(adopt(first))
    }
  }

  private func make(_ segment: LogLedger.SegmentID) -> SpillFile? {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      return nil
    }
    let file = SpillFile(url: folder.appending(path: "spill-\(process)-\(segment).jsonl"), create: true)
    files[segment] = file
    return file
  }

  /// The oldest first, as their names have a number that grows.
  private func adopt(_ first: LogLedger.SegmentID) -> [Int] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else { return [] }
    var sizes: [Int] = []
    for name in names.sorted(by: { $0.compare($1, options: .numeric) == .orderedAscending })
    where name.hasPrefix("spill-") && name.hasSuffix(".jsonl") && !name.contains(process) {
      // One that this process has adopted already holds its lock.
      guard let file = SpillFile(url: folder.appending(path: name), create: false) else { continue }
      guard file.bytes > 0 else {
        file.remove()
        continue
      }
      files[first + sizes.count] = file
      sizes.append(file.bytes)
    }
    return sizes
  }
}
