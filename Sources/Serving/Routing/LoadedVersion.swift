package import Learning
import Synchronization
package import Tabular

/// One model version, ready to predict. Immutable, and shared by all requests.
package final class LoadedVersion: Sendable {
  package let version: String
  package let digest: String
  package let model: Model
  package let target: TargetEncoding
  let reader: FeatureReader
  /// The names of the classes as JSON strings.
  let quotedClasses: [String]
  /// The version as a JSON string.
  let quotedVersion: String
  /// Counts the version's rows once its bins are known; nothing without a telemetry store or a reference.
  private let profile = AtomicLazyReference<ProfileRecorder>()

  package init(version: String, digest: String, predictor: Predictor) {
    self.version = version
    self.digest = digest
    model = predictor.model
    target = predictor.target
    reader = FeatureReader(pipeline: predictor.pipeline)
    quotedClasses = target.classes.map(JSONText.quoted)
    quotedVersion = JSONText.quoted(version)
  }

  package var pipeline: FeaturePipeline { reader.pipeline }

  var recorder: ProfileRecorder? { profile.load() }

  /// From now on rows are counted. Only the first recorder is taken.
  func count(with recorder: ProfileRecorder) { _ = profile.storeIfNil(recorder) }
}
