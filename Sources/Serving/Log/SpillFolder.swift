import Foundation
import Telemetry

/// Rows on disk that wait for the telemetry store: JSON lines in segments of a few megabytes.
///
/// Each process writes segments of its own and locks them while it lives; what a process left that is gone is adopted by the
/// next one. Replaying a segment twice is harmless, as the store takes rows once only.
/// Confined to its log's writer: not Sendable.
final class SpillFolder {
  private let folder: URL
  private let maximumBytes: Int
  private var active: Segment?
  private var waiting: [Segment] = []
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

  /// A file and the lock on it, both let go with the object.
  private final class Segment {
    let url: URL
    let descriptor: Int32
    var bytes: Int

    init?(url: URL, create: Bool) {
      let descriptor = Foundation.open(url.path, O_RDWR | O_APPEND | O_CLOEXEC | (create ? O_CREAT | O_EXCL : 0), 0o600)
      guard descriptor >= 0 else { return nil }
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        Foundation.close(descriptor)
        return nil
      }
      self.url = url
      self.descriptor = descriptor
      bytes = max(0, Int(lseek(descriptor, 0, SEEK_END)))
    }

    deinit { Foundation.close(descriptor) }

    /// Nil where the file can not be read. Read through the descriptor at hand: opening another one can fail while
    /// there are too many.
    var contents: [UInt8]? {
      let size = bytes
      let contents = [UInt8](unsafeUninitializedCapacity: size) { buffer, position in
        while position < size, let base = buffer.baseAddress {
          let count = pread(descriptor, base + position, size - position, off_t(position))
          if count < 0, errno == EINTR { continue }
          guard count > 0 else { break }
          position += count
        }
      }
      return contents.count == size ? contents : nil
    }

    /// Whether all of the bytes were written; if not, maybe a part of them.
    func append(_ data: [UInt8]) -> Bool {
      data.withUnsafeBytes { buffer in
        var rest = buffer[...]
        while !rest.isEmpty {
          let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
          if count < 0, errno == EINTR { continue }
          guard count > 0 else { return false }
          rest = rest.dropFirst(count)
        }
        return true
      }
    }
  }

  /// Bytes that wait.
  var bytes: Int { waiting.reduce(active?.bytes ?? 0) { $0 + $1.bytes } }

  var isEmpty: Bool { active == nil && waiting.isEmpty }

  /// Writes all rows of the batch or, throwing, none of them.
  func write(_ batch: LogBatch) throws(Refusal) {
    let data = SpillLine.encode(batch)
    guard bytes + data.count <= maximumBytes else { throw .full }
    if let active, active.bytes + data.count > Self.segmentBytes { rotate(active) }
    let segment: Segment
    if let active { segment = active } else { segment = try open() }
    active = segment
    guard segment.append(data) else {
      // Half a line would spoil the next one: take it back, or else leave the segment as it is.
      if ftruncate(segment.descriptor, off_t(segment.bytes)) != 0 { rotate(segment) }
      throw .failed
    }
    segment.bytes += data.count
  }

  private func rotate(_ segment: Segment) {
    waiting.append(segment)
    active = nil
  }

  private func open() throws(Refusal) -> Segment {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw .failed
    }
    nextNumber += 1
    let url = folder.appending(path: "spill-\(process)-\(nextNumber).jsonl")
    guard let segment = Segment(url: url, create: true) else { throw .failed }
    return segment
  }

  /// The batches of the oldest segment, with the number of lines that can not be read; nil when nothing waits. A file that
  /// can not be read now stays, and the next one has its turn.
  func oldest() -> (batches: [LogBatch], damaged: Int)? {
    if waiting.isEmpty, let active { rotate(active) }
    guard let segment = waiting.first else { return nil }
    guard let contents = segment.contents else {
      waiting.append(waiting.removeFirst())
      return nil
    }
    return SpillLine.decode(contents)
  }

  /// The oldest segment's rows are stored.
  func removeOldest() {
    guard !waiting.isEmpty else { return }
    try? FileManager.default.removeItem(at: waiting.removeFirst().url)
  }

  /// Takes over segments of processes that are gone.
  func adopt(at now: ContinuousClock.Instant = .now) {
    if let adoptedAt, now - adoptedAt < Self.adoptionInterval { return }
    adoptedAt = now
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else { return }
    for name in names.sorted() where name.hasPrefix("spill-") && name.hasSuffix(".jsonl") && !name.contains(process) {
      if let segment = Segment(url: folder.appending(path: name), create: false) { waiting.append(segment) }
    }
  }
}
