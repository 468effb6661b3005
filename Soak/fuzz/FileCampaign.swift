/// A run over damaged files of versions and damaged results of runs, read as a server and an operator read them.
package struct FileCampaign: Sendable {
  package var seed: UInt64
  package var inputs: Range<UInt64>
  package var workers: Int

  package init(seed: UInt64, inputs: Range<UInt64>, workers: Int) {
    self.seed = seed
    self.inputs = inputs
    self.workers = workers
  }

  /// Findings are told as they come; after a hundred the run ends.
  package func run(
    onFinding: @escaping @Sendable (Campaign.Finding) -> Void = { _ in }
  ) async throws -> [Campaign.Finding] {
    try await withThrowingTaskGroup(of: [Campaign.Finding].self) { group in
      for worker in 0..<UInt64(workers) {
        group.addTask {
          var findings: [Campaign.Finding] = []
          for index in stride(from: inputs.lowerBound + worker, to: inputs.upperBound, by: workers)
          where findings.count < 100 {
            var random = SeededGenerator(seed: seed ^ 0xf11e, index: index)
            let file = try ForeignFile(&random)
            let problems = try file.problems()
            guard !problems.isEmpty else { continue }
            let finding = Campaign.Finding(index: index, problems: problems, request: file.document)
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
