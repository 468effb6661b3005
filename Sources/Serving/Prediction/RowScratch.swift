import Learning
import Tabular

/// The buffers that one row passes through on its way to probabilities; used again for the next row of the same version.
/// Confined to one request.
final class RowScratch {
  let version: LoadedVersion
  /// One value per feature, in the schema's order.
  let values: UnsafeMutableBufferPointer<FeatureValue>
  let given: UnsafeMutableBufferPointer<Bool>
  /// `pipeline.width` numbers.
  let encoded: UnsafeMutableBufferPointer<Float>
  /// One probability per class.
  let probabilities: UnsafeMutableBufferPointer<Float>

  init(_ version: LoadedVersion) {
    self.version = version
    values = .allocate(capacity: version.reader.count)
    given = .allocate(capacity: version.reader.count)
    encoded = .allocate(capacity: version.pipeline.width)
    probabilities = .allocate(capacity: version.model.classCount)
    values.initialize(repeating: .missing)
    given.initialize(repeating: false)
    encoded.initialize(repeating: 0)
    probabilities.initialize(repeating: 0)
  }

  deinit {
    values.deallocate()
    given.deallocate()
    encoded.deallocate()
    probabilities.deallocate()
  }

  /// Reads the features in `range` and, where nothing is wrong with them, predicts.
  func predict(
    _ bytes: UnsafeBufferPointer<UInt8>, features range: Range<Int>
  ) throws(JSONProblem) -> FeatureReader.Findings {
    let findings = try version.reader.read(bytes, range: range, into: values, given: given)
    guard findings.problems.isEmpty else { return findings }
    version.pipeline.encode(UnsafeBufferPointer(values), into: encoded)
    version.model.predictProbabilities(row: UnsafeBufferPointer(encoded), into: probabilities)
    return findings
  }

  /// What each feature added to the row that was predicted last; nil where the model can not be explained.
  var explanation: Explanation? {
    version.model.explanation(of: UnsafeBufferPointer(encoded), pipeline: version.pipeline)
  }

  /// Position of the most probable class.
  var predicted: Int {
    var best = 0
    for index in probabilities.indices where probabilities[index] > probabilities[best] { best = index }
    return best
  }
}
