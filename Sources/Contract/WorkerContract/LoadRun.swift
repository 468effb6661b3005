/// What is to be loaded: a version that a program has stored which is not the operator's own worker.
public struct LoadRun: Codable, Sendable, Equatable {
  public var artifact: ArtifactReference

  public init(artifact: ArtifactReference) {
    self.artifact = artifact
  }
}

/// A version was loaded with a server's own code: its files agree with each other, and its predictions are probabilities.
public struct LoadResult: Codable, Sendable, Equatable {
  public var artifact: ArtifactReference
  /// Rows predicted, besides the trainer's samples.
  public var rows: Int

  public init(artifact: ArtifactReference, rows: Int) {
    self.artifact = artifact
    self.rows = rows
  }
}
