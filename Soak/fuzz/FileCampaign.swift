import Foundation
package import FuzzProcess

/// A run over damaged files and folders of versions and damaged results of runs, read as a server and an operator read them.
package struct FileCampaign: Sendable {
  package var seed: UInt64
  package var inputs: Range<UInt64>
  package var workers: Int
  /// Nil: memory is not looked at.
  package var memory: MemoryMark?

  package init(seed: UInt64, inputs: Range<UInt64>, workers: Int, memory: MemoryMark? = nil) {
    self.seed = seed
    self.inputs = inputs
    self.workers = workers
    self.memory = memory
  }

  /// Findings are told as they come; after a hundred the run ends.
  package func run(
    onFinding: @escaping @Sendable (Campaign.Finding) -> Void = { _ in }
  ) async throws -> [Campaign.Finding] {
    try await withThrowingTaskGroup(of: [Campaign.Finding].self) { group in
      for worker in 0..<UInt64(workers) {
        group.addTask {
          let root = FileManager.default.temporaryDirectory.appending(path: "apus-fuzz-\(UUID().uuidString)")
          defer { try? FileManager.default.removeItem(at: root) }
          var findings: [Campaign.Finding] = []
          for index in stride(from: inputs.lowerBound + worker, to: inputs.upperBound, by: workers)
          where findings.count < 100 {
            InHand.note(index, worker: Int(worker))
            var random = SeededGenerator(seed: seed ^ 0xf11e, index: index)
            var problems: [String]
            let document: [UInt8]
            if random.once(in: 16) {
              let folder = ForeignFolder(&random)
              problems = try await folder.problems(in: root)
              document = folder.manifest + Array(" \(folder.places)".utf8)
            } else {
              let file = try ForeignFile(&random)
              problems = try file.problems()
              document = file.document
            }
            if let problem = memory?.problem(onceIn: 16) { problems.append(problem) }
            guard !problems.isEmpty else { continue }
            let finding = Campaign.Finding(index: index, problems: problems, request: document)
            findings.append(finding)
            onFinding(finding)
          }
          return findings
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
  }
}
