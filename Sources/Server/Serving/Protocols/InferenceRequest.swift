import Engine
import JSONScanning

/// The JSON of a request of the Open Inference Protocol (v2): what it says, and what is wrong with it.
struct InferenceRequest {
  var id: String?
  /// What the traffic is split by, in place of the id: the request's parameter `key`.
  var key: String?
  var inputs: [InferenceTensor] = []
  /// The outputs that are asked for; empty: all.
  var outputs: [Output] = []
  /// Whether outputs are wanted as binary data where they do not say so themselves.
  var isBinaryWanted = false
  /// Whether the output with what each feature added is wanted too: the request's parameter `explain`.
  var explain = false
  var problems = FieldProblems()

  struct Output: Equatable {
    var name = ""
    var isBinary: Bool?
  }

  private static let memberNames: Set = ["id", "parameters", "inputs", "outputs", "model_name", "model_version"]
  /// Of inputs and of outputs that are looked at. No model has as many.
  private static let (mostInputs, mostOutputs) = (1 << 16, 64)
  private static let mostDimensions = 8

  init(from scanner: inout JSONScanner) throws(JSONProblem) {
    guard try scanner.kind() == .object else {
      try scanner.skip()
      problems.append(sentence: "A request is an object with the member 'inputs'.")
      return
    }
    var hasInputs = false
    try members(&scanner) { request, name, scanner throws(JSONProblem) in
      switch name {
      case "id": request.id = try request.text("id", &scanner)
      case "parameters": try request.readParameters(&scanner)
      case "inputs":
        hasInputs = true
        try request.list("inputs", &scanner) { request, scanner throws(JSONProblem) in try request.readInput(&scanner) }
      case "outputs":
        try request.list("outputs", &scanner) { request, scanner throws(JSONProblem) in
          try request.readOutput(&scanner)
        }
      // Some clients repeat here what the path says.
      case "model_name", "model_version": try scanner.skip(depth: 1)
      default:
        request.problems.append(
          sentence: "A request has no member '\(name.shown)'; it has id, parameters, inputs and outputs.")
        try scanner.skip(depth: 1)
      }
    }
    if !hasInputs { problems.append(sentence: "'inputs' must be given.") }
  }

  /// Walks over the members of an object, of which none may be given twice; `read` takes the value.
  private mutating func members(
    _ scanner: inout JSONScanner, _ read: (inout Self, String, inout JSONScanner) throws(JSONProblem) -> Void
  ) throws(JSONProblem) {
    var given = SeenNames()
    var more = try scanner.open(UInt8(ascii: "{"))
    while more {
      let name = scanner.string(try scanner.name())
      if !given.insert(name) { problems.append(sentence: "'\(name.prefix(64))' is given more than once.") }
      try read(&self, name, &scanner)
      more = try scanner.next(in: UInt8(ascii: "{"))
    }
  }

  private mutating func list(
    _ member: String, _ scanner: inout JSONScanner, _ read: (inout Self, inout JSONScanner) throws(JSONProblem) -> Void
  ) throws(JSONProblem) {
    guard try scanner.kind() == .array else {
      try scanner.skip(depth: 1)
      problems.append(sentence: "'\(member)' is a list of objects.")
      return
    }
    var more = try scanner.open(UInt8(ascii: "["))
    while more {
      if try scanner.kind() == .object {
        try read(&self, &scanner)
      } else {
        try scanner.skip(depth: 2)
        problems.append(sentence: "'\(member)' is a list of objects.")
      }
      more = try scanner.next(in: UInt8(ascii: "["))
    }
  }

  /// A text; null stands for none.
  private mutating func text(_ name: String, _ scanner: inout JSONScanner) throws(JSONProblem) -> String? {
    switch try scanner.kind() {
    case .string:
      let text = try scanner.text()
      guard !PredictionEnvelope.isTooLong(text, in: scanner) else {
        problems.append(sentence: PredictionEnvelope.tooLong(name.shown))
        return nil
      }
      let value = scanner.string(text)
      if text.hasEscapes, value.utf8.contains(0) { problems.append(sentence: PredictionEnvelope.noNull(name)) }
      return value.isEmpty ? nil : value
    case .null: try scanner.null()
    default:
      try scanner.skip(depth: 3)
      problems.append(sentence: "'\(name.shown)' is a string.")
    }
    return nil
  }

  private mutating func readParameters(_ scanner: inout JSONScanner) throws(JSONProblem) {
    guard try isObject("parameters", &scanner) else { return }
    // Parameters are open: those that mean nothing here are for somebody else.
    try members(&scanner) { request, name, scanner throws(JSONProblem) in
      switch name {
      case "key": request.key = try request.text("key", &scanner)
      case "explain": request.explain = try request.flag(name, &scanner) ?? false
      case "binary_data_output": request.isBinaryWanted = try request.flag(name, &scanner) ?? false
      default: try scanner.skip(depth: 2)
      }
    }
  }

