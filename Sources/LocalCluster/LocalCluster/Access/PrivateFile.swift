internal import Foundation
internal import Glibc

/// Files that only their owner may read, from their first byte on.
enum PrivateFile {
  /// Replaces the file as a whole. A link that stands in its place is replaced, not followed.
  ///
  /// Errors: `POSIXError`, or what writing throws.
  static func replace(_ path: String, with bytes: [UInt8]) throws {
    let file = URL(fileURLWithPath: path)
    let fresh = file.deletingLastPathComponent()
      .appendingPathComponent(".\(file.lastPathComponent).\(UUID().uuidString.lowercased())").path
    let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failure() }
    do {
      let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
      try handle.write(contentsOf: Data(bytes))
      try handle.close()
      guard rename(fresh, file.path) == 0 else { throw failure() }
    } catch {
      unlink(fresh)
      throw error
    }
  }

  /// At most `limit` bytes; nil where the file is missing, is no plain file, belongs to somebody else, or others have
  /// rights to it.
  static func read(_ path: String, limit: Int = 64 << 10) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(),
      status.st_mode & 0o077 == 0
    else { return nil }
    return (try? handle.read(upToCount: limit)).map { [UInt8]($0) }
  }

  private static func failure() -> POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}
