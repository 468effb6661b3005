internal import ClusterState
internal import Foundation
internal import KubernetesModel

/// The state's two files: a snapshot, and a log of each change since. A change is in the log before its request is
/// answered, so a killed process loses nothing it has acknowledged. A last line that was cut off is dropped: its request
/// had no answer.
struct Journal {
  private let folder: URL
  private let log: FileHandle
  private let lock: FileHandle
  private var logBytes = 0

  /// A longer log is replaced by a snapshot.
  private static let logLimit = 16 << 20

  private var logURL: URL { folder.appendingPathComponent("changes.jsonl") }
  private var snapshotURL: URL { folder.appendingPathComponent("snapshot.jsonl") }

  /// Opens the files of a folder and creates those that are missing.
  init(folder path: String) throws(StoreError) {
    folder = URL(fileURLWithPath: path, isDirectory: true)
    do {
      try FileManager.default.createDirectory(
        at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      lock = try Self.open(folder.appendingPathComponent("lock"))
      log = try Self.open(folder.appendingPathComponent("changes.jsonl"))
    } catch {
      throw .unwritable(file: path, reason: FileFailure.reason(error))
    }
    guard flock(lock.fileDescriptor, LOCK_EX | LOCK_NB) == 0 else { throw .inUse(folder: path) }
  }

  private static func open(_ file: URL) throws -> FileHandle {
    if !FileManager.default.fileExists(atPath: file.path) {
      _ = FileManager.default.createFile(atPath: file.path, contents: nil, attributes: [.posixPermissions: 0o600])
    }
    let handle = try FileHandle(forUpdating: file)
    // A pod's process that outlives this one must hold neither the lock nor the log.
    _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC)
    return handle
  }

  /// The objects as they were when the last change was acknowledged; nil: a new cluster.
  mutating func restore() throws(StoreError) -> (objects: [StoredObject], revision: Int)? {
    var objects: [ObjectID: JSONValue] = [:]
    var revision = 0
    if let bytes = try? Data(contentsOf: snapshotURL) {
      for line in bytes.split(separator: 0x0A) {
        guard let entry = try? JSONValue(parsing: line) else {
          throw .unreadable(file: snapshotURL.path, reason: "a line is no JSON")
        }
        if let value = entry["revision"]?.integer { revision = value }
        if let object = entry["object"] { objects[Self.id(entry)] = object }
      }
    }
    let bytes: Data
    do {
      bytes = try log.readToEnd() ?? Data()
    } catch {
      throw .unreadable(file: logURL.path, reason: FileFailure.reason(error))
    }
    var end = bytes.startIndex
    while let newline = bytes[end...].firstIndex(of: 0x0A) {
      guard let entry = try? JSONValue(parsing: bytes[end..<newline]), let change = entry["revision"]?.integer else {
        throw .unreadable(file: logURL.path, reason: "the line at byte \(end) is no change")
      }
      end = bytes.index(after: newline)
      guard change > revision else { continue }
      revision = change
      objects[Self.id(entry)] = entry["object"]
    }
    do {
      try log.truncate(atOffset: UInt64(end))
      try log.seekToEnd()
    } catch {
      throw .unwritable(file: logURL.path, reason: FileFailure.reason(error))
    }
    logBytes = end
    guard revision > 0 else { return nil }
    return (objects.map { StoredObject(id: $0.key, object: $0.value) }, revision)
  }

  /// Returns once the operating system has the changes.
  mutating func append(_ changes: some Sequence<ChangeEvent>) throws(StoreError) {
    var bytes: [UInt8] = []
    for change in changes {
      var entry = Self.entry(change.id)
      entry["revision"] = .integer(Int64(change.revision))
      if change.kind != .deleted { entry["object"] = change.object }
      bytes += entry.bytes
      bytes.append(0x0A)
    }
    guard !bytes.isEmpty else { return }
    do {
      try log.write(contentsOf: Data(bytes))
      logBytes += bytes.count
    } catch {
      // What was written of it must not stand before the next change.
      try? log.truncate(atOffset: UInt64(logBytes))
      _ = try? log.seekToEnd()
      throw .unwritable(file: logURL.path, reason: FileFailure.reason(error))
    }
  }

  var isLong: Bool { logBytes > Self.logLimit }

  /// Replaces snapshot and log by one snapshot. A crash in between is harmless: older changes in the log are ignored.
  mutating func compact(_ objects: [StoredObject], revision: Int) throws(StoreError) {
    var bytes = Data((["revision": .integer(Int64(revision))] as JSONValue).bytes)
    bytes.append(0x0A)
    for stored in objects {
      var entry = Self.entry(stored.id)
      entry["object"] = stored.object
      bytes.append(contentsOf: entry.bytes)
      bytes.append(0x0A)
    }
    do {
      try PrivateFile.replace(snapshotURL.path, with: Array(bytes))
      try log.truncate(atOffset: 0)
      logBytes = 0
    } catch {
      throw .unwritable(file: snapshotURL.path, reason: FileFailure.reason(error))
    }
  }

  private static func entry(_ id: ObjectID) -> JSONValue {
    [
      "group": .string(id.resource.group), "resource": .string(id.resource.resource),
      "namespace": .string(id.place.namespace), "name": .string(id.place.name),
    ]
  }

  private static func id(_ entry: JSONValue) -> ObjectID {
    ObjectID(
      resource: GroupResource(group: entry["group"]?.string ?? "", resource: entry["resource"]?.string ?? ""),
      place: ObjectPlace(namespace: entry["namespace"]?.string ?? "", name: entry["name"]?.string ?? ""))
  }
}
