import Glibc

/// Files of the kernel's own, such as `/proc/self/mountinfo`. Their size is told as 0 and a read gives a page at most, so that what reads
/// a file by its size, or until a read is short, gets a part of it.
public enum KernelFile {
  /// All of it, read to its end.
  /// - Parameter limit: in bytes; what follows is left out.
  /// - Returns: nil where it cannot be read.
  public static func contents(_ path: String, limit: Int = 16 << 20) -> [UInt8]? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count < limit {
      let count = read(file, &piece, piece.count)
      if count == 0 { break }
      if count > 0 {
        bytes += piece.prefix(min(count, limit - bytes.count))
      } else if errno != EINTR {
        return nil
      }
    }
    return bytes
  }

  public static func text(_ path: String) -> String? { contents(path).map { String(decoding: $0, as: UTF8.self) } }
}
