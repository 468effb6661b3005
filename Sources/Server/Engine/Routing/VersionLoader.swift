import Artifacts
import Learning
import WorkerContract

/// Loads versions from the artifact store, which verifies every byte against the digest.
struct VersionLoader: Sendable {
  let store: any ArtifactStore

  func load(_ entry: RoutingTable.Entry) async throws(RoutingError) -> LoadedVersion {
    do {
      let bundle = try await store.open(entry.digest)
      let predictor = try Predictor(
        schema: bundle.file(ArtifactBundle.FileName.schema), pipeline: bundle.file(ArtifactBundle.FileName.pipeline),
        model: bundle.file(ArtifactBundle.FileName.model), samples: bundle.files[ArtifactBundle.FileName.samples])
      return LoadedVersion(version: entry.version, digest: entry.digest, predictor: predictor)
    } catch let error as ArtifactError {
      throw .version(entry.version, reason: error.description)
    } catch let error as LearningError {
      throw .version(entry.version, reason: error.description)
    } catch {
      throw .version(entry.version, reason: "\(error)")
    }
  }
}
