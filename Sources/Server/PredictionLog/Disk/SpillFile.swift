internal import CFiles
import Foundation

/// A file of lines and the lock on it, both let go with the object. The file stays unless it is removed.
final class SpillFile {
  private let url: URL
  private let descriptor: Int32
  private(set) var bytes: Int

  /// Makes a file. Nil where that is impossible.
  init?(new url: URL) {
    // A process that looks for files to adopt may take this one for an empty one that was left, and delete it.
    for _ in 0..<3 {
      let descriptor = Foundation.open(url.path, O_RDWR | O_APPEND | O_CLOEXEC | O_CREAT | O_EXCL, 0o600)
      guard descriptor >= 0 else { return nil }
      if flock(descriptor, LOCK_EX) == 0, Self.isThere(descriptor) {
        self.url = url
        self.descriptor = descriptor
        bytes = 0
        return
      }
      Foundation.close(descriptor)
    }
    return nil
  }

  private init(_ url: URL, _ descriptor: Int32, bytes: Int) {
    self.url = url
    self.descriptor = descriptor
    self.bytes = bytes
  }

  /// A file that a process may have left.
  enum Left {
    case file(SpillFile)
    /// A live process has it, it is gone, or this process has too many files open.
    case notNow
    /// It stays as it is until a person has done something about it.
    case unusable
  }

  /// Opens a file that a process may have left. Unusable are other people's files, a link, folder or pipe, and whatever
  /// has more bytes than `most`.
  static func left(_ url: URL, atMost most: Int) -> Left {
    // Without O_NONBLOCK a pipe would be waited for.
    let descriptor = Foundation.open(url.path, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return [ENOENT, EMFILE, ENFILE, ENOMEM, EINTR].contains(errno) ? .notNow : .unusable }
    guard apus_is_plain_file(descriptor) != 0 else {
      Foundation.close(descriptor)
      return .unusable
    }
    // Who had the lock may have deleted the file before letting it go.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, isThere(descriptor) else {
      Foundation.close(descriptor)
      return .notNow
    }
    let file = SpillFile(url, descriptor, bytes: Int(lseek(descriptor, 0, SEEK_END)))
    return (0...most).contains(file.bytes) ? .file(file) : .unusable
  }

  deinit { Foundation.close(descriptor) }

  private static func isThere(_ descriptor: Int32) -> Bool { apus_links_of_descriptor(descriptor) > 0 }

  var name: String { url.lastPathComponent }

  /// Nil where the file cannot be read. Read through the descriptor at hand: opening another one can fail while
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

  enum Outcome {
    case written
    /// Nothing was added.
    case refused
    /// Nothing may follow: a part was added and could not be taken back, or the file was deleted and nobody will find
    /// the rows.
    case spoiled
  }

  func append(_ data: [UInt8]) -> Outcome {
    let isWhole = data.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }
    guard Self.isThere(descriptor) else { return .spoiled }
    if isWhole {
      bytes += data.count
      return .written
    }
    return ftruncate(descriptor, off_t(bytes)) == 0 ? .refused : .spoiled
  }

  /// Returns whether the file is gone.
  func remove() -> Bool { unlink(url.path) == 0 || errno == ENOENT }

  func rename(to name: String) -> Bool {
    Foundation.rename(url.path, url.deletingLastPathComponent().appending(path: name).path) == 0
  }
}
