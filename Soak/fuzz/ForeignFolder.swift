import Artifacts
import Foundation
import Values

/// One input: a version's folder in a store, with a manifest and files as somebody else has put them there.
struct ForeignFolder: Sendable {
  /// What lies where a file should.
  enum Place: CaseIterable, Sendable {
    case file, shorter, longer, nothing, folder, endless, pipe, elsewhere
  }

  let manifest: [UInt8]
  let places: [String: Place]

  private static let bundle = try? SampleModel.bundle(shift: 0)
  private static let files = bundle?.files ?? [:]

  init(_ random: inout SeededGenerator, isDamaged: Bool = true) {
    var manifest = Array(Self.bundle?.manifest ?? Data())
    var places = Self.files.mapValues { _ in Place.file }
    if isDamaged {
      if !random.once(in: 4) {
        var mutation = FileMutation(random: random)
        for _ in 0...mutation.random.below(3) { mutation.apply(to: &manifest) }
        random = mutation.random
      }
      if random.once(in: 2) { places[random.pick(places.keys.sorted())] = random.pick(Place.allCases) }
    }
    self.manifest = manifest
    self.places = places
  }

  /// What does not hold: it is opened as it was stored, or refused in a short sentence without anything that a terminal obeys.
  /// - Parameter root: A folder of the caller's own, which is empty afterwards.
  func problems(in root: URL) async throws -> [String] {
    switch try await opened(in: root) {
    case .success(let bundle):
      let isWhole = bundle.files == Self.files.filter { bundle.files[$0.key] != nil }
      return isWhole && Data(manifest) == bundle.manifest ? [] : ["other files than were stored"]
    case .failure(let error):
      let sentence = error.description
      return sentence.plain(characters: 2048) == sentence
        ? [] : ["a refusal that is long or not fit to be shown: \(sentence.prefix(200))"]
    }
  }

  func isAccepted(in root: URL) async throws -> Bool {
    if case .success = try await opened(in: root) { true } else { false }
  }

  private func opened(in root: URL) async throws -> Result<ArtifactBundle, ArtifactError> {
    let digest = ContentDigest(of: Data(manifest))
    let place = root.appending(path: "sha256/\(digest.hex)")
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: place) }
    try Data(manifest).write(to: place.appending(path: ArtifactManifest.fileName))
    for (name, data) in Self.files { try lay(data, at: place.appending(path: name), places[name] ?? .file) }
    do {
      return .success(try await FileArtifactStore(folder: root.path).open(digest.description))
    } catch let error as ArtifactError {
      return .failure(error)
    }
  }

  private func lay(_ data: Data, at place: URL, _ kind: Place) throws {
    switch kind {
    case .file: try data.write(to: place)
    case .shorter: try data.dropLast().write(to: place)
    case .longer:
      try data.write(to: place)
      // Without a byte on the disk.
      truncate(place.path, 1 << 40)
    case .nothing: break
    case .folder: try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    case .endless: try FileManager.default.createSymbolicLink(atPath: place.path, withDestinationPath: "/dev/zero")
    case .pipe: mkfifo(place.path, 0o600)
    case .elsewhere:
      try FileManager.default.createSymbolicLink(atPath: place.path, withDestinationPath: "/proc/self/environ")
    }
  }
}
