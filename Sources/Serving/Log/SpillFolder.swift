import Foundation
import Telemetry

/// Rows on disk, as JSON lines in segments of a few megabytes: those that are on their way to the store, so that a process
/// that is killed has lost none of them, and those that wait there because the store is away.
///
/// A segment goes when all of its rows are stored. Each process writes segments of its own and locks them while it lives;
/// what a process left that is gone is adopted by the next one. Replaying a segment twice is harmless, as the store takes
/// rows once only. Nothing is forced out of the system's cache, which outlives the process.
/// Confined to its journal's queue: not Sendable.
final class SpillFolder {
  private let folder: URL
  private let maximumBytes: Int
  private var active: SpillSegment?
  /// Nothing is added to them; the oldest first.
  private var closed: [SpillSegment] = []
  private var nextNumber = 0
  private let process = "\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
  private var adoptedAt: ContinuousClock.Instant?

  private static let segmentBytes = 8 << 20
  /// How often segments of processes that are gone are looked for.
  private static let adoptionInterval = Duration.seconds(60)

  /// Why rows could not be written.
  enum Refusal: Error {
    case full
    case failed
  }

  init(folder: URL, maximumBytes: Int) {
    self.folder = folder
    self.maximumBytes = maximumBytes
  }

  private var segments: [SpillSegment] { closed + [active].compactMap { $0 } }

  /// Bytes of segments that hold rows which are nowhere else.
  var waitingBytes: Int { segments.reduce(0) { $0 + ($1.isNeeded ? $1.bytes : 0) } }

  /// Writes `rows` rows that are in memory as well or, throwing, none of them.
  func write(_ data: [UInt8], rows: Int) throws(Refusal) -> SpillSegment {
    guard segments.reduce(0, { $0 + $1.bytes }) + data.count <= maximumBytes else { throw .full }
    if let active, active.bytes + data.count > Self.segmentBytes { close(active) }
    let segment: SpillSegment
    if let active { segment = active } else { segment = try open() }
    active = segment
    switch segment.append(data) {
    case .written:
      segment.inMemory += rows
      return segment
    case .refused:
      removeIfIdle(segment)
      throw .failed
    case .spoiled:
      close(segment)
      throw .failed
    }
  }

  private func close(_ segment: SpillSegment) {
    closed.append(segment)
    active = nil
    removeIfIdle(segment)
  }

  private func open() throws(Refusal) -> SpillSegment {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw .failed
    }
    nextNumber += 1
    let url = folder.appending(path: "spill-\(process)-\(nextNumber).jsonl")
    guard let segment = SpillSegment(url: url, create: true) else { throw .failed }
    return segment
  }

  /// So many rows of the segment are in memory no more.
  /// - Parameter isStored: Otherwise the disk alone has them now.
  func release(_ segment: SpillSegment, rows: Int, isStored: Bool) {
    segment.inMemory -= rows
    if !isStored { segment.isNeeded = true }
    removeIfIdle(segment)
  }

  private func removeIfIdle(_ segment: SpillSegment) {
    if segment.inMemory == 0, !segment.isNeeded { remove(segment) }
  }

  /// The oldest segment whose rows wait, and what is in it; nil when nothing waits. A file that cannot be read now stays,
  /// and the next one has its turn.
  func oldest() -> (segment: SpillSegment, contents: [UInt8])? {
    if let active, active.isNeeded { close(active) }
    guard let place = closed.firstIndex(where: { $0.isNeeded && $0.inMemory == 0 }) else { return nil }
    let segment = closed[place]
    guard let contents = segment.contents else {
      closed.append(closed.remove(at: place))
      return nil
    }
    return (segment, contents)
  }

  /// All rows of the segment are stored.
  func remove(_ segment: SpillSegment) {
    closed.removeAll { $0 === segment }
    if active === segment { active = nil }
    segment.remove()
  }

  /// Takes over segments of processes that are gone.
  func adopt(at now: ContinuousClock.Instant = .now) {
    if let adoptedAt, now - adoptedAt < Self.adoptionInterval { return }
    adoptedAt = now
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else { return }
    for name in names.sorted() where name.hasPrefix("spill-") && name.hasSuffix(".jsonl") && !name.contains(process) {
      guard let segment = SpillSegment(url: folder.appending(path: name), create: false) else { continue }
      if segment.bytes > 0 { closed.append(segment) } else { segment.remove() }
    }
  }
}
