import Foundation
import Testing

@testable import Artifacts

/// A folder of its own for one test, removed at the end.
final class TemporaryFolder {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("apus-artifacts-\(UUID().uuidString)")

  deinit {
    try? FileManager.default.removeItem(at: url)
  }
}

private func aBundle(_ model: String = "{\"a\":1}") throws -> ArtifactBundle {
  try ArtifactBundle(files: ["model.json": Data(model.utf8), "schema.json": Data("{}".utf8), "empty.txt": Data()])
}

/// What every store has to do; `store` must be empty.
func checkConformance(_ store: any ArtifactStore) async throws {
  let bundle = try aBundle()
  #expect(try await !store.contains(bundle.digest.description))
  await #expect(throws: ArtifactError.self) { _ = try await store.open(bundle.digest.description) }

  try await store.put(bundle)
  try await store.put(bundle)
  #expect(try await store.contains(bundle.digest.description))
  let opened = try await store.open(bundle.digest.description)
  #expect(opened == bundle)
  #expect(try opened.file("model.json") == Data("{\"a\":1}".utf8))

  let other = try aBundle("{\"a\":2}")
  #expect(other.digest != bundle.digest)
  try await withThrowingTaskGroup(of: Void.self) { group in
    for _ in 0..<8 { group.addTask { try await store.put(other) } }
    try await group.waitForAll()
  }
  #expect(try await store.open(other.digest.description) == other)

  try await store.remove(bundle.digest.description)
  try await store.remove(bundle.digest.description)
  #expect(try await !store.contains(bundle.digest.description))
  #expect(try await store.contains(other.digest.description), "only what was asked for goes")
  try await store.put(bundle)
  #expect(try await store.open(bundle.digest.description) == bundle)

  await #expect(throws: ArtifactError.malformedDigest("../x")) { try await store.remove("../x") }
  await #expect(throws: ArtifactError.malformedDigest("v3")) { _ = try await store.open("v3") }
  await #expect(throws: ArtifactError.self) { _ = try await store.report(at: "reports/none.html") }
  try await store.putReport(Data("one".utf8), at: "reports/income-check-1.html")
  try await store.putReport(Data("two".utf8), at: "reports/income-check-1.html")
  #expect(try await store.report(at: "reports/income-check-1.html") == Data("two".utf8))
  #expect(try await store.removeReport(at: "reports/income-check-1.html"))
  #expect(try await !store.removeReport(at: "reports/income-check-1.html"))
  await #expect(throws: ArtifactError.self) { _ = try await store.report(at: "reports/income-check-1.html") }
  await #expect(throws: ArtifactError.unsafeName("../x")) { _ = try await store.removeReport(at: "../x") }
  for path in ["../x", "/etc/passwd", "reports/../../x", "", "a//b", "sha256/x"] {
    await #expect(throws: ArtifactError.unsafeName(path)) { try await store.putReport(Data(), at: path) }
  }
}

