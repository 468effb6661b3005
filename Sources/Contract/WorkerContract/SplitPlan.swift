import JSON
package import Schema

/// How rows are divided. Shares are of all rows; what is left trains.
public struct SplitPlan: Codable, Sendable, Equatable {
  public var validation: Double
  public var test: Double
  public var seed: Int
  public var by: Method
  /// Test rows from a source of their own; `test` is then ignored.
  public var testSource: DataSource?

  /// Where nothing is stated.
  public static let standard: SplitPlan = schema.standard()

  public init(
    validation: Double = SplitPlan.standard.validation, test: Double = SplitPlan.standard.test,
    seed: Int = SplitPlan.standard.seed, by: Method = SplitPlan.standard.by, testSource: DataSource? = nil
  ) {
    self.validation = validation
    self.test = test
    self.seed = seed
    self.by = by
    self.testSource = testSource
  }

  public enum Method: String, Codable, Sendable, CaseIterable {
    /// By a seeded hash of the row, so that a row stays in its part from one training to the next and no version is
    /// tested on rows that an earlier one was trained on.
    case hash = "Hash"
    /// Oldest rows train, newest test; by the timestamp column, else in the source's order.
    case time = "Time"
  }
}

extension SplitPlan: SchemaDescribed {
  package static let schema = Schema.object(
    "How rows are divided. Shares are of all rows; what is left trains.",
    [
      .optional("validation", .number("Share for early stopping and calibration.", minimum: 0, below: 1, default: 0.2)),
      .optional("test", .number("Share that only the evaluation sees.", minimum: 0, below: 1, default: 0.2)),
      .optional("seed", .integer("Changes which rows go where.", minimum: 0, maximum: 4_294_967_295, default: 42)),
      .optional(
        "by",
        .enumeration(
          Method.self,
          "Hash: by a seeded hash of the primary key, else of the whole source row, so that a row stays in its part from "
            + "one training to the next. Time: the oldest rows train, the newest test; by the timestamp column, else in the source's order.",
          default: .hash
        )),
      .optional(
        "testSource",
        DataSource.schema.described("Test rows from a source of their own; test is then ignored.")),
    ],
    rules: [
      .init(
        "self.validation + (has(self.testSource) ? 0.0 : self.test) < 1.0",
        "validation and test leave nothing to train: make their sum less than 1", fieldPath: ".validation")
    ])
}

extension SplitPlan {
  package func problems(at path: String, timestamp: String?) -> [Problem] {
    var found: [Problem] = []
    let tested = testSource == nil ? test : 0
    if !(0..<1).contains(validation) || !(0..<1).contains(test) || validation + tested >= 1 {
      found.append(
        Problem(
          path, "validation \(validation) and test \(tested) leave nothing to train", mend: "make their sum less than 1"
        ))
    } else if testSource == nil, test == 0 {
      found.append(Problem("\(path).test", "is 0: nothing is left to evaluate on", mend: "write for example 0.2"))
    }
    if by == .time, timestamp == nil {
      found.append(
        Problem(
          "\(path).by", "is Time without a timestamp column: the source's own order is taken for the order of time",
          mend: "set spec.schema.timestamp if it is not", weight: .warning))
    }
    if let testSource { found += testSource.problems(at: "\(path).testSource", timestamp: timestamp) }
    return found
  }
}
