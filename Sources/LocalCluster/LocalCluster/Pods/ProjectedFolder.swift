internal import Foundation

/// A volume made of an object's data, renewed atomically as the kubelet does: files are links through `..data`, and
/// `..data` is swapped to a new folder in one rename. A reader sees all files of one version.
struct ProjectedFolder: Sendable {
  struct File: Sendable, Equatable {
    var bytes: [UInt8]
    var mode: Int
  }

  let path: String

  /// Writes these files (by path relative to the volume) if they differ from what is there.
  func write(_ files: [String: File]) throws {
    let manager = FileManager.default
    try manager.createDirectory(atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    let link = path + "/..data"
    let before = try? manager.destinationOfSymbolicLink(atPath: link)
    if let before, holds(files, in: path + "/" + before) { return }
    let version = "..\(UUID().uuidString.lowercased())"
    for (name, file) in files {
      let target = "\(path)/\(version)/\(name)"
      try manager.createDirectory(
        atPath: (target as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try Data(file.bytes).write(to: URL(fileURLWithPath: target))
      try manager.setAttributes([.posixPermissions: file.mode], ofItemAtPath: target)
    }
    try manager.createDirectory(atPath: path + "/" + version, withIntermediateDirectories: true)
    let fresh = path + "/..data_tmp"
    try? manager.removeItem(atPath: fresh)
    try manager.createSymbolicLink(atPath: fresh, withDestinationPath: version)
    guard rename(fresh, link) == 0 else { throw CocoaError(.fileWriteUnknown) }
    try linkVisible(Set(files.keys.compactMap { $0.split(separator: "/").first.map(String.init) }))
    if let before { try? manager.removeItem(atPath: path + "/" + before) }
  }

  private func linkVisible(_ names: Set<String>) throws {
    let manager = FileManager.default
    for present in try manager.contentsOfDirectory(atPath: path)
    where !present.hasPrefix("..") && !names.contains(present) {
      try manager.removeItem(atPath: path + "/" + present)
    }
    for name in names {
      let link = path + "/" + name
      if (try? manager.destinationOfSymbolicLink(atPath: link)) != nil { continue }
      try manager.createSymbolicLink(atPath: link, withDestinationPath: "..data/" + name)
    }
  }

  private func holds(_ files: [String: File], in folder: String) -> Bool {
    let manager = FileManager.default
    var present = 0
    for entry in manager.enumerator(atPath: folder) ?? .init() {
      guard let name = entry as? String else { continue }
      var isFolder: ObjCBool = false
      if manager.fileExists(atPath: folder + "/" + name, isDirectory: &isFolder), !isFolder.boolValue { present += 1 }
    }
    return present == files.count
      && files.allSatisfy { manager.contents(atPath: folder + "/" + $0.key).map { [UInt8]($0) } == $0.value.bytes }
  }
}