  private mutating func readInput(_ scanner: inout JSONScanner) throws(JSONProblem) {
    var tensor = InferenceTensor()
    var datatype: String?
    var isList = true
    try members(&scanner) { request, name, scanner throws(JSONProblem) in
      switch name {
      case "name": tensor.name = try request.text("name", &scanner) ?? ""
      case "datatype":
        datatype = try request.text("datatype", &scanner)
        tensor.datatype = datatype.flatMap { TensorDatatype(rawValue: $0) }
      case "shape": tensor.shape = try request.shape(&scanner)
      case "data":
        isList = try scanner.kind() == .array
        tensor.data = try scanner.skip(depth: 3)
      case "parameters":
        guard try request.isObject("parameters", &scanner) else { return }
        try request.members(&scanner) { request, name, scanner throws(JSONProblem) in
          if name == "binary_data_size" {
            tensor.binarySize = try request.size(name, &scanner)
          } else {
            try scanner.skip(depth: 4)
          }
        }
      default:
        request.problems.append(
          sentence: "An input has no member '\(name.shown)'; it has name, shape, datatype, parameters and data.")
        try scanner.skip(depth: 3)
      }
    }
    if tensor.name.isEmpty { problems.append(sentence: "An input has no name.") }
    if !isList {
      tensor.data = nil
      problems.append(sentence: "Input '\(tensor.name.shown)': 'data' is a list.")
    }
    if tensor.datatype == nil {
      let given = datatype.map { "the unknown datatype '\($0.shown)'" } ?? "no datatype"
      let known = TensorDatatype.allCases.map(\.rawValue).joined(separator: ", ")
      problems.append(sentence: "Input '\(tensor.name.shown)' has \(given); a datatype is one of \(known).")
    }
    if inputs.count < Self.mostInputs {
      inputs.append(tensor)
    } else {
      problems.append(sentence: "A request has at most \(Self.mostInputs) inputs.")
    }
  }

  private mutating func readOutput(_ scanner: inout JSONScanner) throws(JSONProblem) {
    var output = Output()
    try members(&scanner) { request, name, scanner throws(JSONProblem) in
      switch name {
      case "name": output.name = try request.text("name", &scanner) ?? ""
      case "parameters":
        guard try request.isObject("parameters", &scanner) else { return }
        try request.members(&scanner) { request, name, scanner throws(JSONProblem) in
          if name == "binary_data" {
            output.isBinary = try request.flag(name, &scanner)
          } else {
            try scanner.skip(depth: 4)
          }
        }
      default:
        request.problems.append(sentence: "An output has no member '\(name.shown)'; it has name and parameters.")
        try scanner.skip(depth: 3)
      }
    }
    if outputs.contains(where: { $0.name == output.name }) {
      problems.append(sentence: "Output '\(output.name.shown)' is named more than once.")
    } else if outputs.count < Self.mostOutputs {
      outputs.append(output)
    } else {
      problems.append(sentence: "A request names at most \(Self.mostOutputs) outputs.")
    }
  }

  private mutating func isObject(_ name: String, _ scanner: inout JSONScanner) throws(JSONProblem) -> Bool {
    let kind = try scanner.kind()
    if kind == .object { return true }
    try scanner.skip(depth: 3)
    if kind != .null { problems.append(sentence: "'\(name.shown)' is an object.") }
    return false
  }

  private mutating func flag(_ name: String, _ scanner: inout JSONScanner) throws(JSONProblem) -> Bool? {
    if try scanner.kind() == .bool { return try scanner.bool() }
    try scanner.skip(depth: 4)
    problems.append(sentence: "'\(name.shown)' is true or false.")
    return nil
  }

  private mutating func size(_ name: String, _ scanner: inout JSONScanner) throws(JSONProblem) -> Int? {
    let text = scanner.string(try scanner.skip(depth: 4))
    if let size = Int(text), size >= 0 { return size }
    problems.append(sentence: "'\(name.shown)' is a whole number.")
    return nil
  }

  private mutating func shape(_ scanner: inout JSONScanner) throws(JSONProblem) -> [Int] {
    guard try scanner.kind() == .array else {
      try scanner.skip(depth: 3)
      problems.append(sentence: "A shape is a list of whole numbers.")
      return []
    }
    var shape: [Int] = []
    var more = try scanner.open(UInt8(ascii: "["))
    while more {
      let size = try size("shape", &scanner) ?? 0
      // More than two are refused; these are enough to say so.
      if shape.count < Self.mostDimensions { shape.append(size) }
      more = try scanner.next(in: UInt8(ascii: "["))
    }
    return shape
  }
}

/// The names of an object's members. A few are compared one by one, which costs less than hashing them.
private struct SeenNames {
  private var few: [String] = []
  private var many: Set<String> = []

  private static let fewCount = 16

  /// False: the name was there already.
  mutating func insert(_ name: String) -> Bool {
    if few.count < Self.fewCount {
      if few.contains(name) { return false }
      few.append(name)
      return true
    }
    if many.isEmpty { many = Set(few) }
    return many.insert(name).inserted
  }
}
