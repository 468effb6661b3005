package import Foundation

/// Artifacts in a folder, usually of a mounted volume: `sha256/<hex>/<file>` and `reports/…`.
///
/// A bundle is written to `incoming/<unique>` and moved to its place in one step, so a reader never sees a part of it.
package struct FileArtifactStore: ArtifactStore {
  private let root: URL

  /// The store below `folder`, which is made when the first file is stored.
  package init(folder: String) {
    root = URL(fileURLWithPath: folder, isDirectory: true)
  }

  package func put(_ bundle: ArtifactBundle) async throws {
    let place = folder(of: bundle.digest)
    removeLeftovers()
    if try await isIntact(bundle.digest) { return }
    let incoming = root.appendingPathComponent("incoming/\(UUID().uuidString)", isDirectory: true)
    defer { try? FileManager.default.removeItem(at: incoming) }
    try reporting {
      try FileManager.default.createDirectory(at: incoming, withIntermediateDirectories: true)
      for (name, data) in bundle.files {
        try write(data, to: incoming.appendingPathComponent(name))
      }
      try write(bundle.manifest, to: incoming.appendingPathComponent(ArtifactManifest.fileName))
      synchronize(incoming)
      try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
    }
    try await move(incoming, to: place, digest: bundle.digest)
    synchronize(place.deletingLastPathComponent())
  }

  package func open(_ digest: String) async throws -> ArtifactBundle {
    guard let digest = ContentDigest(digest) else { throw ArtifactError.malformedDigest(digest) }
    let place = folder(of: digest)
    let manifestPlace = place.appendingPathComponent(ArtifactManifest.fileName)
    guard let manifest = try contents(manifestPlace, atMost: ArtifactBounds.manifest, of: digest) else {
      if FileManager.default.fileExists(atPath: place.path) {
        throw ArtifactError.corrupted(
          digest: digest.description, file: ArtifactManifest.fileName, detail: "is missing")
      }
      throw ArtifactError.notFound("The artifact \(digest)")
    }
    return try await ArtifactBundle.verified(digest, manifest: manifest) { name, size in
      try contents(place.appendingPathComponent(name), atMost: size, of: digest)
    }
  }

  package func remove(_ digest: String) async throws {
    guard let digest = ContentDigest(digest) else { throw ArtifactError.malformedDigest(digest) }
    let place = folder(of: digest)
    if FileManager.default.fileExists(atPath: place.path) {
      let outgoing = incoming.appendingPathComponent("\(UUID().uuidString)\(Self.removed)", isDirectory: true)
      try reporting { try FileManager.default.createDirectory(at: incoming, withIntermediateDirectories: true) }
      // In one step: nobody finds a part of it. Whoever was faster has done the same.
      guard rename(place.path, outgoing.path) == 0 || errno == ENOENT else {
        throw ArtifactError.unavailable(location: place.path, reason: String(cString: strerror(errno)))
      }
    }
    // Also what removals that were interrupted have left.
    for name in leftovers where name.hasSuffix(Self.removed) {
      // Each folder is one removal's: whoever renames it last empties it.
      let own = incoming.appendingPathComponent("\(UUID().uuidString)\(Self.removed)", isDirectory: true)
      guard rename(incoming.appendingPathComponent(name).path, own.path) == 0 else { continue }
      do {
        try FileManager.default.removeItem(at: own)
      } catch {
        guard !FileManager.default.fileExists(atPath: own.path) else {
          throw ArtifactError.unavailable(location: own.path, reason: (error as NSError).localizedDescription)
        }
      }
    }
  }

  /// Ends the name of a folder that is on its way out.
  private static let removed = "-removed"

  private var incoming: URL { root.appendingPathComponent("incoming", isDirectory: true) }

  private var leftovers: [String] { (try? FileManager.default.contentsOfDirectory(atPath: incoming.path)) ?? [] }

  package func putReport(_ data: Data, at path: String) async throws {
    let place = try ReportPath(path).components.reduce(root) { $0.appendingPathComponent($1) }
    try reporting {
      try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
      try data.write(to: place, options: .atomic)
    }
  }

  package func report(at path: String) async throws -> Data {
    let place = try ReportPath(path).components.reduce(root) { $0.appendingPathComponent($1) }
    guard let data = try contents(place) else { throw ArtifactError.notFound("The report \(path)") }
    return data
  }

  package func removeReport(at path: String) async throws -> Bool {
    let place = try ReportPath(path).components.reduce(root) { $0.appendingPathComponent($1) }
    guard unlink(place.path) != 0 else { return true }
    guard errno == ENOENT || errno == ENOTDIR else {
      throw ArtifactError.unavailable(location: place.path, reason: String(cString: strerror(errno)))
    }
    return false
  }

  /// Takes away what writers that were killed have left, else the volume would fill with every such end. No writer
  /// takes a day.
  private func removeLeftovers() {
    for name in leftovers {
      let place = incoming.appendingPathComponent(name)
      let attributes = try? FileManager.default.attributesOfItem(atPath: place.path)
      guard let time = attributes?[.modificationDate] as? Date, time.timeIntervalSinceNow < -86_400 else { continue }
      try? FileManager.default.removeItem(at: place)
    }
  }

  private func folder(of digest: ContentDigest) -> URL {
    root.appendingPathComponent("sha256/\(digest.hex)", isDirectory: true)
  }

  private func isIntact(_ digest: ContentDigest) async throws -> Bool {
    do {
      return try await contains(digest.description)
    } catch ArtifactError.corrupted {
      return false
    }
  }

  /// Moves a complete folder to its place. Where another writer was faster, its bundle stays; a damaged one gives way.
  private func move(_ incoming: URL, to place: URL, digest: ContentDigest) async throws {
    guard rename(incoming.path, place.path) != 0 else { return }
    guard errno == EEXIST || errno == ENOTEMPTY else {
      throw ArtifactError.unavailable(location: root.path, reason: String(cString: strerror(errno)))
    }
    if try await isIntact(digest) { return }
    let damaged = root.appendingPathComponent("incoming/\(UUID().uuidString)-damaged", isDirectory: true)
    defer { try? FileManager.default.removeItem(at: damaged) }
    _ = rename(place.path, damaged.path)
    if rename(incoming.path, place.path) != 0, try await !isIntact(digest) {
      throw ArtifactError.unavailable(location: place.path, reason: "the damaged bundle there cannot be replaced")
    }
  }

  /// Writes and flushes to the disk: the rename that follows must not overtake the bytes.
  private func write(_ data: Data, to place: URL) throws {
    guard FileManager.default.createFile(atPath: place.path, contents: nil) else {
      throw ArtifactError.unavailable(location: place.path, reason: "the file cannot be created")
    }
    let file = try FileHandle(forWritingTo: place)
    defer { try? file.close() }
    try file.write(contentsOf: data)
    try file.synchronize()
  }

  /// Has the names in a folder survive a power cut, as the contents of files do. Not every network file system knows this.
  private func synchronize(_ folder: URL) {
    let descriptor = Foundation.open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    fsync(descriptor)
    Foundation.close(descriptor)
  }

  /// A file of a bundle. Nothing but a regular file is read, and no more of it than `size` bytes: a pipe or a device would never end.
  private func contents(_ place: URL, atMost size: Int, of digest: ContentDigest) throws -> Data? {
    func corrupted(_ detail: String) -> ArtifactError {
      .corrupted(digest: digest.description, file: place.lastPathComponent, detail: detail)
    }
    let descriptor = Foundation.open(place.path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      switch errno {
      case ENOENT, ENOTDIR: return nil
      case ELOOP, ENXIO: throw corrupted("is no regular file")
      default: throw ArtifactError.unavailable(location: root.path, reason: String(cString: strerror(errno)))
      }
    }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw corrupted("is no regular file")
    }
    guard Int(status.st_size) <= size else { throw corrupted("has \(status.st_size) bytes instead of \(size)") }
    return try reporting { try file.read(upToCount: size + 1) ?? Data() }
  }

  private func contents(_ place: URL) throws -> Data? {
    guard FileManager.default.fileExists(atPath: place.path) else { return nil }
    return try reporting { try Data(contentsOf: place) }
  }

  private func reporting<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as ArtifactError {
      throw error
    } catch {
      let cause = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error ?? error
      throw ArtifactError.unavailable(location: root.path, reason: (cause as NSError).localizedDescription)
    }
  }
}
