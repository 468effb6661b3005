package import FuzzProcess

/// A run over connections on which requests are framed in every right and wrong way, by sockets.
package struct FramingCampaign: Sendable {
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

  /// Findings are told as they come; after a hundred of a worker it ends.
  package func run(
    onFinding: @escaping @Sendable (Campaign.Finding) -> Void = { _ in }
  ) async throws -> [Campaign.Finding] {
    let server = try await FuzzedServer()
    let found = try await withThrowingTaskGroup(of: [Campaign.Finding].self) { group in
      for worker in 0..<UInt64(workers) {
        group.addTask {
          var findings: [Campaign.Finding] = []
          for index in stride(from: inputs.lowerBound + worker, to: inputs.upperBound, by: workers)
          where findings.count < 100 {
            InHand.note(index, worker: Int(worker))
            var random = SeededGenerator(seed: seed ^ 0xf4a3e, index: index)
            let connection = FramedConnection(&random)
            var problems = connection.problems(
              ofAnswer: try await RawExchange.send(connection.pieces, to: server.port))
            if let problem = memory?.problem(onceIn: 16) { problems.append(problem) }
            guard !problems.isEmpty else { continue }
            let finding = Campaign.Finding(index: index, problems: problems, request: connection.bytes)
            findings.append(finding)
            onFinding(finding)
          }
          return findings
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    try await server.stop()
    return found
  }
}
