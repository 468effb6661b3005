internal import KubernetesModel

/// Where a container's mount paths really are. Pods have no file system of their own here, so each text that a
/// container is given (command, arguments, environment) gets the real folder in place of the mount path.
struct MountTable: Sendable, Equatable {
  /// Mount path → real path; without a slash at the end.
  private(set) var folders: [String: String] = [:]

  mutating func add(_ path: String, at real: String) {
    let trimmed = Self.trimmed(path)
    guard trimmed.hasPrefix("/"), trimmed.count > 1 else { return }
    folders[trimmed] = Self.trimmed(real)
  }

  static func trimmed(_ path: String) -> String {
    var path = path[...]
    while path.count > 1, path.hasSuffix("/") { path = path.dropLast() }
    return String(path)
  }

  /// `APUS_MOUNTS`: a JSON object by which programs resolve the paths inside documents.
  var json: JSONValue { JSONValue(folders) }

  /// Every occurrence of a mount path as a whole prefix of a path is replaced, the longest first; what was put in is
  /// not looked at again. `file:///var/lib/apus/x` counts as `/var/lib/apus/x`; `/srv/var/lib/apus` and
  /// `/var/lib/apus2` do not contain `/var/lib/apus`.
  func rewriting(_ text: String) -> String {
    guard !folders.isEmpty else { return text }
    let mounts = folders.keys.sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }.map { (Array($0.utf8), folders[$0]) }
    let bytes = Array(text.utf8)
    var output: [UInt8] = []
    var position = 0
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "/"), Self.startsPath(bytes, position),
        let (mount, real) = mounts.first(where: { Self.isPrefix($0.0, of: bytes, at: position) }), let real
      {
        output += Array(real.utf8)
        position += mount.count
      } else {
        output.append(bytes[position])
        position += 1
      }
    }
    return String(decoding: output, as: UTF8.self)
  }

  private static func isPartOfName(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), 0x80...:
      true
    default: false
    }
  }

  private static func startsPath(_ bytes: [UInt8], _ position: Int) -> Bool {
    guard position > 0 else { return true }
    let before = bytes[position - 1]
    if before == UInt8(ascii: "/") {
      return position > 2 && bytes[position - 2] == UInt8(ascii: "/") && bytes[position - 3] == UInt8(ascii: ":")
    }
    return !isPartOfName(before)
  }

  private static func isPrefix(_ mount: [UInt8], of bytes: [UInt8], at position: Int) -> Bool {
    let end = position + mount.count
    guard end <= bytes.count, bytes[position..<end].elementsEqual(mount) else { return false }
    return end == bytes.count || !isPartOfName(bytes[end])
  }
}
