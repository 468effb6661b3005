import Foundation

/// The ledger's hand at the disk: a folder with a file of JSON lines for each segment.
///
/// Each process writes files of its own and locks them while it lives; what a process left that is gone is adopted by the
/// next one. Replaying a file twice is harmless, as the store takes rows once only. Nothing is forced out of the system's
/// cache, which outlives the process.
final class SpillFolder {
  private let folder: URL
  /// Folders of which this one took the place.
  private let former: [URL]
  private var files: [SegmentID: SpillFile] = [:]
  /// Files that this process is done with and could not remove.
  private var leftovers: Set<String> = []
  /// Files that this process can do nothing with, as it has told.
  private var unusable: Set<String> = []
  private let prefix = "spill-\(getpid())-\(UInt32.random(in: 0...UInt32.max))-"

  private static let asidePrefix = "damaged-"
  /// Damaged files that are kept for people.
  static let mostAside = 8
  /// No server writes a larger file: this is its room for all of them together. A larger one might not fit in memory.
  private static let mostBytes = 1 << 30

  init(folder: URL, former: [URL] = []) {
    self.folder = folder
    self.former = former
  }

  func perform(_ work: LogLedger.DiskWork) -> LogLedger.DiskOutcome {
    switch work {
    case .append(let data, let segment, let isNew):
      guard let file = isNew ? make(segment) : files[segment] else { return .notAppended(isSpoiled: false) }
      switch file.append(data) {
      case .written: return .appended
      case .refused: return .notAppended(isSpoiled: false)
      case .spoiled: return .notAppended(isSpoiled: true)
      }
    case .read(let segment): return .contents(files[segment]?.contents.map(SpillLine.decode))
    case .remove(let segment):
      if let file = files.removeValue(forKey: segment) { remove(file) }
      return .removed
    case .setAside(let segment):
      if let file = files.removeValue(forKey: segment) { setAside(file) }
      return .removed
    case .adopt(let first, let most): return adopt(first, atMost: most)
    }
  }

  private func make(_ segment: SegmentID) -> SpillFile? {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      return nil
    }
    let file = SpillFile(new: folder.appending(path: "\(prefix)\(segment).jsonl"))
    files[segment] = file
    return file
  }

  private func remove(_ file: SpillFile) {
    if !file.remove() { leftovers.insert(file.name) }
  }

  private func setAside(_ file: SpillFile) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    guard names.count(where: { $0.hasPrefix(Self.asidePrefix) }) < Self.mostAside else { return remove(file) }
    if !file.rename(to: Self.asidePrefix + file.name) { leftovers.insert(file.name) }
  }

  /// The oldest first: by the time of their last row, as the numbers in their names grow within a process only.
  private func adopt(_ first: SegmentID, atMost most: Int) -> LogLedger.DiskOutcome {
    var sizes: [Int] = []
    var strange: Set<String> = []
    for url in left where sizes.count < most {
      switch SpillFile.left(url, atMost: Self.mostBytes) {
      case .file(let file) where file.bytes == 0: remove(file)
      case .file(let file):
        files[first + sizes.count] = file
        sizes.append(file.bytes)
      // One that this process has adopted already holds its lock.
      case .notNow: continue
      case .unusable: strange.insert(url.lastPathComponent)
      }
    }
    let news = strange.subtracting(unusable)
    unusable.formUnion(news)
    return .adopted(sizes, unusable: news.sorted())
  }

  private var left: [URL] {
    let urls = ([folder] + former).flatMap { folder in
      (try? FileManager.default.contentsOfDirectory(
        at: folder, includingPropertiesForKeys: [.contentModificationDateKey])) ?? []
    }
    let files = urls.compactMap { url -> (url: URL, name: String, time: Date)? in
      let name = url.lastPathComponent
      guard name.hasPrefix("spill-"), name.hasSuffix(".jsonl"), !name.hasPrefix(prefix), !leftovers.contains(name)
      else { return nil }
      let time = try? url.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
      return (url, name, time ?? .distantPast)
    }
    return files.sorted {
      $0.time == $1.time ? $0.name.compare($1.name, options: .numeric) == .orderedAscending : $0.time < $1.time
    }.map(\.url)
  }
}
