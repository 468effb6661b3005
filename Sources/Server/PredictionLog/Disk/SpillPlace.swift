package import Foundation

/// Where rows wait while the telemetry store is away.
package enum SpillPlace {
  /// The first of `folders` in which a file can be made and locked, `last` where there is none such.
  ///
  /// A volume should come first: what lies in a pod's own folders goes with the pod, and a shutdown while the store is
  /// away is just when rows are written there.
  package static func first(of folders: [URL], else last: URL) -> URL {
    folders.first(where: isUsable) ?? last
  }

  private static func isUsable(_ folder: URL) -> Bool {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      return false
    }
    let probe = folder.appending(path: "probe-\(UUID().uuidString)")
    let descriptor = Foundation.open(probe.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return false }
    defer {
      Foundation.close(descriptor)
      try? FileManager.default.removeItem(at: probe)
    }
    // Some network file systems have no locks, by which processes leave each other's files alone.
    return flock(descriptor, LOCK_EX | LOCK_NB) == 0
  }
}
