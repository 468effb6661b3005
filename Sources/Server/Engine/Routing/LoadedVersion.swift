import JSON
package import Learning
import Synchronization
package import Tabular
import WorkerContract

/// One model version, ready to predict. Immutable, and shared by all requests.
package final class LoadedVersion: Sendable {
  package let version: String
  package let digest: String
  package let model: Model
  package let target: TargetEncoding
  package let reader: FeatureReader
  /// The names of the classes as JSON strings.
  package let quotedClasses: [String]
  /// Bytes of all of them.
  let quotedClassBytes: Int
  /// The version as a JSON string.
  package let quotedVersion: String
  /// What one row can take at most.
  package let bounds: RowBounds
  /// Whether a row could get an answer that is not a finite number; each of a batch is then predicted before any is answered.
  let mayOverflow: Bool
  private let profile: Profile

  /// Counts the version's rows once its bins are known; nothing without a telemetry store or a reference.
  private final class Profile: Sendable {
    let recorder = AtomicLazyReference<ProfileRecorder>()
  }

  package init(version: String, digest: String, predictor: Predictor) {
    self.version = version
    self.digest = digest
    model = predictor.model
    target = predictor.target
    reader = FeatureReader(pipeline: predictor.pipeline)
    quotedClasses = target.classes.map { JSONString.quoted($0, .lineFeed) }
    quotedClassBytes = quotedClasses.reduce(0) { $0 + $1.utf8.count }
    quotedVersion = JSONString.quoted(version, .lineFeed)
    bounds = RowBounds(
      predictor.model, predictor.pipeline.schema.features, quotedClasses: quotedClasses, quotedVersion: quotedVersion)
    mayOverflow = !model.isAlwaysFinite
    profile = Profile()
  }

  /// The same version in an object of its own, which shares everything that is large.
  init(sharing other: LoadedVersion) {
    version = other.version
    digest = other.digest
    model = other.model
    target = other.target
    reader = other.reader
    quotedClasses = other.quotedClasses
    quotedClassBytes = other.quotedClassBytes
    quotedVersion = other.quotedVersion
    bounds = other.bounds
    mayOverflow = other.mayOverflow
    profile = other.profile
  }

  package var pipeline: FeaturePipeline { reader.pipeline }

  package var recorder: ProfileRecorder? { profile.recorder.load() }

  /// From now on rows are counted. Only the first recorder is taken.
  package func count(with recorder: ProfileRecorder) { _ = profile.recorder.storeIfNil(recorder) }
}
