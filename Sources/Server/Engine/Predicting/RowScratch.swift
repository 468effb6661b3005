import JSONScanning
package import Learning
import Tabular

/// Memory that rows pass through on their way to probabilities, used again for the next row of whatever version. Confined
/// to its lane.
package final class RowBuffers {
  fileprivate var values: UnsafeMutableBufferPointer<FeatureValue> = .init(start: nil, count: 0)
  fileprivate var given: UnsafeMutableBufferPointer<Bool> = .init(start: nil, count: 0)
  fileprivate var warnings: UnsafeMutableBufferPointer<FeatureReader.InputWarning> = .init(start: nil, count: 0)
  fileprivate var encoded: UnsafeMutableBufferPointer<Float> = .init(start: nil, count: 0)
  fileprivate var probabilities: UnsafeMutableBufferPointer<Float> = .init(start: nil, count: 0)
  /// The features as they are logged.
  let features = ByteScratch()
  fileprivate let probabilityText = ByteScratch()

  deinit {
    values.deallocate()
    given.deallocate()
    warnings.deallocate()
    encoded.deallocate()
    probabilities.deallocate()
  }

  /// Makes room for a row of `version`, or for `rows` of them where they are predicted together.
  fileprivate func fit(_ version: LoadedVersion, rows: Int = 1) {
    Self.fit(&values, version.reader.count, .missing)
    Self.fit(&given, version.reader.count, false)
    Self.fit(&warnings, version.reader.count, .init(feature: 0, kind: .missing))
    Self.fit(&encoded, version.reader.width * rows, 0)
    Self.fit(&probabilities, version.model.classCount * rows, 0)
  }

  private static func fit<Element>(
    _ buffer: inout UnsafeMutableBufferPointer<Element>, _ count: Int, _ value: Element
  ) {
    guard buffer.count < count else { return }
    buffer.deallocate()
    buffer = .allocate(capacity: count)
    buffer.initialize(repeating: value)
  }
}

/// One version's view of a lane's buffers: valid until another version uses them.
package struct RowScratch {
  package let version: LoadedVersion
  private let buffers: RowBuffers

  init(_ version: LoadedVersion, _ buffers: RowBuffers) {
    self.version = version
    self.buffers = buffers
    buffers.fit(version)
  }

  /// One value per feature, in the schema's order.
  var values: UnsafeMutableBufferPointer<FeatureValue> { .init(rebasing: buffers.values[..<version.reader.count]) }
  private var given: UnsafeMutableBufferPointer<Bool> { .init(rebasing: buffers.given[..<version.reader.count]) }
  /// `pipeline.width` numbers.
  private var encoded: UnsafeMutableBufferPointer<Float> { .init(rebasing: buffers.encoded[..<version.reader.width]) }
  /// One probability per class.
  package var probabilities: UnsafeMutableBufferPointer<Float> {
    .init(rebasing: buffers.probabilities[..<version.model.classCount])
  }

  /// Reads the features in `range` without predicting them. The findings are valid until another row is read.
  func read(
    _ bytes: UnsafeBufferPointer<UInt8>, features range: Range<Int>
  ) throws(JSONProblem) -> FeatureReader.Findings {
    try version.reader.read(bytes, range: range, into: values, given: given, warnings: buffers.warnings)
  }

  /// Reads the features in `range` and, where nothing is wrong with them, predicts. An answer that is not a finite number is a
  /// problem of the row.
  func predict(
    _ bytes: UnsafeBufferPointer<UInt8>, features range: Range<Int>
  ) throws(JSONProblem) -> FeatureReader.Findings {
    var findings = try read(bytes, features: range)
    guard findings.problems.isEmpty else { return findings }
    version.reader.encode(UnsafeBufferPointer(values), into: encoded)
    if !version.model.predictFiniteProbabilities(row: UnsafeBufferPointer(encoded), into: probabilities) {
      findings.problems.append(
        FieldProblem(
          "features", .notFinite,
          "The answer of version '\(version.version)' to this row is not a finite number: a value is too large for the model."
        ))
    }
    return findings
  }

  /// What each feature added to the row that was predicted last; nil where the model cannot be explained.
  package var explanation: Explanation? {
    version.model.explanation(of: UnsafeBufferPointer(encoded), pipeline: version.pipeline)
  }

  /// The probabilities as a JSON object from class to number: for the answer and for the log, written once.
  func probabilityText() -> UnsafeBufferPointer<UInt8> {
    let probabilities = probabilities
    // A number takes no more than 16 bytes.
    let output = buffers.probabilityText.room(for: version.quotedClassBytes + probabilities.count * 18 + 2)
    var count = 0
    func write(_ byte: UInt8) {
      output[count] = byte
      count += 1
    }
    func write(_ text: String) {
      for byte in text.utf8 { write(byte) }
    }
    for index in probabilities.indices {
      write(UInt8(ascii: index == 0 ? "{" : ","))
      write(version.quotedClasses[index])
      write(UInt8(ascii: ":"))
      write(probabilities[index].isFinite ? probabilities[index].description : "null")
    }
    write(UInt8(ascii: "}"))
    return UnsafeBufferPointer(rebasing: output[..<count])
  }

  /// Position of the most probable class. By itself: what is generic in another module would look types up for each row.
  package var predicted: Int {
    let probabilities = probabilities
    var best = 0
    for index in probabilities.indices where probabilities[index] > probabilities[best] { best = index }
    return best
  }
}