@Suite struct ArtifactStoreTests {
  @Test("A folder keeps the contract of every store")
  func fileStoreConforms() async throws {
    let folder = TemporaryFolder()
    try await checkConformance(FileArtifactStore(folder: folder.url.path))
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.appendingPathComponent("incoming").path)
    #expect(left.isEmpty)
  }

  @Test(
    "A store that took another's place does what every store does, reads what the other has, and writes nothing there")
  func succession() async throws {
    let (now, before) = (TemporaryFolder(), TemporaryFolder())
    let former = FileArtifactStore(folder: before.url.path)
    let store = try openArtifactStore(
      at: "file://\(now.url.path)", environment: ["APUS_ARTIFACTS_FORMER": "file://\(before.url.path)"])
    try await checkConformance(store)
    #expect(!FileManager.default.fileExists(atPath: before.url.appendingPathComponent("sha256").path))
    let old = try aBundle("{\"a\":3}")
    try await former.put(old)
    try await former.putReport(Data("old".utf8), at: "reports/old.html")
    #expect(try await store.open(old.digest.description) == old)
    #expect(try await store.contains(old.digest.description))
    #expect(try await store.report(at: "reports/old.html") == Data("old".utf8))
    try await store.remove(old.digest.description)
    #expect(try await !former.contains(old.digest.description))
    #expect(try await store.removeReport(at: "reports/old.html"))
    #expect(throws: ArtifactError.self) {
      _ = try openArtifactStore(at: "file:///a", environment: ["APUS_ARTIFACTS_FORMER": "/b"])
    }
  }

  @Test("What a killed writer has left is taken away after a day")
  func leftovers() async throws {
    let folder = TemporaryFolder()
    let incoming = folder.url.appendingPathComponent("incoming")
    let (old, young) = (incoming.appendingPathComponent("old"), incoming.appendingPathComponent("young"))
    for place in [old, young] { try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true) }
    let time = Date(timeIntervalSinceNow: -100_000)
    try FileManager.default.setAttributes([.modificationDate: time], ofItemAtPath: old.path)
    try await FileArtifactStore(folder: folder.url.path).put(aBundle())
    #expect(try FileManager.default.contentsOfDirectory(atPath: incoming.path) == ["young"])
  }

  @Test("What a removal that was interrupted has left goes with the next try")
  func interruptedRemoval() async throws {
    let folder = TemporaryFolder()
    let store = FileArtifactStore(folder: folder.url.path)
    let (bundle, other) = (try aBundle(), try aBundle("{\"a\":2}"))
    for bundle in [bundle, other] { try await store.put(bundle) }
    let incoming = folder.url.appendingPathComponent("incoming")
    func place(_ bundle: ArtifactBundle) -> URL { folder.url.appendingPathComponent("sha256/\(bundle.digest.hex)") }
    // As far as it got; half of its files are gone.
    let outgoing = incoming.appendingPathComponent("\(UUID().uuidString)-removed")
    try FileManager.default.moveItem(at: place(bundle), to: outgoing)
    try FileManager.default.removeItem(at: outgoing.appendingPathComponent("model.json"))
    let written = incoming.appendingPathComponent("being-written")
    try FileManager.default.createDirectory(at: written, withIntermediateDirectories: true)
    try await store.remove(bundle.digest.description)
    #expect(try FileManager.default.contentsOfDirectory(atPath: incoming.path) == ["being-written"])
    #expect(try await store.contains(other.digest.description))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 { group.addTask { try await store.remove(other.digest.description) } }
      try await group.waitForAll()
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: incoming.path) == ["being-written"])
  }

  @Test("Equal files have equal digests, whatever their order; the digest is the manifest's SHA-256")
  func digests() throws {
    #expect(try aBundle().digest == aBundle().digest)
    let bundle = try aBundle()
    #expect(ContentDigest(of: bundle.manifest) == bundle.digest)
    #expect(
      ContentDigest(of: Data("abc".utf8)).description
        == "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(ContentDigest("sha256:../../etc") == nil)
    #expect(ContentDigest("sha256:" + String(repeating: "A", count: 64)) == nil)
  }

  @Test("Names that leave the folder are refused", arguments: ["../a", "a/b", ".hidden", "", "manifest.json", "a b"])
  func names(name: String) {
    #expect(throws: ArtifactError.unsafeName(name)) { _ = try ArtifactBundle(files: [name: Data()]) }
  }

  @Test("A name that somebody else has written is quoted without what a terminal obeys")
  func quotedNames() {
    let description = ArtifactError.unsafeName("\u{1B}[31mred\u{202E}\u{0}").description
    #expect(description.hasPrefix("\u{27}red\u{27} cannot be a name"))
  }

  @Test("A damaged, shortened or lost file is named; storing the bundle again mends it")
  func corruption() async throws {
    let folder = TemporaryFolder()
    let store = FileArtifactStore(folder: folder.url.path)
    let bundle = try aBundle()
    let place = folder.url.appendingPathComponent("sha256/\(bundle.digest.hex)")
    let damages: [(String, (URL) throws -> Void)] = [
      ("model.json", { try Data("{\"a\":7}".utf8).write(to: $0) }),
      ("schema.json", { try Data().write(to: $0) }),
      ("model.json", { try FileManager.default.removeItem(at: $0) }),
      ("manifest.json", { try Data("{}".utf8).write(to: $0) }),
      ("manifest.json", { try FileManager.default.removeItem(at: $0) }),
    ]
    for (name, damage) in damages {
      try await store.put(bundle)
      try damage(place.appendingPathComponent(name))
      let error = await #expect(throws: ArtifactError.self) { _ = try await store.open(bundle.digest.description) }
      guard case .corrupted(_, let file, _) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(file == name)
      await #expect(throws: ArtifactError.self) { _ = try await store.contains(bundle.digest.description) }
    }
    try await store.put(bundle)
    #expect(try await store.open(bundle.digest.description) == bundle)
  }

  @Test("A folder that cannot be written is said to be unavailable, and trying again may help")
  func unwritable() async throws {
    let folder = TemporaryFolder()
    try Data().write(to: folder.url)
    let error = await #expect(throws: ArtifactError.self) {
      try await FileArtifactStore(folder: folder.url.path).put(try aBundle())
    }
    #expect(error?.isRetryable == true)
  }

  @Test("A location opens the store of its scheme")
  func locations() throws {
    _ = try openArtifactStore(at: "file:///var/lib/apus/artifacts", environment: [:])
    for location in ["", "ftp://x", "file:relative", "s3://"] {
      #expect(throws: ArtifactError.unsupportedLocation(location)) {
        _ = try openArtifactStore(at: location, environment: [:])
      }
    }
  }
}

struct ArtifactBoundsTests {
  private func files(_ sizes: [Int]) -> [ArtifactManifest.File] {
    sizes.enumerated().map { .init(name: "f\($0)", size: $1, sha256: String(repeating: "0", count: 64)) }
  }

  @Test func `a bundle is as large as the process may hold, and no larger`() {
    let bounds = ArtifactBounds(file: 100, total: 150)
    #expect(bounds.problem(of: files([100, 50])) == nil)
    #expect(bounds.problem(of: files([101]))?.detail == "has 101 bytes, where this process reads at most 100")
    #expect(bounds.problem(of: files([100, 51]))?.file == "f1")
    #expect(bounds.problem(of: files([.max, .max])) != nil && bounds.problem(of: files([-1])) != nil)
    #expect(bounds.problem(of: files(Array(repeating: 0, count: 257)))?.file == "manifest.json")
  }

  @Test func `the bounds follow the limit on memory`() {
    #expect(ArtifactBounds(memory: nil) == ArtifactBounds(file: 1 << 30, total: 1 << 30))
    #expect(ArtifactBounds(memory: 256 << 20) == ArtifactBounds(file: 64 << 20, total: 128 << 20))
    #expect(ArtifactBounds(memory: 1 << 20).file == 16 << 20)
    #expect(ArtifactBounds(memory: .max).total == 1 << 30)
  }
}
