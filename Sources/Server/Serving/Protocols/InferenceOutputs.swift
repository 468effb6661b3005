import Engine
import Learning
import NIOCore
import Tabular
import WorkerContract

/// The output tensors of the Open Inference Protocol.
enum InferenceOutput: String, CaseIterable {
  case predictedClass = "predicted_class"
  case probabilities
  case confidence
  /// What each feature added to each raw output, and the bias: `[n, outputs, features + 1]`. Only where it is asked for.
  case contributions

  /// Those that a request gets which names none.
  static let standard: [InferenceOutput] = [.predictedClass, .probabilities, .confidence]

  var datatype: TensorDatatype { self == .predictedClass ? .bytes : .fp64 }

  /// The outputs, each once, in the order in which they are asked for, all of them where none is named, and whether each is wanted as
  /// binary data.
  static func wanted(
    by request: InferenceRequest, _ problems: inout FieldProblems
  ) -> [(output: InferenceOutput, isBinary: Bool)] {
    var wanted: [(output: InferenceOutput, isBinary: Bool)] = []
    if request.outputs.isEmpty { wanted = standard.map { ($0, request.isBinaryWanted) } }
    for output in request.outputs {
      if let known = InferenceOutput(rawValue: output.name) {
        wanted.append((known, output.isBinary ?? request.isBinaryWanted))
      } else {
        let names = allCases.map(\.rawValue).joined(separator: ", ")
        problems.append(sentence: "The model has no output '\(output.name.shown)'; it has \(names).")
      }
    }
    if request.explain, !wanted.contains(where: { $0.output == .contributions }) {
      wanted.append((.contributions, request.isBinaryWanted))
    }
    return wanted
  }

  /// The sizes of the dimensions behind that of the rows.
  func shape(of version: LoadedVersion) -> [Int] {
    switch self {
    case .predictedClass, .confidence: []
    case .probabilities: [version.model.classCount]
    case .contributions: [version.model.marginCount, version.pipeline.schema.features.count + 1]
    }
  }
}

extension InferenceOutput {
  /// Bytes that it takes at most for each row, as JSON or as binary data.
  func mostBytes(of version: LoadedVersion) -> Int {
    switch self {
    case .predictedClass: version.bounds.longestClass + 5
    case .probabilities, .confidence, .contributions: shape(of: version).reduce(RowBounds.number, *)
    }
  }
}

/// The predictions of a request's rows, on their way to tensors.
struct InferenceOutputs {
  private let version: LoadedVersion
  private var predicted: [Int] = []
  private var probabilities: [Float] = []
  /// Row-major, as `InferenceOutput.contributions` tells; empty where nobody asks.
  private var contributions: [Double] = []
  private let explain: Bool

  init(version: LoadedVersion, capacity: Int, explain: Bool) {
    self.version = version
    self.explain = explain
    predicted.reserveCapacity(capacity)
    probabilities.reserveCapacity(capacity * version.model.classCount)
  }

  mutating func append(_ scratch: RowScratch) {
    predicted.append(scratch.predicted)
    probabilities.append(contentsOf: scratch.probabilities)
    guard explain else { return }
    for output in scratch.explanation?.outputs ?? [] {
      contributions += output.contributions
      contributions.append(output.bias)
    }
  }

  /// Those of the rows that follow.
  mutating func append(_ others: InferenceOutputs) {
    predicted += others.predicted
    probabilities += others.probabilities
    contributions += others.contributions
  }

  private func confidence(_ row: Int) -> Double {
    Double(probabilities[row * version.model.classCount + predicted[row]])
  }

  func answer(model: String, id: String, _ wanted: [(output: InferenceOutput, isBinary: Bool)]) -> Answer {
    var text = JSONText(capacity: 256 + predicted.count * 96)
    var binary = ByteBuffer()
    text.raw(#"{"model_name":"#)
    text.string(model)
    text.raw(#","model_version":"#)
    text.raw(version.quotedVersion)
    text.raw(#","id":"#)
    text.string(id)
    text.raw(#","outputs":"#)
    text.array(wanted) { text, wanted in
      text.raw(#"{"name":"#)
      text.string(wanted.output.rawValue)
      text.raw(#","datatype":"#)
      text.string(wanted.output.datatype.rawValue)
      text.raw(#","shape":["#)
      text.integer(predicted.count)
      for size in wanted.output.shape(of: version) {
        text.raw(",")
        text.integer(size)
      }
      if wanted.isBinary {
        text.raw(#"],"parameters":{"binary_data_size":"#)
        text.integer(write(wanted.output, to: &binary))
        text.raw("}}")
      } else {
        text.raw(#"],"data":"#)
        write(wanted.output, to: &text)
        text.raw("}")
      }
    }
    text.raw("}")
    var answer = Answer(200, text)
    guard wanted.contains(where: \.isBinary) else { return answer }
    answer.jsonLength = answer.body.readableBytes
    answer.body.writeBuffer(&binary)
    answer.contentType = "application/octet-stream"
    return answer
  }

  private func write(_ output: InferenceOutput, to text: inout JSONText) {
    switch output {
    case .predictedClass: text.array(predicted) { text, index in text.raw(version.quotedClasses[index]) }
    case .probabilities: text.array(probabilities) { text, value in text.number(Double(value)) }
    case .confidence: text.array(predicted.indices) { text, row in text.number(confidence(row)) }
    case .contributions: text.array(contributions) { text, value in text.number(value) }
    }
  }

  /// Little-endian; a text after its length in 4 bytes. Returns the number of bytes.
  private func write(_ output: InferenceOutput, to binary: inout ByteBuffer) -> Int {
    switch output {
    case .predictedClass:
      return predicted.reduce(0) { count, index in
        let name = version.target.classes[index]
        return count + binary.writeInteger(UInt32(name.utf8.count), endianness: .little) + binary.writeString(name)
      }
    case .probabilities:
      return probabilities.reduce(0) { count, value in
        count + binary.writeInteger(Double(value).bitPattern, endianness: .little)
      }
    case .confidence:
      return predicted.indices.reduce(0) { count, row in
        count + binary.writeInteger(confidence(row).bitPattern, endianness: .little)
      }
    case .contributions:
      return contributions.reduce(0) { count, value in
        count + binary.writeInteger(value.bitPattern, endianness: .little)
      }
    }
  }
}
