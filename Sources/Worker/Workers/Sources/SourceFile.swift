import CFiles
import Foundation

/// Reads a file that somebody else has named, and that he may change meanwhile: the file is found first, then judged by where it
/// really lies, and the very file that was judged is read.
enum SourceFile {
  enum Failure: Error, Equatable {
    case absent
    /// It lies, or a link leads, to where nothing is read from.
    case elsewhere
    case isFolder
    /// A pipe, a socket, a device.
    case isNoFile
    case tooLarge(bytes: Int)
    /// The system's words.
    case unreadable(String)
  }

  /// - Parameters:
  ///   - path: absolute.
  ///   - limit: in bytes.
  static func read(_ path: String, in folders: SourceFolders, limit: Int) throws(Failure) -> [UInt8] {
    let place = apus_locate(path)
    guard place >= 0 else {
      throw errno == ENOENT || errno == ENOTDIR ? Failure.absent : .unreadable(String(cString: strerror(errno)))
    }
    defer { close(place) }
    guard let real = realPath(of: place) else { throw .unreadable("its place cannot be determined") }
    guard folders.contain(real) else { throw .elsewhere }
    guard apus_is_folder(place) == 0 else { throw .isFolder }
    guard apus_is_plain_file(place) != 0 else { throw .isNoFile }
    let file = open(link(to: place), O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .unreadable(String(cString: strerror(errno))) }
    let handle = FileHandle(fileDescriptor: file, closeOnDealloc: true)
    let bytes: [UInt8]
    do {
      let size = Int(try handle.seekToEnd())
      guard size <= limit else { throw Failure.tooLarge(bytes: size) }
      try handle.seek(toOffset: 0)
      bytes = [UInt8](try handle.read(upToCount: size) ?? Data())
    } catch let failure as Failure {
      throw failure
    } catch {
      throw .unreadable((error as NSError).localizedDescription)
    }
    return bytes
  }

  private static func link(to descriptor: Int32) -> String { "/proc/self/fd/\(descriptor)" }

  private static func realPath(of descriptor: Int32) -> String? {
    var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
    let count = buffer.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return -1 }
      return readlink(link(to: descriptor), start, bytes.count)
    }
    guard count > 0, count < buffer.count else { return nil }
    let path = String(decoding: buffer[..<count], as: UTF8.self)
    return path.hasPrefix("/") ? path : nil
  }
}
