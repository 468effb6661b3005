import Foundation
import Monitoring
import Testing

/// Adding a drift test or a quality check is a matter of one file and one line of a list (`CONTRIBUTING.md`).
@Suite struct OneFileOneListTests {
  private static let sources = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources")
    .standardizedFileURL

  /// Files below Sources that name the type.
  private func files(naming type: String) throws -> [String] {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: Self.sources.path).filter { $0.hasSuffix(".swift") }
    #expect(paths.count > 100)
    return try paths.filter { path in
      try String(contentsOf: Self.sources.appending(path: path), encoding: .utf8).contains(type)
    }.sorted()
  }

  @Test(arguments: DriftTests.all.map { "\(type(of: $0))" })
  func `a drift test stands in its own file and in the list`(_ type: String) throws {
    #expect(
      try files(naming: type)
        == ["Science/Monitoring/Tests/\(type).swift", "Science/Monitoring/Tests/DriftTests.swift"].sorted())
  }

  @Test(arguments: QualityChecks.all.map { "\(type(of: $0))" })
  func `a quality check stands in its own file and in the list`(_ type: String) throws {
    #expect(
      try files(naming: type)
        == ["Science/Monitoring/Checks/\(type).swift", "Science/Monitoring/Checks/QualityChecks.swift"].sorted())
  }

  @Test func `no file of the two folders is missing from the lists`() throws {
    func count(_ folder: String, _ ending: String, besides: Set<String>) throws -> Int {
      try FileManager.default.contentsOfDirectory(
        atPath: Self.sources.appending(path: "Science/Monitoring/\(folder)").path
      )
      .count { $0.hasSuffix(ending) && !besides.contains($0) }
    }
    #expect(try count("Tests", "Test.swift", besides: ["DriftTest.swift"]) == DriftTests.all.count)
    #expect(try count("Checks", "Check.swift", besides: ["QualityCheck.swift"]) == QualityChecks.all.count)
  }
}
