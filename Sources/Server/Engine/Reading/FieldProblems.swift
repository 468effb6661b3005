/// What is wrong with a request or a part of it: the first problems are told and the others counted, so that neither memory nor
/// the answer grows with what a client sends.
package struct FieldProblems: Sendable, Equatable {
  /// In the order in which they were found.
  package private(set) var told: [FieldProblem] = []
  /// Of those that are told and those that are not.
  package private(set) var count = 0
  private let room: Int

  /// Problems that an answer tells.
  package static let most = 20

  /// - Parameter room: How many are told.
  package init(telling room: Int = FieldProblems.most) { self.room = room }

  package init(_ problem: FieldProblem) {
    self.init()
    append(problem)
  }

  package var isEmpty: Bool { count == 0 }

  /// - Parameter problem: Not made where it is only counted.
  package mutating func append(_ problem: @autoclosure () -> FieldProblem) {
    count += 1
    if told.count < room { told.append(problem()) }
  }

  /// A problem that is about no field.
  package mutating func append(sentence: @autoclosure () -> String) {
    append(FieldProblem("", .wrongType, sentence()))
  }

  package mutating func append(_ others: FieldProblems) {
    count += others.count
    told += others.told.prefix(max(0, room - told.count))
  }

  /// - Parameter place: What the messages begin with.
  package mutating func append(_ others: FieldProblems, at place: String) {
    count += others.count
    told += others.told.prefix(max(0, room - told.count)).map {
      FieldProblem($0.field, $0.reason, "\(place): \($0.message)")
    }
  }

  package static func + (left: FieldProblems, right: FieldProblems) -> FieldProblems {
    var all = left
    all.append(right)
    return all
  }

  /// All of it for a person.
  package var sentence: String {
    let more = count - told.count
    guard !told.isEmpty else {
      let (problems, verb) = count == 1 ? ("problem", "is") : ("problems", "are")
      return "\(count) \(problems) \(verb) not told, as one answer tells \(Self.most): send this part again by itself."
    }
    return told.map(\.message).joined(separator: " ") + (more > 0 ? " There are \(more) more." : "")
  }
}
