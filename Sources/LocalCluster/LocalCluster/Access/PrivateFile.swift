internal import CFiles
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
    guard apus_is_plain_file(descriptor) != 0, let rights = FileRights(of: path), rights.isOwn, rights.isPrivate else {
      return nil
    }
    return (try? handle.read(upToCount: limit)).map { [UInt8]($0) }
  }

  private static func failure() -> POSIXError { POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
}

/// Whose a file or folder is, and who may use it. Foundation has this from `stat`, whose members are not always visible to Swift.
struct FileRights {
  let isOwn: Bool
  /// Nobody but its owner has any right to it.
  let isPrivate: Bool
  let isPlainFile: Bool

  /// Of what a link leads to; nil: there is nothing.
  init?(of path: String) {
    let path = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else { return nil }
    isOwn = Self.number(attributes[.ownerAccountID]) == UInt32(geteuid())
    isPrivate = Self.number(attributes[.posixPermissions]).map { $0 & 0o077 == 0 } ?? false
    isPlainFile = attributes[.type] as? FileAttributeType == .typeRegular
  }

  private static func number(_ value: Any?) -> UInt32? {
    (value as? any BinaryInteger).map { UInt32(truncatingIfNeeded: $0) } ?? (value as? NSNumber)?.uint32Value
  }
}
