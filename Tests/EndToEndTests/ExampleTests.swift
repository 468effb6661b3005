import Foundation
import Testing

@Suite("What people write is accepted as they write it", .enabled(if: Cluster.isThere))
struct ExampleTests {
  static let files: [URL] = {
    let repository = URL(fileURLWithPath: #filePath).appendingPathComponent("../../..").standardizedFileURL
    let samples = ["fraud", "income"].map { repository.appendingPathComponent("manifests/samples/\($0).yaml") }
    let example = repository.appendingPathComponent("../shared/examples/income.yaml").standardizedFileURL
    return samples + (FileManager.default.fileExists(atPath: example.path) ? [example] : [])
  }()

  @Test("by the API server, every field of it", arguments: files)
  func accepted(file: URL) async throws {
    let stage = try await Stage.open("example")
    let text = try String(contentsOf: file, encoding: .utf8)
    let output = try await stage.kubectl("apply", "--dry-run=server", "-o", "yaml", "-f", "-", input: text)
    #expect(output.text.contains("kind: ModelDeployment"))
    #expect(output.text.contains("kind: MonitoringPolicy"))
    // What is said about retraining is not pruned: `on` is true to kubectl, and the key "true" is known as another name.
    #expect(output.text.contains("CriticalDrift") == text.contains("CriticalDrift"))
    await stage.close()
  }
}
