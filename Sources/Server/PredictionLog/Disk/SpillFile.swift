import Foundation

/// A file of lines and the lock on it, both let go with the object. The file stays unless it is removed.
final class SpillFile {
  private let url: URL
  private let descriptor: Int32
  private(set) var bytes: Int

  /// Nil where the file cannot be opened, or belongs to a process that lives.
  /// - Parameter create: Makes the file; otherwise it is there.
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
    /// A part was added and could not be taken back: nothing may follow it.
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
    if isWhole {
      bytes += data.count
      return .written
    }
    return ftruncate(descriptor, off_t(bytes)) == 0 ? .refused : .spoiled
  }

  func remove() { try? FileManager.default.removeItem(at: url) }
}
